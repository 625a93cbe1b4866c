"""Posting in processes: each record that is made comes to one entry, or is left out with the reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.processes.undo import undo
from tests.billing import NOVEMBER, Office, office, people
from tests.books import POSTED, bookkeeping, files

SUMS = """
SELECT l.fatura, f.total, l.data = f.vencimento, sum(p.debito), sum(p.credito), count(*)
FROM lancamento l JOIN fatura f ON f.id = l.fatura JOIN partida p ON p.lancamento = l.id GROUP BY 1, 2, 3 ORDER BY 1
"""


@pytest.fixture
def made(database: Engine) -> Office:
    found = bookkeeping(database, POSTED)
    people(found, 30)
    return found


def left_out(made: Office, run: int) -> list[tuple[Any, ...]]:
    return made.rows(
        "SELECT step, reason, entity, record, facts FROM aroeira_process_left_out WHERE run = :r ORDER BY id",
        r=run,
    )


def test_each_invoice_comes_to_one_entry_that_balances(made: Office) -> None:
    run = made.run(competencia=NOVEMBER)
    assert run.status == "finished", run.trouble
    rows = made.rows(SUMS)
    assert len(rows) == made.rows("SELECT count(*) FROM fatura WHERE total > 0")[0][0] > 10
    assert all(row[1] == row[3] == row[4] and row[2] and row[5] == 2 for row in rows)
    assert left_out(made, run.id) == []
    assert made.rows("SELECT DISTINCT quantas FROM lancamento") == [(2,)]


def test_a_second_run_posts_only_what_is_new(made: Office) -> None:
    made.run(competencia=NOVEMBER)
    before = made.rows(SUMS)
    assert made.run(competencia=NOVEMBER).status == "finished"
    assert made.rows(SUMS) == before


def test_a_dry_run_tells_the_same_and_leaves_nothing(made: Office) -> None:
    told = (
        "SELECT key, sum((value->>'rows')::int) FROM aroeira_process_part, jsonb_each(steps) "
        "WHERE run = :r GROUP BY key ORDER BY key"
    )
    dry = made.run(is_dry=True, competencia=NOVEMBER)
    assert (dry.status, made.rows(SUMS)) == ("finished", [])
    run = made.run(competencia=NOVEMBER)
    assert made.rows(told, r=dry.id) == made.rows(told, r=run.id)


def test_undoing_takes_the_entries_back_unless_their_period_was_closed(made: Office) -> None:
    run = made.run(competencia=NOVEMBER)
    made.say("INSERT INTO periodo_contabil (inicio, fim, fechado) VALUES ('2026-12-01', '2026-12-31', true)")
    problems = undo(made.engine, lambda version: made.runtime, made.context, run.id)
    assert [problem.code for problem in problems] == ["R704"]
    assert "período fechado (de 01/12/2026 a 31/12/2026)" in problems[0].sentence()
    made.say("UPDATE periodo_contabil SET fechado = false")
    assert undo(made.engine, lambda version: made.runtime, made.context, run.id) == []
    assert made.rows("SELECT count(*) FROM lancamento") == [(0,)]
    assert made.rows("SELECT count(*) FROM fatura") == [(0,)]


# ── invoices that are there, posted by a process of its own ───────────────────────────────────────

LATER = """
process: contabilizar
label: Contabilizar faturas
needs: CONTABILIZAR
together: contrato
part: 10
steps:
  faltam:
    from: fatura
    lookup: {feito: {in: lancamento, where: lancamento.fatura = fatura, expect: none}}
    columns: {contrato: contrato, fatura: fatura}
  razao: {from: faltam, record: fatura, post: faturamento}
"""


@pytest.fixture
def open_(database: Engine) -> Office:
    """Some invoices that nobody has posted."""
    more = {**POSTED, "faturas/processes/contabilizar.yaml": LATER}
    found = bookkeeping(database, more)
    people(found, 12)
    found.say(
        "INSERT INTO fatura (numero, contrato, competencia, vencimento, total, taxa) "
        "SELECT 'N' || n, n, '2026-11-01', '2026-12-10', 100 + n, 0 FROM generate_series(1, 12) n"
    )
    return found


def test_records_that_a_relation_leads_to_are_posted_once(open_: Office) -> None:
    assert open_.run("contabilizar").status == "finished"
    rows = open_.rows(SUMS)
    assert [(row[0], row[3]) for row in rows] == [(n, Decimal(100 + n)) for n in range(1, 13)]
    assert open_.rows("SELECT DISTINCT version FROM fatura") == [(1,)]
    assert open_.rows("SELECT count(*) FROM partida WHERE debito IS NOT NULL AND contrato IS NULL") == [(0,)]
    open_.run("contabilizar")
    assert open_.rows(SUMS) == rows


def test_lines_of_nothing_are_left_out_and_records_of_nothing_come_to_no_entry(open_: Office) -> None:
    open_.say("INSERT INTO conta (codigo, nome) VALUES ('4', 'Taxas')")
    open_.say("UPDATE fatura SET taxa = 7 WHERE id = 3")
    open_.say("UPDATE fatura SET total = 0 WHERE id = 4")
    open_.say("UPDATE fatura SET taxa = NULL, total = 5 WHERE id = 5")
    run = open_.run("contabilizar")
    rows = {row[0]: row for row in open_.rows(SUMS)}
    assert (rows[3][3:], rows[2][5]) == ((Decimal(103), Decimal(103), 3), 2)
    assert 4 not in rows
    (left,) = left_out(open_, run.id)  # total less nothing is nothing: only one side would be left
    assert (left[0], left[1], left[2], left[3], left[4]) == (
        "razao_entries",
        "balance",
        "fatura",
        5,
        [5.0, 0],
    )


def test_what_cannot_be_posted_is_left_out_with_the_reason_and_the_rest_goes_on(open_: Office) -> None:
    open_.say("UPDATE fatura SET taxa = 7 WHERE id = 3")
    open_.say("UPDATE fatura SET total = -50 WHERE id = 4")
    open_.say("UPDATE fatura SET vencimento = '2026-10-05' WHERE id = 5")
    run = open_.run("contabilizar")
    assert run.status == "finished"
    left = left_out(open_, run.id)
    assert [row[:4] for row in sorted(left, key=lambda row: row[3])] == [
        ("razao_entries", "taxa_account", "fatura", 3),
        ("razao_entries", "receber_negative", "fatura", 4),
        ("razao_due", "closed_period", "fatura", 5),
    ]
    assert [row[0] for row in open_.rows(SUMS)] == [1, 2, 6, 7, 8, 9, 10, 11, 12]


def test_what_the_database_refuses_of_an_entry_is_left_out_with_its_unit(open_: Office) -> None:
    """A step that writes lines by itself is held as well."""
    wrong = (
        LATER
        + """
  tortas:
    from: razao
    where: fatura.contrato.numero = "000003"
    lookup: {caixa: {in: conta, where: 'codigo = "1.1"'}}
    columns: {lancamento: razao}
  sobras: {from: tortas, insert: partida, set: {lancamento: lancamento, conta: caixa, debito: 1}}
"""
    )
    made = office(open_.engine, files({**POSTED, "faturas/processes/contabilizar.yaml": wrong}))
    for is_dry in (True, False):
        run = made.run("contabilizar", is_dry=is_dry)
        assert run.status == "finished", run.trouble
        (left,) = left_out(made, run.id)
        assert left[:2] == ("razao", "R701")
        assert (
            "não fecha: débitos de R$\u00a0104,00 e créditos de R$\u00a0103,00, diferença de R$\u00a01,00"
            in left[4]["says"]
        )
    assert [row[0] for row in made.rows(SUMS)] == [1, 2, *range(4, 13)]
