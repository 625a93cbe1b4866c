"""Balances agree with a slow count in Python, whatever was posted, and keep to what the operator sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kernel.ledger.balances import Trial, balances
from metadata.problems import Problems
from tests.access import all_but
from tests.billing import Office
from tests.books import bookkeeping, post

CENT = Decimal("0.01")
ACCOUNTS = 7
START = date(2026, 11, 1)


@pytest.fixture
def made(database: Engine) -> Office:
    found = bookkeeping(database)
    found.say("DELETE FROM periodo_contabil")
    found.say(
        "INSERT INTO conta (codigo, nome) VALUES ('4', 'Quatro'), ('4.1', 'a'), ('4.1.1', 'b'), ('5', 'c')"
    )
    found.say("UPDATE conta SET superior = id - 1 WHERE codigo IN ('4.1', '4.1.1')")
    return found


def asked(made: Office, first: date, last: date, **denied: Any) -> Trial:
    """Return the balances; `denied`: what whoever asks may not see."""
    context = replace(made.context, access=all_but(made.runtime, **denied)) if denied else made.context
    with made.engine.connect() as connection:
        return balances(connection, made.runtime, context, "lancamento", first, last)


amounts = st.decimals(min_value=CENT, max_value=Decimal(10**9), places=2)
accounts = st.integers(1, ACCOUNTS)
days = st.integers(0, 20).map(lambda days: START + timedelta(days=days))


@st.composite
def entries(draw: Any) -> tuple[date, list[tuple[int, Any, Any]]]:
    """Draw an entry: some debits, and credits of the same sum."""
    lines: list[tuple[int, Any, Any]] = [
        (draw(accounts), amount, draw(st.sampled_from((None, Decimal(0)))))
        for amount in draw(st.lists(amounts, min_size=1, max_size=4))
    ]
    left = sum(line[1] for line in lines)
    while left:
        part = left if left < 1 or draw(st.booleans()) else min(left, draw(amounts))
        lines.append((draw(accounts), None, part))
        left -= part
    return draw(days), lines


def expected(made: Office, first: date, last: date) -> Iterator[tuple[Any, ...]]:
    """Yield what the balances must be, line by line, without the product."""
    above = dict(made.rows("SELECT id, superior FROM conta"))
    names = dict(made.rows("SELECT id, codigo FROM conta"))
    lines = made.rows(
        "SELECT p.conta, l.data, p.debito, p.credito FROM partida p JOIN lancamento l ON l.id = p.lancamento"
    )
    sums: dict[int, list[Decimal]] = {}
    for account, day, debit, credit in lines:
        if day > last:
            continue
        each = account
        while each is not None:
            found = sums.setdefault(each, [Decimal(0)] * 3)
            if day < first:
                found[0] += (debit or 0) - (credit or 0)
            else:
                found[1] += debit or 0
                found[2] += credit or 0
            each = above[each]
    for account in sorted(sums, key=names.__getitem__):
        opening, debit, credit = sums[account]
        yield account, names[account], above[account], opening, debit, credit, opening + debit - credit


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_balances_are_what_a_slow_count_says(made: Office, data: st.DataObject) -> None:
    with made.engine.begin() as connection:
        connection.execute(text("DELETE FROM lancamento"))
        for day, lines in data.draw(st.lists(entries(), max_size=8)):
            post(connection, day, lines)
    first, last = sorted((data.draw(days), data.draw(days)))
    trial = asked(made, first, last)
    told = [(r.account, r.text, r.above, r.opening, r.debit, r.credit, r.closing) for r in trial.rows]
    assert told == list(expected(made, first, last))
    assert (trial.total.opening, trial.total.debit, trial.total.closing) == (0, trial.total.credit, 0)
    roots = [row for row in trial.rows if row.above is None]
    assert trial.total.debit == sum(row.debit for row in roots)


def test_a_circle_of_accounts_ends(made: Office) -> None:
    made.say("UPDATE conta SET superior = 2 WHERE id = 1")
    with made.engine.begin() as connection:
        post(connection, START)
    rows = {row.account: row for row in asked(made, START, START).rows}
    assert (rows[1].debit, rows[2].debit, rows[3].credit) == (10, 10, 10)


def test_only_a_ledger_has_balances(made: Office) -> None:
    for entity in ("conta", "partida", "nada"):
        with made.engine.connect() as connection, pytest.raises(Problems) as caught:
            balances(connection, made.runtime, made.context, entity, START, START)
        assert [problem.code for problem in caught.value.problems] == ["R715"]


def test_what_somebody_does_not_see_is_in_no_sum_of_theirs(made: Office) -> None:
    with made.engine.begin() as connection:
        post(connection, START)
        post(connection, START + timedelta(days=1), ((2, 7, None), (4, None, 7)))
    everything = asked(made, START, START + timedelta(days=9))
    assert everything.total.debit == 17
    early = {"level": "read", "rows": "data > date(2026, 11, 1)"}
    seen = asked(made, START, START + timedelta(days=9), entities={"lancamento": early})
    assert [(row.account, row.debit, row.credit) for row in seen.rows] == [(1, 10, 0), (2, 10, 0), (3, 0, 10)]
    other = asked(
        made, START, START + timedelta(days=9), entities={"conta": {"level": "read", "rows": 'codigo = "3"'}}
    )
    assert 3 not in {row.account for row in other.rows}
    assert other.total.credit == 7
    for denied in (
        {"fields": {"partida.debito": "read"}}, {"fields": {"lancamento.data": "read"}},
        {"fields": {"partida.conta": "read"}}, {"entities": {"partida": "read"}}, {"entities": {"conta": "read"}},
    ):  # fmt: skip
        with pytest.raises(Problems) as caught:
            asked(made, START, START, **denied)
        assert {problem.code for problem in caught.value.problems} <= {"R401", "R402"}
