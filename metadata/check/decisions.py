"""Rules of decision tables: heads name what is asked and answered, rows have a cell for each, cells fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from metadata.check.definitions import judge
from metadata.check.scope import Scope
from metadata.decision import LISTING, RANKING, Decision
from metadata.decision_rows import Cell, Line, lines_of
from metadata.entity import Field
from metadata.expression import nodes as n
from metadata.expression.infer import INPUT
from metadata.expression.kinds import Kind, of_field
from metadata.expression.parse import parse, parse_tests
from metadata.package import Document
from metadata.positions import Positions, positions
from metadata.problems import Problem, near

_ONE = ("sum", "min", "max", "count")


def decisions_fit(scope: Scope) -> Iterator[Problem]:
    """M358 to M369, M3: every table of a decision can be asked."""
    for document in scope.documents("decisions"):
        decision = cast("Decision", document.model)
        yield from _pick_fits(document, decision)
        if decision.valid_from and not isinstance(decision.rows, str):
            yield Problem("M369", {}, document.place("valid_from"))
        for where in tables(scope, document):
            yield from _table_fits(scope, decision, where)


def tables(scope: Scope, document: Document) -> Iterator[Positions]:
    """Yield the tables of a decision as they are written, with their places."""
    written = document.source.plain["rows"]
    days = [()] if isinstance(written, str) else [(day,) for day in written]
    for day in days:
        yield positions(document, scope.configuration.files, ("rows", *day))


def _pick_fits(document: Document, decision: Decision) -> Iterator[Problem]:
    kinds = {name: str(of_field(field)) for name, field in decision.outputs.items()}
    place = document.place("pick")
    if decision.pick in _ONE and len(kinds) != 1:
        yield Problem("M366", {"pick": decision.pick}, place)
    elif decision.pick == "sum" and next(iter(kinds.values())) != "número":
        yield Problem("M325", {"wanted": "número", "found": next(iter(kinds.values()))}, place)
    if decision.pick in RANKING and not any(field.type == "choice" for field in decision.outputs.values()):
        yield Problem("M367", {"pick": decision.pick}, place)


def _table_fits(scope: Scope, decision: Decision, where: Positions) -> Iterator[Problem]:
    lines = lines_of(where.text)
    if len(lines) < 2:
        yield Problem("M358", {}, where.place(0))
        return
    head, *rows = lines
    yield from _head_fits(decision, head, where)
    for line in rows:
        wrong = list(_size_fits(head, line, where))
        yield from wrong or _cells_fit(scope, decision, head, line, where)
    others = [line for line in rows if line.is_otherwise]
    for line in others[1:]:
        yield Problem("M368", {"what": "mais de uma"}, where.place(line.start))
    if others and decision.pick in LISTING:
        yield Problem("M368", {"what": f"uma, e {decision.pick} dá uma lista"}, where.place(others[0].start))


def _head_fits(decision: Decision, head: Line, where: Positions) -> Iterator[Problem]:
    if not head.answers:
        yield Problem("M359", {}, where.place(head.start))
        return
    for cells, known, side in (
        (head.questions, decision.inputs, "inputs"),
        (head.answers, decision.outputs, "outputs"),
    ):
        names = [cell.text for cell in cells]
        for at, cell in enumerate(cells):
            if cell.text not in known:
                facts = {"name": cell.text, "side": side, "near": near(cell.text, known)}
                yield Problem("M361", facts, where.place(cell.start))
            elif cell.text in names[:at]:
                yield Problem("M363", {"name": cell.text}, where.place(cell.start))
        for name in known:
            if name not in names and not any(near(other, known) == name for other in names):
                yield Problem("M362", {"name": name}, where.place(head.start))


def _size_fits(head: Line, line: Line, where: Positions) -> Iterator[Problem]:
    if not line.answers:
        yield Problem("M359", {}, where.place(line.start))
        return
    pairs = [(line.answers, head.answers, "respostas")]
    pairs += [] if line.is_otherwise else [(line.questions, head.questions, "perguntas")]
    for cells, wanted, side in pairs:
        if len(cells) != len(wanted) and head.answers:
            facts = {"side": side, "found": len(cells), "wanted": len(wanted)}
            yield Problem("M360", facts, where.place(line.start))


def _cells_fit(
    scope: Scope, decision: Decision, head: Line, line: Line, where: Positions
) -> Iterator[Problem]:
    names = {name: of_field(field) for name, field in decision.inputs.items()}
    if not line.is_otherwise:
        for column, cell in zip(head.questions, line.questions, strict=False):
            yield from _test_fits(scope, names, decision.inputs.get(column.text), cell, where)
    for column, cell in zip(head.answers, line.answers, strict=False):
        yield from _answer_fits(scope, names, decision.outputs.get(column.text), cell, where)


def _test_fits(
    scope: Scope, names: Mapping[str, Kind], field: Field | None, cell: Cell, where: Positions
) -> Iterator[Problem]:
    if field is None:
        return
    node = parse_tests(cell.text)
    asked = {**names, INPUT: of_field(field)}
    yield from judge(scope, node, where, cell.start, names=asked)[1]


def _answer_fits(
    scope: Scope, names: Mapping[str, Kind], field: Field | None, cell: Cell, where: Positions
) -> Iterator[Problem]:
    if field is None:
        return
    node = parse(cell.text)
    yield from judge(scope, node, where, cell.start, names=names, wanted=of_field(field))[1]
    if field.choices and isinstance(node, n.Text) and node.value not in field.choices:
        facts = {"value": node.value, "name": field.name, "near": near(node.value, field.choices)}
        yield Problem("M365", facts, where.place(cell.start + node.span[0]))
