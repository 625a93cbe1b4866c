"""What a ledger refuses is told by the record service at the right field, with what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.storage.record import ChildEdit, Edit, Refusal, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from metadata.problems import Problem
from tests.billing import Office
from tests.books import DAY, OCTOBER, bookkeeping

TEN = Decimal(10)
CENT = Decimal("0.01")


@pytest.fixture
def made(database: Engine) -> Office:
    return bookkeeping(database)


def row(account: int, debit: Any = None, credit: Any = None, id: int | None = None) -> ChildEdit:
    return ChildEdit(id, {"conta": account, "debito": debit, "credito": credit})


def saved(made: Office, *rows: ChildEdit, id: int | None = None, **values: Any) -> Any:
    given = values or ({"data": DAY} if id is None else {})
    children = {"partidas": rows} if rows else {}
    return save(
        made.engine, made.runtime, made.context, Edit("lancamento", id, None, given, children=children)
    )


def told(outcome: Any) -> Problem:
    assert isinstance(outcome, Refusal), outcome
    (problem,) = outcome.problems
    return problem


def entry(made: Office, day: date = DAY) -> tuple[int, int, int]:
    """Make an entry; return its id and those of its lines."""
    outcome = saved(made, row(2, TEN), row(3, None, TEN), data=day)
    assert isinstance(outcome, Saved), outcome
    ids = made.rows("SELECT id FROM partida WHERE lancamento = :e ORDER BY id", e=outcome.id)
    return outcome.id, ids[0][0], ids[1][0]


def test_a_new_entry_that_does_not_balance_is_told_at_its_lines(made: Office) -> None:
    problem = told(saved(made, row(2, TEN), row(3, None, TEN - CENT)))
    assert (problem.code, problem.field) == ("R701", "partidas")
    assert problem.said() == (
        "este lançamento não fecha: débitos de R$\u00a010,00 e créditos de R$\u00a09,99, diferença de R$\u00a00,01; "
        "acerte as partidas até que os dois lados somem o mesmo"
    )
    assert told(saved(made, row(2, TEN))).code == "R702"
    assert told(saved(made)).code == "R702"
    assert told(saved(made, row(2, TEN, TEN), row(3, TEN, TEN))).code == "R703"
    assert told(saved(made, row(2, -TEN), row(3, None, -TEN))).code == "R703"
    assert made.rows("SELECT count(*) FROM lancamento") == [(0,)]


def test_a_closed_period_is_told_at_the_day(made: Office) -> None:
    problem = told(saved(made, row(2, TEN), row(3, None, TEN), data=OCTOBER))
    assert (problem.code, problem.field) == ("R704", "data")
    assert problem.said() == (
        "este lançamento: o dia 10/10/2026 fica em um período fechado (de 01/10/2026 a 31/10/2026); "
        "use uma data de período aberto, ou peça a quem cuida da contabilidade que reabra esse"
    )
    id, _, _ = entry(made)
    assert told(saved(made, id=id, data=OCTOBER)).code == "R704"
    made.say("UPDATE periodo_contabil SET fechado = true")
    assert told(saved(made, id=id, historico="outro")).field == "data"
    assert told(saved(made, row(2, TEN), row(3, None, TEN), id=id)).field == "data"


def test_lines_change_together(made: Office) -> None:
    id, debit, credit = entry(made)
    assert told(saved(made, ChildEdit(debit, {"debito": TEN + CENT}), id=id)).field == "partidas"
    assert told(saved(made, ChildEdit(debit, {}, removed=True), id=id)).code == "R702"
    both = ChildEdit(debit, {"debito": TEN + 1}), ChildEdit(credit, {"credito": TEN + 1})
    assert isinstance(saved(made, *both, id=id), Saved)
    assert isinstance(saved(made, id=id, historico="outro"), Saved)


def test_a_line_alone_is_told_at_its_own_field(made: Office) -> None:
    id, debit, _ = entry(made)
    values = {"lancamento": id, "conta": 2, "debito": TEN}
    problem = told(save(made.engine, made.runtime, made.context, Edit("partida", None, None, values)))
    assert (problem.code, problem.field) == ("R701", "debito")
    assert f"lançamento nº {id} não fecha" in problem.sentence()
    problem = told(
        save(made.engine, made.runtime, made.context, Edit("partida", debit, None, {"debito": CENT}))
    )
    assert (problem.code, problem.field) == ("R701", "debito")
    made.say("UPDATE periodo_contabil SET fechado = true")
    problem = told(save(made.engine, made.runtime, made.context, Edit("partida", debit, None, {"conta": 3})))
    assert (problem.code, problem.field) == ("R704", "lancamento")


def test_an_entry_goes_as_a_whole_and_not_out_of_a_closed_period(made: Office) -> None:
    id, debit, _ = entry(made)
    taken = (made.engine, made.runtime, made.context)
    assert told(remove(*taken, "partida", debit, None)).code == "R702"
    made.say("UPDATE periodo_contabil SET fechado = true")
    assert told(remove(*taken, "lancamento", id, None)).code == "R704"
    made.say("UPDATE periodo_contabil SET fechado = false")
    assert isinstance(remove(*taken, "lancamento", id, None), Saved)
    assert made.rows("SELECT count(*) FROM partida") == [(0,)]


def test_a_period_is_closed_and_reopened_by_saving_it(made: Office) -> None:
    (november,) = made.rows("SELECT id FROM periodo_contabil WHERE inicio = '2026-11-01'")[0]
    for is_closed, code in ((True, "R704"), (False, "")):
        edit = Edit("periodo_contabil", november, None, {"fechado": is_closed})
        assert isinstance(save(made.engine, made.runtime, made.context, edit), Saved)
        outcome = saved(made, row(2, TEN), row(3, None, TEN))
        assert code == (told(outcome).code if isinstance(outcome, Refusal) else "")
