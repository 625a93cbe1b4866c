"""What expressions come to: a table of cases, notes of why there is no value, limits, and nothing that raises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.expression import functions
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.functions.texts import written
from kernel.expression.scope import Run, Scope
from kernel.expression.values import Callee
from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from tests.metadata.expression.strategies import expressions

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CASES: dict[str, str] = yaml.load(
    (Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader
)


def run(text: str, **values: Any) -> tuple[Any, Run]:
    """Return the value of an expression and its run."""
    node = parse(text)
    assert not isinstance(node, Fault), node
    made = Run(NOW)
    return evaluate(compiled(node), made, Scope(values)), made


@pytest.mark.parametrize(("text", "value"), CASES.items(), ids=CASES)
def test_an_expression_comes_to(text: str, value: str) -> None:
    found, _ = run(text)
    assert written(found, quoted=True) == value


NOTES = {
    "nada": "R203",
    "null.x": "R204",
    "1(2)": "R205",
    '1 + "a"': "R206",
    "1 / 0": "R206",
    'substring("a")': "R207",
    'date("x")': "R208",
}


@pytest.mark.parametrize(("text", "code"), NOTES.items(), ids=NOTES)
def test_what_has_no_value_says_why_and_where(text: str, code: str) -> None:
    found, made = run(text)
    assert found is None
    (note,) = made.notes
    assert note.code == code
    assert 0 <= note.span[0] < note.span[1] <= len(text)
    assert note.sentence()


@pytest.mark.parametrize(
    "text",
    [
        "count(for a in 1..1000, b in 1..1000 return a)",
        "for i in 1..10000000 return i",
        "for i in 1..100 return for j in 1..100 return for k in 1..100 return 1",
    ],
)
def test_what_does_too_much_is_stopped(text: str) -> None:
    found, made = run(text)
    assert found is None
    assert "R202" in {note.code for note in made.notes}


def test_a_function_that_calls_itself_for_ever_is_stopped() -> None:
    found, made = run("(function(g, x) g(g, x + 1))(function(g, x) g(g, x + 1), 1)")
    assert found is None
    assert "R202" in {note.code for note in made.notes}


def test_what_day_it_is_comes_from_the_run() -> None:
    assert run("now()")[0] == NOW
    assert run("today()")[0] == NOW.date()


def test_every_builtin_does_something_in_each_of_its_ways() -> None:
    assert functions.names() == {name: frozenset(range(len(ways))) for name, ways in BUILTINS.items()}


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.decimals(-(10**40), 10**40, allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(("2026-01-31", "P1M", "[1..2]", "(((", "America/Sao_Paulo"))
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=1000, deadline=None)
@given(name=st.sampled_from(sorted(BUILTINS)), arguments=st.lists(values, max_size=4))
def test_no_builtin_raises_whatever_it_is_given(name: str, arguments: list[Any]) -> None:
    made = Run(NOW)
    callee = functions.known(name)
    assert isinstance(callee, Callee)
    functions.invoke(made, callee, arguments, (), (0, 1))


@settings(max_examples=500, deadline=None)
@given(node=expressions, a=values, idade=values)
def test_no_expression_raises_whatever_the_data(node: n.Node, a: Any, idade: Any) -> None:
    evaluate(compiled(node), Run(NOW), Scope({"a": a, "idade": idade}))
