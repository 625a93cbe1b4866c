"""This file makes terms of calls of the product's own built-ins that have a form for sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from metadata.expression import kinds as k
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Constant, Term

Call = Callable[..., Term]


def _plain(operation: str, shape: Shape) -> Call:
    return lambda *arguments: v.applied(operation, shape, *arguments)


def _coalesce(*values: Term) -> Term:
    """Return the first value that is there; those behind one that always is are never looked at."""
    if any(value.shape.kind == k.RECORD for value in values):
        return v.picked(values, _coalesce)
    open_ones: list[Term] = []
    for value in values:
        if v.is_null(value):
            continue
        open_ones.append(v.scalar(value))
        if not value.shape.nullable:
            break
    if len(open_ones) < 2:
        return open_ones[0] if open_ones else v.NULL
    if len({value.shape.kind for value in open_ones}) > 1:
        raise Reason("M335")
    shape = open_ones[0].shape
    for value in open_ones[1:]:
        shape = s.wider(shape, value.shape)
    nullable = all(value.shape.nullable for value in open_ones)
    return Apply(replace(shape, nullable=nullable), "coalesce", tuple(open_ones))


def _sized(operation: str) -> Call:
    def call(text: Term, length: Term) -> Term:
        made = v.applied(operation, s.TEXT, text, length)
        return replace(made, shape=s.TEXT)

    return call


def _padded(operation: str) -> Call:
    """Return a filling; the filler is one written character, a blank where it is left out or null."""

    def call(text: Term, length: Term, filler: Term = v.NULL) -> Term:
        if not isinstance(filler, Constant):
            raise Reason("M333", what="o caractere que preenche")
        sign = " " if filler.value is None else str(filler.value)
        if len(sign) != 1:
            return v.NULL
        made = v.applied(operation, s.TEXT, text, length, Constant(replace(s.TEXT, nullable=False), sign))
        return replace(made, shape=s.TEXT)

    return call


OWN_CALLS: dict[str, Call] = {
    "coalesce": _coalesce,
    "years between": _plain("years between", s.SMALL),
    "months between": _plain("months between", s.SMALL),
    "days between": lambda start, end: v.applied("day count", s.SMALL, end, start),
    "first day of month": _plain("first day of month", s.DATE),
    "first day of year": _plain("first day of year", s.DATE),
    "last day of year": _plain("last day of year", s.DATE),
    "left": _sized("left"),
    "right": _sized("right"),
    "pad left": _padded("pad left"),
    "pad right": _padded("pad right"),
    "trim": _plain("trim", s.TEXT),
    "digits of": _plain("digits of", s.TEXT),
}
