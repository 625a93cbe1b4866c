"""What the product adds to the standard: known figures, the calendar against a slow count, bar codes of banks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.functions.texts import written
from kernel.expression.scope import Run, Scope
from metadata.expression.faults import Fault
from metadata.expression.parse import parse

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CASES: dict[str, str] = yaml.load(
    (Path(__file__).parent / "own.yaml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader
)


def run(text: str, made: Run, **values: Any) -> Any:
    """Return the value of an expression."""
    node = parse(text)
    assert not isinstance(node, Fault), node
    return evaluate(compiled(node), made, Scope(values))


@pytest.mark.parametrize(("text", "value"), CASES.items(), ids=CASES)
def test_an_own_function_comes_to(text: str, value: str) -> None:
    assert written(run(text, Run(NOW)), quoted=True) == value


# ── business days ─────────────────────────────────────────────────────────────────────────────────

FRIDAY = date(2026, 11, 20)


def test_business_days_count_with_the_holidays_of_the_run() -> None:
    made = Run(NOW, holidays=frozenset((FRIDAY,)))
    assert run('next business day(@"2026-11-20")', made) == date(2026, 11, 23)
    assert run('next business day(@"2026-11-20", [])', made) == FRIDAY


def test_without_holidays_said_there_is_no_business_day() -> None:
    made = Run(NOW)
    assert run('next business day(@"2026-11-20")', made) is None
    assert [(note.code, note.span) for note in made.notes] == [("R209", (0, 32))]
    assert made.notes[0].sentence()


days = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(start=days, end=days, holidays=st.frozensets(days, max_size=10))
def test_business_days_are_counted_as_one_by_one(start: date, end: date, holidays: frozenset[date]) -> None:
    made = Run(NOW, holidays=holidays)
    count = run("business days between(a, b)", made, a=start, b=end)
    first, last = (start + timedelta(1), end) if start <= end else (end, start - timedelta(1))
    between = [first + timedelta(place) for place in range((last - first).days + 1)]
    worked = [day for day in between if run("is business day(d)", made, d=day)]
    assert count == (len(worked) if start <= end else -len(worked))
    if run("is business day(d)", made, d=end):
        assert run("add business days(a, n)", made, a=start, n=count) == end


@given(start=st.dates(), end=st.dates())
def test_years_complete_on_the_day_of_birth(start: date, end: date) -> None:
    years = run("years between(a, b)", Run(NOW), a=start, b=end)
    if start <= end:
        assert years == end.year - start.year - ((end.month, end.day) < (start.month, start.day))


# ── banks ─────────────────────────────────────────────────────────────────────────────────────────


def vectors(shared: Path) -> list[dict[str, Any]]:
    read = json.loads((shared / "bank" / "boleto-vectors.json").read_text(encoding="utf-8"))
    return [vector["expected"] for vector in read["vectors"]]


def test_the_check_digits_of_bar_codes_and_payable_lines(shared: Path) -> None:
    bar_code = 'mod11(left(code, 4) + right(code, 39), [2..9], {"0": "1", "1": "1"})'
    for expected in vectors(shared):
        code = expected["codigo_barras"]
        assert run(bar_code, Run(NOW), code=code) == code[4]
        line = run("digits of(line)", Run(NOW), line=expected.get("linha_digitavel", ""))
        for start, length in ((1, 9), (11, 10), (22, 10)) if line else ():
            part = "substring(line, start, size)"
            given_parts = {"line": line, "start": Decimal(start), "size": Decimal(length)}
            assert run(f"mod10({part})", Run(NOW), **given_parts) == line[start + length - 1]


OUR_NUMBERS = {
    # Itaú: agency, account, kind and number, modulo 10
    'mod10("0057" + "12345" + "110" + "12345678")': "8",
    # Bradesco: kind and number, weights 2 to 7, remainder 1 is the letter P
    'mod11("19" + "00000000002", [2..7], {"1": "P"})': "8",
    'mod11("19" + "00000000001", [2..7], {"1": "P"})': "P",
    'mod11("19" + "00000000006", [2..7], {"1": "P"})': "0",
}


@pytest.mark.parametrize(("text", "digit"), OUR_NUMBERS.items(), ids=OUR_NUMBERS)
def test_the_check_digits_of_our_numbers(text: str, digit: str) -> None:
    assert run(text, Run(NOW)) == digit
