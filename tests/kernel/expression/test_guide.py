"""The guide of the language is true: each example gives what it says, in both writings, and none is missing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from kernel.expression.evaluate import compiled
from kernel.expression.scope import Run, Scope
from kernel.expression.values import equal
from metadata.expression.builtins import BUILTINS
from metadata.expression.faults import Fault
from metadata.expression.grammar import INFIX, KEYWORDS
from metadata.expression.guide import RECORD, Example, functions, sections
from metadata.expression.parse import parse
from metadata.expression.surface.portuguese import parse_pt

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ALL = [example for section in sections() for example in section.examples]
UNSHOWN = {"external"}  # is refused: functions from outside are not called


def value(node: Any, record: dict[str, Any]) -> Any:
    assert not isinstance(node, Fault), node
    return compiled(node)(Run(NOW), Scope(record))


def record() -> dict[str, Any]:
    found: dict[str, Any] = value(parse(RECORD), {})
    return found


@pytest.mark.parametrize("example", ALL, ids=lambda each: each.what)
def test_every_example_gives_what_it_says(example: Example) -> None:
    wanted = value(parse(example.gives), {})
    for node in (parse(example.text, record()), parse_pt(example.in_portuguese, record())):
        found = value(node, record())
        assert equal(found, wanted) is True, (found, wanted)


def test_every_operator_and_word_of_the_grammar_is_shown() -> None:
    text = " ".join(example.text for example in ALL)
    words = set(re.findall(r"[a-z]+", text))
    assert set(KEYWORDS) - UNSHOWN <= words
    assert all(sign in text for sign in INFIX)


def test_every_function_is_listed_in_both_writings() -> None:
    listed = {standard.partition("(")[0] for _, standard in functions()}
    assert listed == set(BUILTINS)
    assert ("trecho(string: texto; start position: número; [length: número])",
            "substring(string: string, start position: number, [length: number])") in functions()  # fmt: skip
