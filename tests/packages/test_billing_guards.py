"""What keeps the shipped billing from quiet mistakes: issued invoices stay, months have limits, notes are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kernel.parameters import set_value
from kernel.processes import telling
from kernel.processes.plan import planned
from kernel.processes.runs import Run, begin
from kernel.processes.undo import undo
from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from metadata.values.moments import SITE_ZONE
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import demonstrated, office

TODAY = datetime(2026, 11, 20, 10, tzinfo=SITE_ZONE)
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
INVOICES = "SELECT id FROM fatura WHERE competencia = :m AND documento = 'fatura' AND situacao = 'aberta' ORDER BY id"
LOOSE = "SELECT chave, situacao FROM cobranca_avulsa WHERE chave IN ('DEMO-1', 'DEMO-3') ORDER BY 1"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield replace(made, context=replace(made.context, now=TODAY))


def told(made: Office, process: str, **answers: Any) -> list[tuple[str | None, str]]:
    """Return why a run may not begin: at which question, and the sentence."""
    begun = begin(made.engine, made.runtime, made.context, process, answers)
    assert isinstance(begun, list), begun
    return [(problem.field, problem.sentence()) for problem in begun]


def warned(made: Office, run: Run) -> list[int]:
    """Return of how many rows a run warns."""
    assert run.status == "finished", run.trouble
    with made.engine.connect() as connection:
        steps = telling.steps(connection, run.id)
    return [each.rows for each in telling.warnings(planned(made.runtime, run.process), steps)]


def codes(outcome: object) -> set[str]:
    assert isinstance(outcome, Refusal), outcome
    return {problem.code for problem in outcome.problems}


@pytest.mark.parametrize(
    ("process", "question", "until"),
    [
        ("faturamento_mensal", "competencia", "02/2027"), ("acertar_exclusoes", "competencia", "02/2027"),
        ("alterar_vencimentos", "competencia", "02/2027"), ("reajustar_contratos", "competencia", "02/2027"),
        ("apropriar_receitas", "mes", "11/2026"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("month", [date(2099, 12, 1), date(1900, 1, 1)])
def test_a_month_far_away_is_refused_with_those_that_are_possible(
    installed: Office, process: str, question: str, until: str, month: date
) -> None:
    answers: dict[str, Any] = {question: month} | ({"com_acerto": True} if "venc" in process else {})
    [(field, sentence)] = told(installed, process, **answers)
    assert field == question
    assert f"de 11/2025 a {until}" in sentence


def test_invoices_that_are_born_overdue_are_told_or_get_time_to_be_paid(installed: Office) -> None:
    late = "SELECT count(*) FROM fatura WHERE competencia = :m AND vencimento < '2026-11-20'"
    run = installed.run("faturamento_mensal", competencia=NOVEMBER)
    [count] = warned(installed, run)
    assert installed.rows(late, m=NOVEMBER) == [(count,)]
    assert count > 3
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    with installed.engine.begin() as connection:
        said = ("prazo_para_pagar", 5, date(2026, 1, 1))
        assert set_value(installed.runtime, connection, installed.context, *said) is None
    run = installed.run("faturamento_mensal", competencia=NOVEMBER)
    assert warned(installed, run) == []
    first = "SELECT min(vencimento) FROM fatura WHERE competencia = :m"
    assert installed.rows(first, m=NOVEMBER) == [(date(2026, 11, 25),)]


def test_loose_charges_follow_the_invoices_that_charge_them(installed: Office) -> None:
    run = installed.run("faturamento_mensal", competencia=DECEMBER)
    assert warned(installed, run) == []
    assert installed.rows(LOOSE) == [("DEMO-1", "faturado"), ("DEMO-3", "preparo")]
    [[charge]] = installed.rows("SELECT id FROM cobranca_avulsa WHERE chave = 'DEMO-1'")
    assert codes(write(installed, "cobranca_avulsa", charge, valor=Decimal(1))) == {"R168"}
    assert codes(write(installed, "cobranca_avulsa", charge, situacao="liberado")) == {"R177"}
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert installed.rows(LOOSE) == [("DEMO-1", "liberado"), ("DEMO-3", "preparo")]
    installed.run("faturamento_mensal", competencia=DECEMBER)
    [[invoice]] = installed.rows("SELECT fatura FROM item_fatura WHERE avulsa = :a AND ativo", a=charge)
    run = installed.run("cancelar_fatura", fatura_escolhida=invoice, motivo="Engano")
    assert run.status == "finished", run.trouble
    assert installed.rows(LOOSE)[0] == ("DEMO-1", "liberado")
    installed.run("faturamento_mensal", competencia=DECEMBER, documento_pedido="proforma")
    assert installed.rows(LOOSE)[0] == ("DEMO-1", "liberado")


def write(made: Office, entity: str, id: int, **values: Any) -> object:
    return save(made.engine, made.runtime, made.context, Edit(entity, id, None, values))


def test_what_is_issued_changes_by_processes_only(installed: Office) -> None:
    installed.run("faturamento_mensal", competencia=JANUARY)
    [(invoice,), (other,), *_] = installed.rows(INVOICES, m=JANUARY)
    [[item]] = installed.rows("SELECT min(id) FROM item_fatura WHERE fatura = :f", f=invoice)
    due = date(2027, 1, 28)
    for name, value in (
        ("vencimento", due),
        ("total", Decimal(1)),
        ("documento", "proforma"),
        ("pagamento", due),
    ):
        expected = set() if name == "pagamento" else {"R168"}
        outcome = write(installed, "fatura", invoice, **{name: value})
        assert (codes(outcome) if expected else set()) == expected
    assert codes(
        write(installed, "fatura", invoice, situacao="cancelada", cancelamento=due, motivo_cancelamento="x")
    ) >= {"R177"}
    assert codes(write(installed, "item_fatura", item, valor=Decimal(1))) == {"R168"}
    for entity, id in (("fatura", invoice), ("item_fatura", item)):
        assert codes(remove(installed.engine, installed.runtime, installed.context, entity, id, None)) <= {
            "R168",
            "R178",
        }
    assert isinstance(write(installed, "fatura", invoice, observacao="Ligar antes"), Saved)
    run = installed.run("mudar_vencimento", fatura_escolhida=invoice, vence=due, motivo="Pedido")
    assert run.status == "finished", run.trouble
    assert installed.rows("SELECT vencimento FROM fatura WHERE id = :i", i=invoice) == [(due,)]
    [(total, issued)] = installed.rows("SELECT total, emissao FROM fatura WHERE id = :i", i=other)
    for day, value in ((due, total), (date(1990, 1, 1), total), (issued, total - 1), (issued, total * 2 + 1)):
        assert codes(write(installed, "fatura", other, situacao="paga", pagamento=day, valor_pago=value)) == {
            "R169"
        }
    paid = write(installed, "fatura", other, situacao="paga", pagamento=issued, valor_pago=total)
    assert isinstance(paid, Saved), paid
    assert codes(write(installed, "fatura", other, valor_pago=total + 1)) == {"R168"}


def test_a_month_that_was_billed_takes_no_settlement(installed: Office) -> None:
    installed.say("UPDATE contrato SET pro_rata = true")
    [life, contract] = installed.rows(
        "SELECT beneficiario, contrato FROM item_fatura WHERE competencia = :m AND especie = 'mensalidade' AND ativo "
        "AND contrato IN (SELECT contrato FROM item_fatura WHERE competencia = :j AND ativo) "
        "AND dias = dias_mes ORDER BY id LIMIT 1",
        m=NOVEMBER, j=JANUARY,
    )[0]  # fmt: skip
    installed.say(
        "UPDATE beneficiario SET exclusao = '2026-11-12', "
        "motivo_exclusao = (SELECT id FROM motivo WHERE codigo = 'EX01') WHERE id = :b",
        b=life,
    )
    left = "SELECT step, reason FROM aroeira_process_left_out WHERE run = :r AND reason = 'faturado'"
    run = installed.run("acertar_exclusoes", competencia=JANUARY)
    assert set(installed.rows(left, r=run.id)) == {("na_fatura", "faturado")}
    run = installed.run("acertar_exclusoes", competencia=date(2027, 2, 1))
    assert installed.rows(left, r=run.id) == []
    made = "SELECT count(*) FROM cobranca_avulsa WHERE beneficiario = :b AND contrato = :c AND chave LIKE 'SAIDA-%'"
    assert installed.rows(made, b=life, c=contract)[0][0] >= 1


def test_the_demonstration_has_percentages_for_every_anniversary(installed: Office) -> None:
    prices = "SELECT count(*) FROM aroeira_process_part p, jsonb_each(p.steps) s WHERE p.run = :r AND s.key = 'faixas_novas' AND (s.value->>'rows')::int > 0"
    some = 0
    for month in (NOVEMBER, DECEMBER, JANUARY):
        run = installed.run("reajustar_contratos", competencia=month, is_dry=True)
        assert run.status == "finished", run.trouble
        left = "SELECT step, reason, facts FROM aroeira_process_left_out WHERE run = :r"
        assert installed.rows(left, r=run.id) == []
        some += installed.rows(prices, r=run.id)[0][0]
    assert some
