"""This file compares values with written numbers; a rounded one by where rounding turns, without rounding it.

`decimal(a / b, 2) > 40` is `a >= 40.005 * b` for a positive b: the same answer for much less work.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from metadata.expression.sets import arithmetic
from metadata.expression.sets import values as v
from metadata.expression.sets.terms import Apply, Constant, Term

TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def compared(operator: str, left: Term, right: Term) -> Term:
    """Return a comparison by order, null where a side is."""
    found = None
    if _is_number(right):
        found = _rounded(operator, left, right)
    elif _is_number(left):
        found = _rounded(TURNED[operator], right, left)
    return v.compared(operator, left, right) if found is None else found


def _is_number(term: Term) -> bool:
    return isinstance(term, Constant) and isinstance(term.value, Decimal)


def _rounded(operator: str, term: Term, bound: Term) -> Term | None:
    """Return the comparison of a rounded number with a written one; None where it is no rounding."""
    assert isinstance(bound, Constant)
    if not isinstance(term, Apply):
        return None
    turn = _TURNS.get(term.operation.removeprefix("quotient "))
    if turn is None:
        return None
    size = Fraction(bound.value) * Fraction(10) ** term.places
    # The least result, in units of the last place, that is beyond the bound.
    least = floor(size) + 1 if operator in (">", "<=") else ceil(size)
    edge, is_in = turn(least)
    reached = ">=" if is_in else ">"
    limit = v.number(_decimal(edge, term.places))
    wanted = reached if operator in (">", ">=") else OPPOSITE[reached]
    if not term.operation.startswith("quotient "):
        return v.compared(wanted, term.arguments[0], limit)
    dividend, divisor = term.arguments
    return _quotient(wanted, dividend, divisor, limit)


def _decimal(units: Fraction, places: int) -> Decimal:
    """Return a number of units, which are whole or halves, of the last place."""
    return Decimal(f"{int(units * 10)}E{-places - 1}")


def _quotient(operator: str, left: Term, right: Term, limit: Term) -> Term | None:
    """Return how a quotient compares: as its dividend with so many divisors, turned for a negative one."""
    product = arithmetic.calculated("*", limit, right)
    if not isinstance(product, Constant) and not (isinstance(product, Apply) and product.operation == "*"):
        return None
    upwards, downwards = v.compared(operator, left, product), v.compared(TURNED[operator], left, product)
    zero = v.number(Decimal(0))
    if isinstance(right, Constant):
        return upwards if right.value > 0 else downwards
    below = v.chosen(v.compared("<", right, zero), downwards, v.UNKNOWN)
    return v.chosen(v.compared(">", right, zero), upwards, below)


HALF = Fraction(1, 2)
# Rounding → of a result, the least number that is rounded to it or beyond, and whether that number itself is.
_TURNS: dict[str, Callable[[int], tuple[Fraction, bool]]] = {
    "half even": lambda least: (least - HALF, least % 2 == 0),
    "half up": lambda least: (least - HALF, least > 0),
    "half down": lambda least: (least - HALF, least <= 0),
    "floor": lambda least: (Fraction(least), True),
    "ceiling": lambda least: (Fraction(least - 1), False),
    "down": lambda least: (Fraction(least), True) if least > 0 else (Fraction(least - 1), False),
    "up": lambda least: (Fraction(least - 1), False) if least > 0 else (Fraction(least), True),
}
