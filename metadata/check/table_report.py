"""Rules of the rows of a decision table together: contradictions, rows never reached, what no row answers.

Exact where cells compare with literals; a row with a cell that is more than that gets the benefit of doubt,
and a table with more combinations than `metadata.expression.space` looks at is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from metadata.check.decisions import tables
from metadata.check.scope import Scope
from metadata.decision import Decision
from metadata.decision_rows import Line, lines_of
from metadata.entity import Field
from metadata.expression.faults import Fault
from metadata.expression.literals import FREE, literal
from metadata.expression.nodes import Node, UnaryTests
from metadata.expression.parse import parse, parse_tests
from metadata.expression.space import ANYTHING, Row, Space, TooLarge, space
from metadata.positions import Positions
from metadata.problems import Problem

_ONE_ANSWER = ("unique", "any", "first", "priority")


@dataclass(frozen=True, slots=True)
class _Table:
    decision: Decision
    where: Positions
    fields: tuple[Field, ...]
    lines: tuple[Line, ...]
    space: Space
    has_otherwise: bool

    def problem(self, code: str, row: Row, **facts: Any) -> Problem:
        """Return a problem that stands at a row."""
        return Problem(
            code,
            {"row": row.number, **facts},
            self.where.place(self.lines[row.number - 1].questions[0].start),
        )

    def shown(self, example: Sequence[Any], rows: Sequence[Row]) -> str:
        """Write an example of values: those of the questions that one of the rows asks."""
        full = [(1 << len(axis)) - 1 for axis in self.space.samples]
        said = [
            f"{field.name} {_shown(value)}"
            for at, (field, value) in enumerate(zip(self.fields, example, strict=True))
            if value is not ANYTHING and any(row.pieces[at] != full[at] for row in rows)
        ]
        return ", ".join(said) or "qualquer valor"


def rows_agree(scope: Scope) -> Iterator[Problem]:
    """M371, M372, M374: rows do not contradict each other, and each can be reached."""
    for table in _tables(scope):
        yield from (table.problem("M374", row) for row in table.space.rows if row.is_empty)
        with suppress(TooLarge):
            yield from _contradictions(table)
        with suppress(TooLarge):
            yield from _unreached(table)


def rows_complete(scope: Scope) -> Iterator[Problem]:
    """M373: some row answers, or `otherwise` does; a hint, for a table may mean to be silent."""
    for table in _tables(scope):
        if table.has_otherwise or table.decision.pick not in _ONE_ANSWER:
            continue
        with suppress(TooLarge):
            example = table.space.uncovered(table.space.filled, table.space.rows)
            if example is not None:
                yield Problem(
                    "M373", {"example": table.shown(example, table.space.rows)}, table.where.place(0)
                )


def _contradictions(table: _Table) -> Iterator[Problem]:
    if table.decision.pick not in ("unique", "any"):
        return
    told: set[int] = set()
    for earlier, row, example in table.space.overlaps():
        differ = table.decision.pick == "unique" or _differ(table, earlier, row)
        if differ and row.number not in told:
            told.add(row.number)
            yield table.problem(
                "M371", row, other=earlier.number, example=table.shown(example, (earlier, row))
            )


def _differ(table: _Table, one: Row, other: Row) -> bool:
    """Tell whether two rows surely answer differently."""
    answers = [
        [_read(parse(cell.text)) for cell in table.lines[row.number - 1].answers] for row in (one, other)
    ]
    return any(FREE not in pair and pair[0] != pair[1] for pair in zip(*answers, strict=True))


def _read(node: Node | Fault) -> Any:
    return FREE if isinstance(node, Fault) else literal(node)


def _unreached(table: _Table) -> Iterator[Problem]:
    if table.decision.pick != "first":
        return
    sure: list[Row] = []
    for row in table.space.rows:
        if not row.is_empty and sure and table.space.uncovered(row.pieces, sure) is None:
            alone = [one for one in sure if table.space.uncovered(row.pieces, [one]) is None]
            before = f"a linha {alone[0].number} já responde" if alone else "as anteriores já respondem"
            yield table.problem("M372", row, before=before)
        elif not row.is_open:
            sure.append(row)


def _tables(scope: Scope) -> Iterator[_Table]:
    """Yield the tables that can be asked; what is wrong with others is told elsewhere."""
    for document in scope.documents("decisions"):
        decision = cast("Decision", document.model)
        for where in tables(scope, document):
            written = lines_of(where.text)
            if len(written) < 2:
                continue
            head, *lines = written
            rows = [line for line in lines if not line.is_otherwise]
            names = [cell.text for cell in head.questions]
            if sorted(names) != sorted(decision.inputs) or not _are_whole(head, rows):
                continue
            tests = [tuple(_tests(cell.text) for cell in line.questions) for line in rows]
            fields = tuple(decision.inputs[name] for name in names)
            if all(test is not None for row in tests for test in row):
                with suppress(TooLarge):
                    made = space(fields, cast("list[tuple[UnaryTests, ...]]", tests))
                    yield _Table(decision, where, fields, tuple(rows), made, len(rows) < len(lines))


def _are_whole(head: Line, rows: Sequence[Line]) -> bool:
    shape = (len(head.questions), len(head.answers))
    return all((len(row.questions), len(row.answers)) == shape for row in rows)


def _tests(text: str) -> UnaryTests | None:
    found = parse_tests(text)
    return None if isinstance(found, Fault) else found


def _shown(value: Any) -> str:
    if value is None:
        return "em branco"
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else f"“{value}”"
