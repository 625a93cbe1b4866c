"""Built-ins over numbers: rounding, remainders, roots. All exact to 34 digits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any

from kernel.expression.arithmetic import exactly
from kernel.expression.functions.registry import builtin
from kernel.expression.values import EXACT, Months

MOST_SCALE = 6176
WIDE = Context(prec=6200, rounding=ROUND_HALF_EVEN)


def rounded(value: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    """Return a number with so many digits after the point; None for a scale that is out of bounds."""
    places = int(scale)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places <= MOST_SCALE:
        return value
    if not -6111 <= places <= MOST_SCALE or value.adjusted() + places > 6100:
        return None
    return exactly(lambda: EXACT.plus(value.quantize(Decimal(1).scaleb(-places), rounding, context=WIDE)))


def _rounding(rounding: str) -> Callable[..., Decimal | None]:
    return lambda value, scale=Decimal(0): rounded(value, scale, rounding)


for _name, _rule in (
    ("decimal", ROUND_HALF_EVEN),
    ("floor", ROUND_FLOOR),
    ("ceiling", ROUND_CEILING),
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
):
    builtin(_name)(_rounding(_rule))


@builtin("abs")
def _abs(value: Any) -> Any:
    if isinstance(value, Months):
        return Months(abs(value.count))
    if isinstance(value, Decimal):
        return value.copy_abs()  # abs() would round to the digits of Python's own context
    return abs(value) if isinstance(value, timedelta) else None


@builtin("modulo")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return dividend − divisor × floor(dividend ÷ divisor): the sign is the divisor's."""

    def work() -> Decimal:
        rest = WIDE.remainder(dividend, divisor)
        return EXACT.plus(WIDE.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest)

    return exactly(work)


@builtin("sqrt")
def _sqrt(value: Decimal) -> Decimal | None:
    return exactly(lambda: EXACT.sqrt(value))


@builtin("log")
def _log(value: Decimal) -> Decimal | None:
    return exactly(lambda: EXACT.ln(value)) if value > 0 else None


@builtin("exp")
def _exp(value: Decimal) -> Decimal | None:
    return exactly(lambda: EXACT.exp(value))


@builtin("odd")
def _odd(value: Decimal) -> bool | None:
    return _last(value) != 0 if value == value.to_integral_value() else None


@builtin("even")
def _even(value: Decimal) -> bool | None:
    return _last(value) == 0 if value == value.to_integral_value() else None


def _last(value: Decimal) -> Decimal:
    return WIDE.remainder(value, Decimal(2))
