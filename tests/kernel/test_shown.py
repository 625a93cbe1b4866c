"""Values within display texts are printed by SQL as metadata.types prints them."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Engine, Text, func, literal, select

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
