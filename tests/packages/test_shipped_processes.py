"""Shipped processes on the demo data: who owes is suspended, who paid comes back, who left is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from kernel.processes.begins import begins
from kernel.processes.undo import undo
from tests.billing import Office
from tests.conftest import Cluster
from tests.packages.shipped_office import shipped_office

BILLED, LATE = date(2026, 11, 1), date(2027, 3, 20)
SITUATIONS = "SELECT id, situacao FROM contrato ORDER BY id"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with shipped_office(cluster) as made:
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
    assert found == {"dia": installed.context.today, "atraso_minimo": 60}


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
