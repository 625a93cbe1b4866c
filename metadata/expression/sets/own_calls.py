"""This file makes terms of calls of the product's own built-ins that have a form for sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import reduce

from metadata.expression import kinds as k
from metadata.expression.sets import lengths
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Constant, Items, Parts, Span, Term
from metadata.values.numbering import WEIGHTS, ZERO_FOR_TEN_AND_ELEVEN, by_remainder_of, weights_of

Call = Callable[..., Term]
MOST_DRAWN = 10**12


def _plain(operation: str, shape: Shape) -> Call:
    return lambda *arguments: v.applied(operation, shape, *arguments)


def _coalesce(*values: Term) -> Term:
    """Return the first value that is there; those behind one that always is are never looked at."""
    if any(value.shape.kind == k.RECORD for value in values):
        return v.picked(values, _coalesce)
    if lengths.is_open(*values):
        return reduce(lambda found, value: v.chosen(v.missing(value), found, value), reversed(values))
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


def _check_digit(text: Term, weights: Term = v.NULL, remainders: Term = v.NULL) -> Term:
    """Return a modulo-11 check digit, with what each remainder gives written out."""
    used = WEIGHTS if v.is_null(weights) else _weights(weights)
    given = _given(remainders)
    if not used or given is None or v.is_null(text):
        return replace(v.NULL, shape=s.TEXT)
    digits = tuple(Constant(s.TEXT, given.get(rest, str(11 - rest))) for rest in range(11))
    numbers = tuple(v.number(Decimal(weight)) for weight in used)
    return Apply(s.TEXT, "mod11", (text, Items(s.LIST, numbers), Items(s.LIST, digits)))


def _weights(given: Term) -> tuple[int, ...]:
    """Return weights that are written as numbers and ranges."""
    pairs = []
    for item in given.items if isinstance(given, Items) else (given,):
        low, high = (item.low, item.high) if isinstance(item, Span) else (item, item)
        if not isinstance(low, Constant) or not isinstance(high, Constant):
            raise Reason("M333", what="os pesos")
        pairs.append((low.value, high.value))
    return weights_of(pairs)


def _given(remainders: Term) -> dict[int, str] | None:
    """Return what remainders give, as written."""
    if v.is_null(remainders):
        return dict(ZERO_FOR_TEN_AND_ELEVEN)
    values = remainders.values if isinstance(remainders, Parts) else (remainders,)
    if not isinstance(remainders, Parts) or not all(isinstance(each, Constant) for each in values):
        raise Reason("M333", what="o que cada resto dá")
    said = (each.value for each in values if isinstance(each, Constant))
    return by_remainder_of(dict(zip(remainders.names, said, strict=True)))


def _drawn(text: Term, below: Term) -> Term:
    """Return a number drawn by a text: never null for a text, where its bound is written and sound."""
    made = v.applied("drawn", s.number(below.shape.whole, 0), text, below)
    is_sound = (
        isinstance(below, Constant)
        and isinstance(below.value, Decimal)
        and 1 <= below.value <= MOST_DRAWN
        and below.shape.scale == 0
    )
    return made if is_sound else replace(made, shape=replace(made.shape, nullable=True))


def _business(operation: str, shape: Shape, given: int) -> Call:
    """Return a count of business days, with the holidays of the site; the calendar ends where it ends."""

    def call(*arguments: Term) -> Term:
        if len(arguments) > given and not v.is_null(arguments[given]):
            raise Reason("M333", what="a lista de feriados")
        made = v.applied(operation, shape, *arguments[:given])
        return replace(made, shape=replace(made.shape, nullable=True))

    return call


OWN_CALLS: dict[str, Call] = {
    "coalesce": _coalesce,
    "years between": _plain("years between", s.SMALL),
    "months between": _plain("months between", s.SMALL),
    "days between": lambda start, end: v.applied("day count", s.SMALL, end, start),
    "first day of month": _plain("first day of month", s.DATE),
    "first day of year": _plain("first day of year", s.DATE),
    "last day of year": _plain("last day of year", s.DATE),
    "is business day": _business("is business day", s.BOOLEAN, 1),
    "next business day": _business("next business day", s.DATE, 1),
    "add business days": _business("add business days", s.DATE, 2),
    "business days between": _business("business days between", s.SMALL, 2),
    "left": _sized("left"),
    "right": _sized("right"),
    "pad left": _padded("pad left"),
    "pad right": _padded("pad right"),
    "trim": _plain("trim", s.TEXT),
    "digits of": _plain("digits of", s.TEXT),
    "mod11": _check_digit,
    "drawn": _drawn,
}
