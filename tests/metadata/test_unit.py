"""What a number counts is said as one or as many, as Portuguese has it."""

from __future__ import annotations

import pytest

from metadata.entity import Field
from metadata.unit import NO_UNIT, Unit

LIVES = Unit(one="vida", many="vidas")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "0 vidas"), ("1", "1 vida"), ("-1", "-1 vida"), ("0,5", "0,5 vida"), ("1,5", "1,5 vida"),
        ("2", "2 vidas"), ("1.000", "1.000 vidas"), ("1.000.001", "1.000.001 vidas"), ("padrão", "padrão vidas"),
    ],
)  # fmt: skip
def test_less_than_two_is_one_and_none_are_many(text: str, said: str) -> None:
    assert LIVES.behind(text) == said


def test_a_measure_has_one_word_and_no_unit_says_nothing() -> None:
    measure = Field.model_validate({"type": "integer", "unit": "cm"}).unit
    assert (measure.behind("1"), measure.behind("2")) == ("1 cm", "2 cm")
    assert NO_UNIT.behind("1") == "1"
    assert not Field.model_validate({"type": "integer"}).unit
