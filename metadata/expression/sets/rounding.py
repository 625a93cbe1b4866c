"""This file makes terms of rounded numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.terms import Apply, Constant, Term

MOST_PLACES = 500


def _places(scale: Term) -> int:
    if not isinstance(scale, Constant) or not isinstance(scale.value, Decimal):
        raise Reason("M333", what="o número de casas")
    places = int(scale.value)
    if abs(places) > MOST_PLACES:
        raise Reason("M332", most=s.MOST_DIGITS)
    return places


_WHOLE = v.number(Decimal(0))


def rounding(mode: str) -> Callable[..., Term]:
    """Return a rounding; of a quotient in one go, where that cannot make a difference."""

    def call(value: Term, scale: Term = _WHOLE) -> Term:
        if v.is_null(scale):
            return v.NULL
        places = _places(scale)
        shape = value.shape
        if v.is_null(value) or shape.scale <= places:
            return value
        made = s.number(shape.whole + 1, places, nullable=shape.nullable)
        if isinstance(value, Apply) and value.operation == "/" and places >= 0:
            left, right = (argument.shape for argument in value.arguments)
            if s.rounds_once(left, right, places):
                return v.held(Apply(made, f"quotient {mode}", value.arguments, places))
        return v.held(Apply(made, mode, (value,), places))

    return call
