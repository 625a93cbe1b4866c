"""This file makes terms of calls of definitions: of functions, decisions and parameters.

A function stands in its place, a decision becomes chains of conditions, a parameter the first filled of its
cascade.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from metadata.decision import ALWAYS, Decision
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.definitions import AT, RECORD
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.expression.sets import calls, lengths
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.tables import answers
from metadata.expression.sets.terms import Bound, Constant, Parts, Setting, Term
from metadata.function import Function
from metadata.parameter import Parameter

if TYPE_CHECKING:
    from metadata.entity import Field
    from metadata.expression.define import Defined

TODAY = Bound(replace(s.DATE, nullable=False), "today")
Lowered: TypeAlias = Callable[[n.Node, Mapping[str, Term], Term | None], Term]
"""Makes the term of an expression that sees names with terms, and a record."""


def called(defined: Defined, name: str, given: dict[str, Term], here: Term | None, lower: Lowered) -> Term:
    """Return the term of a call with arguments by role; `here` is the record of the calling expression."""
    record = given.pop(RECORD, here)
    day = given.pop(AT, TODAY)
    if v.is_null(day):
        day = TODAY
    elif day is not TODAY:
        day = v.chosen(v.missing(v.scalar(day, b.DATE)), TODAY, day)
    model = defined.models[name]
    return _MAKERS[type(model)](model, given, record if model_of(model) else None, day, lower)


def model_of(model: Any) -> str:
    """Return the entity of a definition, if it has one."""
    return str(getattr(model, "of", ""))


def _function(
    model: Function, given: Mapping[str, Term], record: Term | None, day: Term, lower: Lowered
) -> Term:
    node = parse(model.is_)
    if isinstance(node, Fault):
        raise Reason("M335")
    return lower(node, given, record)


def _decision(
    model: Decision, given: Mapping[str, Term], record: Term | None, day: Term, lower: Lowered
) -> Term:
    def asked(node: n.Node, value: Term | None) -> Term:
        return lower(node, {**given, "?": value} if value is not None else given, None)

    found: dict[str, Term] = {}
    for since, text in model.versions.items():
        made = answers(model, text, given, asked)
        begins = v.TRUE if since == ALWAYS else v.compared(">=", day, _day(since))
        found = {
            name: term if begins == v.TRUE else v.chosen(begins, term, found.get(name, v.NULL))
            for name, term in made.items()
        }
    if len(found) == 1:
        return next(iter(found.values()))
    return Parts(s.CONTEXT, tuple(found), tuple(found.values()))


def _day(day: date) -> Term:
    return Constant(replace(s.DATE, nullable=False), day.isoformat())


def _parameter(
    model: Parameter, given: Mapping[str, Term], record: Term | None, day: Term, lower: Lowered
) -> Term:
    shape = s.of_field(model.type)
    if shape is None or shape.kind not in _SETTLED:
        raise Reason("M334", name=model.name, type=model.type.type)
    found = lengths.seen(Setting(replace(shape, nullable=True), model.name, day))
    if model.default:
        found = _filled(found, _default(model.type, model.default))
    for path in reversed(model.cascade):
        node = parse(path)
        assert isinstance(node, n.Node)
        found = _filled(lower(node, {}, record), found)
    return found


def _filled(term: Term, other: Term) -> Term:
    """Return the first of two that is filled."""
    return v.chosen(v.missing(term), other, term)


def _default(field: Field, text: str) -> Term:
    value = field.canonical(text)
    if isinstance(value, bool):
        return v.TRUE if value else v.FALSE
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, int | Decimal):
        return v.number(Decimal(value))
    said = Constant(replace(s.TEXT, nullable=False), str(value))
    return calls.CALLS["duration"](said) if field.type == "duration" else said


_SETTLED = frozenset((b.NUMBER, b.TEXT, b.BOOLEAN, b.DATE, b.DURATION))
_MAKERS: dict[type, Callable[..., Term]] = {
    Function: _function, Decision: _decision, Parameter: _parameter,
}  # fmt: skip
