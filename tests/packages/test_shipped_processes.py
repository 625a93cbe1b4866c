"""Shipped processes on the demo data: who owes is suspended, who left is cancelled, who hands over, who moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from kernel.processes.begins import begins
from kernel.processes.undo import undo
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

BILLED, LATE = date(2026, 11, 1), date(2027, 3, 20)
SITUATIONS = "SELECT id, situacao FROM contrato ORDER BY id"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


def test_who_owes_is_suspended_and_who_paid_comes_back(installed: Office) -> None:
    before = installed.rows(SITUATIONS)
    installed.run("faturamento_mensal", competencia=BILLED)
    owing = {
        row[0] for row in installed.rows("SELECT DISTINCT contrato FROM fatura WHERE situacao = 'aberta'")
    }
    alone = {row[0] for row in installed.rows("SELECT id FROM contrato WHERE tipo = 'individual_familiar'")}
    active = {id for id, situation in before if situation == "ativo"}
    first = installed.run("suspender_inadimplentes", dia=LATE, atraso_minimo=60)
    assert first.status == "finished", first.trouble
    left = installed.rows(
        "SELECT reason, facts->>0 FROM aroeira_process_left_out WHERE run = :r ORDER BY 2", r=first.id
    )
    assert {int(row[1]) for row in left} == owing & alone & active
    assert {row[0] for row in left} == {"sem_aviso"}
    suspended = {row[0] for row in installed.rows("SELECT id FROM contrato WHERE situacao = 'suspenso'")}
    was = {id for id, situation in before if situation == "suspenso"}
    assert suspended - was == (owing - alone) & active
    assert suspended - was
    told = installed.run(
        "suspender_inadimplentes", dia=LATE, atraso_minimo=60, notificados_em=date(2027, 2, 1)
    )
    assert told.status == "finished"
    now = {row[0] for row in installed.rows("SELECT id FROM contrato WHERE situacao = 'suspenso'")}
    assert now - was == owing & active
    installed.say(
        "UPDATE fatura SET situacao = 'paga', pagamento = :d, valor_pago = total, version = version + 1",
        d=LATE,
    )
    back = installed.run("reativar_contratos", dia=date(2027, 3, 25))
    assert back.status == "finished", back.trouble
    after = dict(installed.rows(SITUATIONS))
    assert {
        id for id in active if after[id] != "ativo"
    } == set()  # one that was suspended before may come back
    ended = (
        "SELECT count(*) FROM suspensao WHERE inicio = :d AND fim = '2027-03-24' AND liberacao IS NOT NULL"
    )
    assert installed.rows(ended, d=LATE) == [(len(now - was),)]


def test_questions_begin_with_what_their_process_says(installed: Office) -> None:
    with installed.engine.connect() as connection:
        found = begins(connection, installed.runtime, installed.context, "suspender_inadimplentes")
        months = {
            name: begins(connection, installed.runtime, installed.context, process)[name]
            for process, name in (("faturamento_mensal", "competencia"), ("apropriar_receitas", "mes"))
        }
    assert found == {"dia": installed.context.today, "atraso_minimo": 60}
    this = installed.context.today.replace(day=1)
    assert months == {"competencia": this, "mes": (this - timedelta(days=1)).replace(day=1)}


def test_who_left_is_cancelled_with_a_line_of_history_and_it_can_be_undone(installed: Office) -> None:
    installed.say(
        "UPDATE beneficiario SET exclusao = '2026-10-31', motivo_exclusao = (SELECT id FROM motivo WHERE codigo = 'EX01') "
        "WHERE id IN (SELECT id FROM beneficiario WHERE exclusao IS NULL AND situacao = 'ativo' AND papel <> 'titular' "
        "ORDER BY id LIMIT 3)"
    )
    lives = "SELECT id, situacao FROM beneficiario ORDER BY id"
    before = installed.rows(lives)
    leaving = (
        "SELECT id FROM beneficiario WHERE exclusao < '2026-11-20' AND situacao <> 'cancelado' ORDER BY id"
    )
    wanted = [row[0] for row in installed.rows(leaving)]
    run = installed.run("atualizar_situacoes", dia=date(2026, 11, 20))
    assert run.status == "finished", run.trouble
    assert len(wanted) >= 3
    left = "SELECT step, reason, facts FROM aroeira_process_left_out WHERE run = :r"
    assert installed.rows(left, r=run.id) == []
    changed = [new[0] for old, new in zip(before, installed.rows(lives), strict=True) if old != new]
    assert changed == wanted
    history = (
        "SELECT beneficiario, antes, depois FROM historico_situacao WHERE data = '2026-11-20' ORDER BY 1"
    )
    assert [row[0] for row in installed.rows(history) if row[0]] == wanted
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert installed.rows(lives) == before


def test_a_holder_who_leaves_hands_over_and_it_can_be_undone(installed: Office) -> None:
    family = "SELECT codigo, papel, titular, exclusao, titular_unico FROM beneficiario WHERE contrato = (SELECT id FROM contrato WHERE inscricao = 'ODO-0150') ORDER BY codigo"
    before = installed.rows(family)
    holder, spouse = (life(installed, code) for code in ("9900000124", "9900000132"))
    today = installed.context.today
    reason = one(installed, "motivo", "codigo", "EX01")
    run = installed.run(
        "cancelar_beneficiario", quem=holder, novo_titular=spouse, alcance="pessoa", pedido=today,
        quem_pediu="beneficiario", razao=reason, internado=False, informado=True,
    )  # fmt: skip
    assert run.status == "finished", run.trouble
    contract = before[0][4]
    assert [row[1:] for row in installed.rows(family)] == [
        ("titular", None, today, None), ("titular", None, None, contract), ("dependente", spouse, None, None),
    ]  # fmt: skip
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert installed.rows(family) == before


def test_a_cancellation_of_which_a_credit_was_made_is_not_undone_before_the_credit(installed: Office) -> None:
    installed.run("faturamento_mensal", competencia=BILLED)
    billed = "SELECT i.beneficiario FROM item_fatura i JOIN beneficiario b ON b.id = i.beneficiario WHERE i.competencia = :m AND i.especie = 'mensalidade' AND b.papel = 'dependente' AND b.exclusao IS NULL AND b.situacao = 'ativo' AND i.preco = i.valor ORDER BY 1 LIMIT 1"
    (life,) = installed.rows(billed, m=BILLED)[0]
    installed.say(
        "UPDATE contrato SET pro_rata = true WHERE id = (SELECT contrato FROM beneficiario WHERE id = :b)",
        b=life,
    )
    cancelled = installed.run(
        "cancelar_beneficiario", quem=life, alcance="pessoa", pedido=date(2026, 11, 20), pedido_a_empresa=date(2026, 10, 1),
        quem_pediu="beneficiario", razao=one(installed, "motivo", "codigo", "EX01"), internado=False, informado=True,
    )  # fmt: skip
    assert cancelled.status == "finished", cancelled.trouble
    settled = installed.run("acertar_exclusoes", competencia=date(2026, 12, 1))
    assert installed.rows(
        "SELECT natureza FROM cobranca_avulsa WHERE beneficiario = :b AND competencia = '2026-12-01'", b=life
    ) == [("credito",)]
    problems = undo(installed.engine, lambda version: installed.runtime, installed.context, cancelled.id)
    told = [(each.code, each.facts["id"], each.facts["process"], each.facts["run"]) for each in problems]
    assert told == [("R616", life, "Acertar exclusões", settled.id)]
    for run in (settled, cancelled):
        assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert installed.rows("SELECT exclusao FROM beneficiario WHERE id = :b", b=life) == [(None,)]


def test_a_family_moves_to_another_contract_with_its_waiting_periods(installed: Office) -> None:
    today = installed.context.today
    there = one(installed, "contrato", "inscricao", "PME-0022")
    waits = (
        "SELECT grupo_cobertura, inicio, fim FROM carencia_beneficiario WHERE beneficiario = :b ORDER BY 1, 2"
    )
    installed.say(
        "INSERT INTO transferencia (beneficiario, tipo, data, situacao, contrato_destino, leva_carencias, leva_historico, "
        "leva_familia, troca_contratante, version, created_by, updated_by, created_at, updated_at) SELECT id, 'contrato', "
        ":d, 'pedido', :c, true, true, codigo = '9900000230', false, 1, 'x', 'x', now(), now() FROM beneficiario "
        "WHERE codigo IN ('9900000230', '9900000264')",
        d=today, c=there,
    )  # fmt: skip
    run = installed.run("efetivar_mudancas", ate=today)
    assert run.status == "finished", run.trouble
    left = "SELECT step, reason FROM aroeira_process_left_out WHERE run = :r"
    assert installed.rows(left, r=run.id) == [
        ("pedidas", "familia_fica")
    ]  # the other one would leave dependants
    moved = "SELECT o.id, n.id, n.papel, o.exclusao, n.titular IS NULL FROM beneficiario n JOIN beneficiario o ON o.pessoa = n.pessoa AND o.id <> n.id WHERE n.contrato = :c AND n.adesao = :d ORDER BY n.papel DESC"
    found = installed.rows(moved, c=there, d=today)
    assert [row[2:] for row in found] == [
        ("titular", today - timedelta(days=1), True), ("dependente", today - timedelta(days=1), False),
    ]  # fmt: skip
    for old, new, *_ in found:
        assert installed.rows(waits, b=new) == installed.rows(waits, b=old)
    again = installed.run("efetivar_mudancas", ate=today)
    assert installed.rows(left, r=again.id) == [("pedidas", "familia_fica")]
    assert installed.rows("SELECT count(*) FROM aroeira_process_made WHERE run = :r", r=again.id) == [(0,)]


def one(made: Office, entity: str, field: str, value: str) -> int:
    """Return the one record with a value."""
    ((found,),) = made.rows(f"SELECT id FROM {entity} WHERE {field} = :v", v=value)
    return int(found)


def life(made: Office, code: str) -> int:
    """Return a beneficiary by code."""
    return one(made, "beneficiario", "codigo", code)
