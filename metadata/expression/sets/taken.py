"""This file makes the term of what a field takes of an expression's value: rounded to it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from metadata.expression import builtins as b
from metadata.expression.sets import calls, lengths
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.terms import Term

if TYPE_CHECKING:
    from metadata.entity import Field


def taken(term: Term, field: Field) -> Term:
    """Return the value that a field takes; what is of another kind or too large is nothing."""
    take = _TAKEN.get(field.kind.storage)
    if field.type == "duration":
        return term if v.is_null(term) or term.shape.kind in lengths.KINDS else _refused(field)
    if take is None:
        raise Reason("M334", name=field.name, type=field.type)
    return term if v.is_null(term) else take(term, field)


def _of(kind: str) -> Callable[[Term, Field], Term]:
    return lambda term, field: term if term.shape.kind == kind else _refused(field)


def _refused(field: Field) -> Term:
    raise Reason("M334", name=field.name, type=field.type)


def _number(term: Term, whole: int, scale: int) -> Term:
    rounded = calls.CALLS["decimal"](v.scalar(term, b.NUMBER), v.number(Decimal(scale)))
    if rounded.shape.whole <= whole:
        return rounded
    size = calls.CALLS["abs"](rounded)
    return v.chosen(v.compared("<", size, v.number(Decimal(10) ** whole)), rounded, v.NULL)


def _integer(term: Term, field: Field) -> Term:
    rounded = calls.CALLS["decimal"](v.scalar(term, b.NUMBER), v.number(Decimal(0)))
    if rounded.shape.whole < s.WHOLE_DIGITS:
        return rounded
    size = calls.CALLS["abs"](rounded)
    return v.chosen(v.compared("<", size, v.number(Decimal(2**63))), rounded, v.NULL)


def _date(term: Term, field: Field) -> Term:
    day = _of(b.DATE)(term, field)
    return calls.CALLS["first day of month"](day) if field.type == "month" else day


_TAKEN: dict[str, Callable[[Term, Field], Term]] = {
    "numeric": lambda term, field: _number(term, field.precision - field.scale, field.scale),
    "bigint": _integer,
    "text": _of(b.TEXT),
    "boolean": _of(b.BOOLEAN),
    "date": _date,
    "time": _of(b.TIME),
    "timestamptz": _of(b.INSTANT),
}
