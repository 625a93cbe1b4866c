"""A run over what was left out of another touches nothing else, however the units lie among the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from kernel.processes.drive import LARGEST, _of_all, _of_some, drive
from kernel.processes.runs import begin
from tests.billing import FILES, NOVEMBER, Office, office, people

PATH = "faturas/processes/faturar.yaml"


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, {PATH: FILES[PATH].replace("part: 40", "part: 6")})
    people(found, 60)
    return found


def redone(made: Office, run: int) -> int:
    found = begin(
        made.engine, made.runtime, made.context, "faturar", {"competencia": NOVEMBER}, only_of=run
    )  # fmt: skip
    assert isinstance(found, int)
    assert drive(made.engine, lambda version: made.runtime, found).status == "finished"
    return found


def test_only_what_was_left_out_is_done_again_once_it_is_right(made: Office) -> None:
    lacking = "(SELECT id FROM vida WHERE contrato IN (3, 4, 5, 17, 40, 41, 58) AND inicio < '2026-11-01')"
    made.say(f"UPDATE vida SET nascimento = NULL WHERE id IN {lacking}")
    run = made.run(competencia=NOVEMBER)
    before = made.invoices
    left = {
        unit for (unit,) in made.rows("SELECT unit FROM aroeira_process_left_out WHERE run = :r", r=run.id)
    }
    assert left == {3, 4, 5, 17, 40, 41, 58}
    made.say(f"UPDATE vida SET nascimento = '1980-02-02' WHERE contrato <> 17 AND id IN {lacking}")
    made.say(
        "INSERT INTO vida (contrato, nome, nascimento, inicio) "
        "SELECT id, 'Nova', '1990-05-05', '2026-11-16' FROM contrato WHERE id IN (1, 6, 16, 18, 42, 57, 59)"
    )
    again = redone(made, run.id)
    assert {row[0] for row in made.invoices if row not in before} == left - {17}
    assert made.rows("SELECT DISTINCT unit FROM aroeira_process_left_out WHERE run = :r", r=again) == [(17,)]
    last = redone(made, again)
    assert made.rows("SELECT count(*) FROM aroeira_process_made WHERE run = :r", r=last) == [(0,)]
    made.run(competencia=NOVEMBER)
    assert {row[0] for row in made.invoices if row[5] == 15} >= {1, 6, 16, 18, 42, 57, 59}


SHARES = st.lists(
    st.tuples(st.integers(1, 300), st.integers(1, 9)), max_size=40, unique_by=lambda each: each[0]
)


@given(SHARES, st.booleans(), st.sets(st.integers(1, 300) | st.none(), max_size=40), st.integers(1, 20))
def test_parts_for_some_units_have_all_of_them_and_no_other(
    shares: list[tuple[int, int]], has_nothing: bool, wanted: set[int | None], most: int
) -> None:
    units = sorted(shares)
    every = [*units, (None, 4)] if has_nothing else units
    for parts, inside in ((_of_some(every, wanted, most), wanted), (_of_all(every, most), None)):
        found = list(parts)
        ranges = [part for part in found if part["low"] is not None]
        for unit, _ in units:
            held = sum((part["low"] or 0) <= unit <= (part["high"] or 0) for part in ranges)
            assert held == (1 if inside is None or unit in inside else 0)
        nothing = [part for part in found if part["low"] is None]
        assert len(nothing) == (has_nothing and (inside is None or None in inside))
        for part in ranges:
            rows = [count for unit, count in units if (part["low"] or 0) <= unit <= (part["high"] or 0)]
            assert part["rows"] == sum(rows)
            assert sum(rows) <= most or len(rows) == 1
        if inside is None:
            assert ranges[-1]["high"] == LARGEST
