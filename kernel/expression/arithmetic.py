"""This file is the table of arithmetic: for each operator and pair of types, what comes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal, DecimalException
from typing import Any

from kernel.expression import moments
from kernel.expression.values import EXACT, Months, seconds_of

Operation = Callable[[Any, Any], Any]
DAY = timedelta(days=1)
MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 (a clock without a place)


def exactly(work: Callable[[], Decimal]) -> Decimal | None:
    """Return the result of decimal work, or None where it has none (division by zero, too large)."""
    try:
        made = work()
    except DecimalException:
        return None
    return made if made.is_finite() else None


def _numbers(operation: Callable[[Decimal, Decimal], Decimal]) -> Operation:
    return lambda left, right: exactly(lambda: operation(left, right))


def _within(operation: Operation) -> Operation:
    """Let what leaves the calendar have no value."""

    def work(left: Any, right: Any) -> Any:
        try:
            return operation(left, right)
        except (OverflowError, ValueError, DecimalException):
            return None

    return work


def _swapped(operation: Operation) -> Operation:
    return lambda left, right: operation(right, left)


def later(value: Any, length: timedelta | Months) -> Any:
    """Return a date, instant or time some length later; a date stays a date."""
    if isinstance(length, Months):
        return moments.add_months(value, length.count)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value + length
        return (value.astimezone(UTC) + length).astimezone(value.tzinfo)
    if isinstance(value, date):
        return value + timedelta(days=length // DAY)
    after = (seconds_of(value) + length) % DAY
    return (MIDNIGHT + after).time().replace(tzinfo=value.tzinfo)


def _earlier(value: Any, length: timedelta | Months) -> Any:
    return later(value, Months(-length.count) if isinstance(length, Months) else -length)


def _apart(left: Any, right: Any) -> timedelta | None:
    """Return how long after the other a moment is; a date counts as its midnight in UTC."""
    left, right = (_instant(value) for value in (left, right))
    return left - right if (left.tzinfo is None) == (right.tzinfo is None) else None


def _instant(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)


def _times_apart(left: time, right: time) -> timedelta | None:
    offsets = left.utcoffset(), right.utcoffset()
    if (offsets[0] is None) != (offsets[1] is None):
        return None
    length = seconds_of(left) - seconds_of(right)
    return length if offsets[0] is None or offsets[1] is None else length - offsets[0] + offsets[1]


def _scaled(length: timedelta, factor: Decimal) -> timedelta | None:
    return moments.length(EXACT.multiply(moments.seconds(length), factor))


def _months_scaled(length: Months, factor: Decimal) -> Months | None:
    return moments.months(int(EXACT.multiply(Decimal(length.count), factor).to_integral_value(ROUND_DOWN)))


def _divided(length: timedelta, divisor: Decimal) -> timedelta | None:
    return moments.length(EXACT.divide(moments.seconds(length), divisor))


def _months_divided(length: Months, divisor: Decimal) -> Months | None:
    return moments.months(int(EXACT.divide(Decimal(length.count), divisor).to_integral_value(ROUND_DOWN)))


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    return EXACT.power(base, exponent)


def _table() -> dict[str, dict[tuple[type, type], Operation]]:
    add: dict[tuple[type, type], Operation] = {
        (Decimal, Decimal): _numbers(EXACT.add),
        (str, str): lambda left, right: left + right,
        (timedelta, timedelta): _within(lambda left, right: moments.kept(left + right)),
        (Months, Months): lambda left, right: moments.months(left.count + right.count),
        (time, timedelta): later,
        (timedelta, time): _swapped(later),
    }
    subtract: dict[tuple[type, type], Operation] = {
        (Decimal, Decimal): _numbers(EXACT.subtract),
        (timedelta, timedelta): _within(lambda left, right: moments.kept(left - right)),
        (Months, Months): lambda left, right: moments.months(left.count - right.count),
        (time, time): _times_apart,
        (time, timedelta): _earlier,
    }
    for moment in (date, datetime):
        subtract |= {(moment, other): _within(_apart) for other in (date, datetime)}
        for length in (timedelta, Months):
            add[moment, length], add[length, moment] = _within(later), _within(_swapped(later))
            subtract[moment, length] = _within(_earlier)
    multiply: dict[tuple[type, type], Operation] = {
        (Decimal, Decimal): _numbers(EXACT.multiply),
        (timedelta, Decimal): _within(_scaled),
        (Decimal, timedelta): _within(_swapped(_scaled)),
        (Months, Decimal): _within(_months_scaled),
        (Decimal, Months): _within(_swapped(_months_scaled)),
    }
    divide: dict[tuple[type, type], Operation] = {
        (Decimal, Decimal): _numbers(EXACT.divide),
        (timedelta, Decimal): _within(_divided),
        (Months, Decimal): _within(_months_divided),
        (timedelta, timedelta): _within(lambda a, z: EXACT.divide(moments.seconds(a), moments.seconds(z))),
        (Months, Months): _within(
            lambda left, right: EXACT.divide(Decimal(left.count), Decimal(right.count))
        ),
    }
    return {"+": add, "-": subtract, "*": multiply, "/": divide, "**": {(Decimal, Decimal): _numbers(_power)}}


def _operator(table: dict[tuple[type, type], Operation]) -> Operation:
    def work(left: Any, right: Any) -> Any:
        operation = table.get((type(left), type(right)))
        return operation(left, right) if operation else None

    return work


ARITHMETIC: dict[str, Operation] = {sign: _operator(table) for sign, table in _table().items()}


def negated(value: Any) -> Any:
    """Return a number or length with the other sign; None for anything else."""
    if isinstance(value, Decimal):
        return value.copy_negate() if value else value
    if isinstance(value, timedelta):
        return -value
    return Months(-value.count) if isinstance(value, Months) else None
