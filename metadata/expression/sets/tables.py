"""This file makes terms of decision tables: which row is met, and what the pick makes of that.

A row that is more than literals may be met together with another where nobody knows beforehand; then only
what has an exact form whatever happens is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from metadata.decision_rows import lines_of
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.literals import FREE, literal
from metadata.expression.parse import parse, parse_tests
from metadata.expression.sets import arithmetic
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.terms import Constant, Term
from metadata.expression.space import Space, TooLarge, space

if TYPE_CHECKING:
    from metadata.decision import Decision
    from metadata.entity import Field

ONE, ZERO = v.number(Decimal(1)), v.number(Decimal(0))
Asked = Callable[[n.Node, Term | None], Term]
"""Makes the term of a cell; the second argument is the value that tests are about."""


@dataclass(frozen=True, slots=True)
class _Row:
    met: Term
    nodes: tuple[n.Node, ...]
    answers: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as terms: its rows, what is answered without one, and where they lie."""

    decision: Decision
    outputs: tuple[str, ...]
    rows: tuple[_Row, ...]
    otherwise: tuple[Term, ...]
    space: Space


def answers(decision: Decision, text: str, given: Mapping[str, Term], asked: Asked) -> dict[str, Term]:
    """Return what a table answers, by output."""
    pick = _PICKS.get(decision.pick)
    if pick is None:
        raise Reason("M330", what=f"perguntar uma decisão que dá uma lista ({decision.pick})")
    table = _read(decision, text, given, asked)
    refused = v.joined("or", [_refused(decision.inputs[name], term) for name, term in given.items()])
    found = pick(table)
    return {
        name: v.chosen(refused, v.NULL, term) if refused != v.FALSE else term
        for name, term in zip(table.outputs, found, strict=True)
    }


def _read(decision: Decision, text: str, given: Mapping[str, Term], asked: Asked) -> _Table:
    head, *lines = lines_of(text)
    names = [cell.text for cell in head.questions]
    rows, tests = [], []
    otherwise: tuple[Term, ...] = (v.NULL,) * len(head.answers)
    for line in lines:
        nodes = tuple(_sound(parse(cell.text)) for cell in line.answers)
        said = tuple(asked(node, None) for node in nodes)
        if line.is_otherwise:
            otherwise = said
            continue
        row = tuple(_tests(cell.text) for cell in line.questions)
        met = [asked(test, given[name]) for name, test in zip(names, row, strict=True) if test.tests]
        tests.append(row)
        rows.append(_Row(v.joined("and", [v.boolean(term) for term in met]), nodes, said))
    try:
        made = space([decision.inputs[name] for name in names], tests)
    except TooLarge:
        raise Reason("M330", what="perguntar uma decisão tão grande") from None
    return _Table(decision, tuple(cell.text for cell in head.answers), tuple(rows), otherwise, made)


def _sound(node: n.Node | Fault) -> n.Node:
    if isinstance(node, Fault):
        raise Reason("M335")
    return node


def _tests(text: str) -> n.UnaryTests:
    found = _sound(parse_tests(text))
    assert isinstance(found, n.UnaryTests)
    return found


def _refused(field: Field, term: Term) -> Term:
    """Tell whether a value is none that a question allows."""
    if field.choices:
        known = [v.same(term, Constant(s.TEXT, option)) for option in field.choices]
        return v.joined("and", [v.opposite(v.missing(term)), v.opposite(v.joined("or", known))])
    bounds = [] if field.kind.counts else [(">", field.limit("max")), ("<", field.limit("min"))]
    beyond = [v.compared(sign, term, _constant(bound)) for sign, bound in bounds if bound is not None]
    return v.joined("or", beyond)


def _constant(value: Any) -> Term:
    if isinstance(value, date):
        return Constant(s.DATE, value.isoformat())
    if isinstance(value, int | Decimal):
        return v.number(Decimal(value))
    raise Reason("M335")


# ── picks ─────────────────────────────────────────────────────────────────────────────────────────


def _chain(table: _Table, rows: Sequence[_Row]) -> list[Term]:
    """Return the answers of the first row that is met."""
    found = list(table.otherwise)
    for row in reversed(rows):
        found = [v.chosen(row.met, yes, no) for yes, no in zip(row.answers, found, strict=True)]
    return found


def _first(table: _Table) -> list[Term]:
    return _chain(table, table.rows)


def _unique(table: _Table) -> list[Term]:
    found = _chain(table, table.rows)
    if all(not row.is_open for row in table.space.rows):
        return found  # the checks have told rows that are met together
    several = v.compared(">", _together([v.chosen(row.met, ONE, ZERO) for row in table.rows]), ONE)
    return [v.chosen(several, v.NULL, term) for term in found]


def _any(table: _Table) -> list[Term]:
    try:
        pairs = [(one.number - 1, other.number - 1) for one, other, _ in table.space.overlaps()]
    except TooLarge:
        raise Reason("M330", what="perguntar uma decisão any tão grande") from None
    is_sure = all(not row.is_open for row in table.space.rows)
    if not is_sure or any(table.rows[one].nodes != table.rows[other].nodes for one, other in pairs):
        raise Reason("M330", what="perguntar uma decisão any cujas linhas podem se contradizer")
    return _chain(table, table.rows)


def _priority(table: _Table) -> list[Term]:
    fields = [table.decision.outputs[name] for name in table.outputs]

    def rank(row: _Row) -> tuple[int, ...]:
        return tuple(_rank(list(field.choices), node) for field, node in zip(fields, row.nodes, strict=True))

    return _chain(table, sorted(table.rows, key=rank))


def _rank(options: list[str], node: n.Node) -> int:
    value = literal(node)
    if options and value is FREE:
        raise Reason("M330", what="perguntar uma decisão priority cujas respostas são contas")
    return options.index(value) if value in options else len(options)


def _extreme(*, highest: bool) -> Callable[[_Table], list[Term]]:
    def pick(table: _Table) -> list[Term]:
        values = [literal(row.nodes[0]) for row in table.rows]
        if any(value is None or value is FREE or isinstance(value, bool) for value in values):
            raise Reason("M330", what="perguntar uma decisão min ou max cujas respostas são contas")
        order = sorted(range(len(values)), key=lambda at: values[at], reverse=highest)
        return _chain(table, [table.rows[at] for at in order])

    return pick


def _sum(table: _Table) -> list[Term]:
    found = _together([v.chosen(row.met, row.answers[0], ZERO) for row in table.rows])
    some = v.joined("or", [row.met for row in table.rows])
    return [v.chosen(some, found, table.otherwise[0])]


def _count(table: _Table) -> list[Term]:
    return [_together([v.chosen(row.met, ONE, ZERO) for row in table.rows])]


def _together(terms: Sequence[Term]) -> Term:
    """Return the sum, added in pairs, so that it does not seem larger than it can be."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    found = arithmetic.calculated("+", _together(terms[:half]), _together(terms[half:]))
    if not found.shape.is_exact:
        raise Reason("M332", most=34)
    return found


_PICKS: dict[str, Callable[[_Table], list[Term]]] = {
    "unique": _unique, "any": _any, "first": _first, "priority": _priority, "sum": _sum, "count": _count,
    "min": _extreme(highest=False), "max": _extreme(highest=True),
}  # fmt: skip
