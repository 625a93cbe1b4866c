"""Values within display texts are printed by SQL as metadata.types prints them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, BigInteger, DateTime, Engine, Numeric, Text, Time, func, literal, select

from kernel.storage.shown import printed
from metadata.entity import Field

AMOUNT = st.none() | st.integers(0, 3) | st.integers(0, 10**20)


def iso(sign: str, years: object, months: object, days: object, hours: object, minutes: object) -> str:
    """Write a duration, also of pieces that are never kept together."""
    date = "".join(
        f"{n}{letter}" for n, letter in ((years, "Y"), (months, "M"), (days, "D")) if n is not None
    )
    time = "".join(f"{n}{letter}" for n, letter in ((hours, "H"), (minutes, "M")) if n is not None)
    return f"{sign}P{date}" + (f"T{time}" if time else "")


DURATIONS = st.builds(iso, st.sampled_from(("", "-")), AMOUNT, AMOUNT, AMOUNT, AMOUNT, AMOUNT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(DURATIONS | st.sampled_from(("", "P", "PT", "P1", "x", "P01D", "PT5S", "30 dias")), min_size=1)
)
@example(["P180D", "P1Y6M", "P1M", "PT24H", "PT1M", "-P1D", "P0D", "P2DT1H30M"])
def test_a_duration_reads_the_same_from_sql_and_python(database: Engine, values: list[str]) -> None:
    field = Field.model_validate({"type": "duration"})
    field.resolve("prazo")
    column = func.unnest(literal(values, ARRAY(Text))).column_valued("value")
    with database.connect() as connection:
        found = connection.scalars(select(printed(field, column))).all()
    assert found == [field.kind.print(value, field) for value in values]


def test_a_duration_of_a_display_text_is_in_words(database: Engine) -> None:
    field = Field.model_validate({"type": "duration"})
    field.resolve("prazo")
    with database.connect() as connection:
        found = connection.scalar(select(printed(field, literal("P180D", Text))))
    assert found == "180 dias"


def amounts(digits: int, scale: int) -> st.SearchStrategy[Decimal]:
    """Return amounts as a column of so many digits keeps them."""
    return st.integers(-(10**digits) + 1, 10**digits - 1).map(lambda n: Decimal(n).scaleb(-scale))


SECONDS = st.times().map(lambda at: at.replace(microsecond=0))
MOMENTS = st.integers(-(10**9), 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PRINTED: dict[str, tuple[str, Any, Any, Any]] = {
    "integer": ("integer", BigInteger, st.integers(-(2**63), 2**63 - 1), -1234),
    "decimal": ("decimal(15,4)", Numeric, amounts(15, 4), Decimal("-1234.5000")),
    "whole decimal": ("decimal(9,0)", Numeric, amounts(9, 0), Decimal(1234)),
    "money": ("money", Numeric, amounts(15, 2), Decimal("1948.22")),
    "percent": ("percent", Numeric, amounts(9, 4), Decimal("0.3000")),
    "time": ("time", Time, SECONDS, time(8, 5)),
    "date and time": (
        "date and time",
        DateTime(timezone=True),
        MOMENTS,
        datetime(2026, 11, 5, 17, 30, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_numbers_and_times_read_the_same_from_sql_and_python(database: Engine, name: str) -> None:
    said, column_type, values, usual = PRINTED[name]
    field = Field.model_validate({"type": said})
    field.resolve("campo")

    @settings(max_examples=40, deadline=None)
    @given(st.lists(values, min_size=1))
    @example([usual])
    def agrees(some: list[Any]) -> None:
        column = func.unnest(literal(some, ARRAY(column_type))).column_valued("value")
        with database.connect() as connection:
            found = connection.scalars(select(printed(field, column))).all()
        assert found == [field.kind.print(value, field) for value in some]

    agrees()
