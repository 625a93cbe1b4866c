"""Rows that contradict each other, are never reached or leave gaps: exactly, and never by mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.expression.evaluate import Closure, compiled
from kernel.expression.scope import Run, Scope
from metadata.check import hints
from metadata.entity import Field
from metadata.expression.nodes import UnaryTests
from metadata.expression.parse import parse_tests
from metadata.expression.space import ANYTHING, Space, space
from metadata.load import load_files

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HEAD = """decision: d
pick: {pick}
inputs: {{idade: {{type: integer, min: 0}}, preco: money, tipo: {{type: choice, of: {{a: A, b: B}}}}, web: yes/no, dia: date, nome: text}}
outputs: {{x: integer, y: text}}
rows: |
  idade | preco | tipo | web | dia | nome || x | y
"""


def told(pick: str, *rows: str, head: str = HEAD) -> list[str]:
    """Return code and sentence of each problem and hint."""
    text = head.format(pick=pick) + "".join(f"  {row}\n" for row in rows)
    files = {
        "loja/manifest.yaml": b"package: loja\nlabel: Loja\nversion: 1.0.0\n",
        "loja/decisions/d.yaml": text.encode(),
    }
    configuration, problems = load_files(files)
    return [f"{problem.code} {problem.sentence()}" for problem in (*problems, *hints(configuration))]


def test_rows_that_contradict_each_other_are_told_with_an_example() -> None:
    assert told("unique", '< 18 | - | - | - | - | - || 1 | "x"', '>= 17 | - | "a" | - | - | - || 1 | "x"', "otherwise || 0 | null") == [
        "M371 as linhas 1 e 2 valem ao mesmo tempo, por exemplo com idade 17, tipo “a”"
    ]  # fmt: skip


def test_under_any_only_different_answers_contradict() -> None:
    rows = ['- | >= 10 | - | - | - | - || {} | "x"', '- | < 10.01 | - | - | - | - || {} | "x"']
    assert told("any", rows[0].format(1), rows[1].format(1)) == []
    assert told("any", rows[0].format(1), rows[1].format("idade")) == []
    assert told("any", rows[0].format(1), rows[1].format(2)) == [
        "M371 as linhas 1 e 2 valem ao mesmo tempo, por exemplo com preco 10,00"
    ]


def test_rows_side_by_side_leave_no_gap_and_do_not_overlap() -> None:
    assert told(
        "unique",
        '<= 17 | < 10.00 | - | - | - | - || 1 | "x"',
        '[18..59] | < 10.00 | - | - | - | - || 2 | "x"',
        '> 59 | < 10.00 | - | - | - | - || 2 | "x"',
        '- | > 9.99 | "a" | - | < @"2020-01-01" | - || 3 | "x"',
        '- | > 9.99 | "a" | - | > date("2019-12-31") | - || 3 | "x"',
        '- | > 9.99 | "b" | true, false | - | "x" || 3 | "x"',
        '- | > 9.99 | "b" | not(null) | - | not("x") || 3 | "x"',
    ) == []  # fmt: skip


def test_a_row_that_those_before_it_answer_is_never_reached() -> None:
    rows = [
        '- | - | "a" | - | - | - || 1 | "x"',
        '- | - | not("a") | - | - | - || 1 | "x"',
        '> 3 | - | - | - | - | - || 2 | "x"',
    ]
    assert told("first", *rows) == [
        "M372 a linha 3 nunca é alcançada: as anteriores já respondem a tudo que ela pergunta"
    ]
    assert told("first", rows[0], '> 3 | - | "a" | true | - | - || 2 | "x"', "otherwise || 1 | null") == [
        "M372 a linha 2 nunca é alcançada: a linha 1 já responde a tudo que ela pergunta"
    ]


def test_a_row_for_empty_values_is_reached() -> None:
    rows = ['- | - | - | true | - | - || 1 | "x"', '- | - | - | false | - | - || 1 | "x"']
    assert told("first", *rows, '- | - | - | - | - | - || 2 | "x"') == []


def test_a_row_that_nothing_meets_is_told() -> None:
    assert told("first", '[5..3] | - | - | - | - | - || 1 | "x"', '< 0 | - | - | - | - | - || 1 | "x"', "otherwise || 0 | null") == [
        "M374 nenhum valor serve para a linha 1",
        "M374 nenhum valor serve para a linha 2",
    ]  # fmt: skip


def test_what_no_row_answers_is_a_hint_with_an_example() -> None:
    rows = ['< 18 | - | - | true | - | - || 1 | "x"', '>= 18 | - | - | - | - | - || 1 | "x"']
    assert told("unique", *rows) == ["M373 nenhuma linha responde, por exemplo, com idade 0, web não"]
    assert told("unique", *rows, 'otherwise || 0 | "x"') == []
    assert told("collect", *rows) == []


@pytest.mark.parametrize("free", ["< preco", "if web then 1 else 2", "? * 2 > 7"])
def test_a_cell_that_is_more_than_literals_gets_the_benefit_of_doubt(free: str) -> None:
    row = f'{free} | - | - | - | - | - || 1 | "x"'
    assert told("unique", row, '- | - | - | - | - | - || 2 | "x"') == []
    assert told("first", row, '> 5 | - | - | - | - | - || 2 | "x"') == []
    assert told("first", '- | - | - | - | - | - || 2 | "x"', row) == [
        "M372 a linha 2 nunca é alcançada: a linha 1 já responde a tudo que ela pergunta"
    ]


def test_large_tables_are_looked_at_in_bounded_time() -> None:
    rows = [f'{n} | > {n} | - | - | - | not("n{n}") || {n} | "x"' for n in range(440)]
    head = HEAD.replace("idade", "numero").replace("{pick}", "first")
    started = process_time()
    told("unique", *rows)
    told("first", *rows, head=head)
    assert process_time() - started < 10


# ── against brute force ───────────────────────────────────────────────────────────────────────────

DAYS = [date(2020, 1, 29) + timedelta(days=n) for n in range(7)]
FIELDS = {
    "n": Field(type="integer"), "d": Field(type="date"), "b": Field(type="yes/no"), "t": Field(type="text"),
    "c": Field(type="choice", of={"a": "A", "b": "B", "c": "C"}), "m": Field(type="decimal(5,1)"),
}  # fmt: skip
VALUES: Mapping[str, Sequence[Any]] = {
    "n": [Decimal(n) for n in range(-1, 7)], "d": DAYS, "b": [True, False], "t": ["x", "y", "z"],
    "c": ["a", "b", "c"], "m": [Decimal(n).scaleb(-1) for n in range(-2, 22)],
}  # fmt: skip
LITERALS = {
    "n": ["0", "1", "2", "2.5", "3", "5"], "m": ["0", "0.1", "0.25", "1", "1.9"],
    "d": [f'@"{day}"' for day in DAYS[1:-1]], "t": ['"x"', '"y"'], "c": ['"a"', '"b"'],
    "b": ["true", "false"],
}  # fmt: skip


@st.composite
def cells(draw: Any, axis: str) -> str:
    """Return a test of literals of the axis."""
    literal = st.sampled_from([*LITERALS[axis], "null"])
    shapes = ["-", "{}", "{}, {}", "not({})", "not({}, {})", "!= {}", "[{}, {}]"]
    shapes += ["< {}", ">= {}", "[{}..{}]", "({}..{})", "not(> {})", "<= {}, > {}"] if axis in "nmd" else []
    shape = draw(st.sampled_from(shapes))
    return shape.format(draw(literal), draw(literal))


@st.composite
def spaces(draw: Any) -> tuple[list[str], list[tuple[str, ...]]]:
    axes = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True))
    row = st.tuples(*(cells(axis) for axis in axes))
    return axes, draw(st.lists(row, min_size=1, max_size=5))


def read(text: str) -> UnaryTests:
    found = parse_tests(text)
    assert isinstance(found, UnaryTests), text
    return found


@cache
def closure(text: str) -> Closure:
    return compiled(read(text))


def met(row: tuple[str, ...], values: tuple[Any, ...]) -> bool:
    """Tell whether evaluation lets values meet a row."""
    return all(
        closure(text)(Run(NOW), Scope({"?": value})) is True for text, value in zip(row, values, strict=True)
    )


@settings(max_examples=100, deadline=None)
@given(drawn=spaces())
def test_the_report_is_what_brute_force_finds(drawn: tuple[list[str], list[tuple[str, ...]]]) -> None:
    axes, rows = drawn
    made = space([FIELDS[axis] for axis in axes], [tuple(map(read, row)) for row in rows])
    points = list(product(*([*VALUES[axis], None] for axis in axes)))
    hits = [{at for at, row in enumerate(rows) if met(row, point)} for point in points]
    sure = {row.number - 1 for row in made.rows if not row.is_open}
    overlaps = {(one.number - 1, other.number - 1) for one, other, _ in made.overlaps()}
    assert overlaps == {(a, z) for a in sure for z in sure if a < z and any({a, z} <= hit for hit in hits)}
    gaps = [point for point, hit in zip(points, hits, strict=True) if not hit and None not in point]
    example = made.uncovered(made.filled, made.rows)
    if len(sure) == len(rows):
        assert (example is None) == (not gaps)
        for at, row in enumerate(made.rows):
            covered = all(hit & set(range(at)) for hit in hits if at in hit)
            assert _is_covered(made, at) == covered, row
    elif example is not None:
        assert gaps


def _is_covered(made: Space, at: int) -> bool:
    row = made.rows[at]
    return row.is_empty or made.uncovered(row.pieces, made.rows[:at]) is None


@settings(max_examples=60, deadline=None)
@given(drawn=spaces())
def test_an_example_of_an_overlap_meets_both_rows(drawn: tuple[list[str], list[tuple[str, ...]]]) -> None:
    axes, rows = drawn
    made = space([FIELDS[axis] for axis in axes], [tuple(map(read, row)) for row in rows])
    for one, other, example in made.overlaps():
        for row in (one, other):
            pairs = zip(rows[row.number - 1], example, strict=True)
            asked = [(text, value) for text, value in pairs if value is not ANYTHING]
            assert met(tuple(text for text, _ in asked), tuple(value for _, value in asked))
