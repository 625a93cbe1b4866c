"""This file is the table of what a path reaches on values: parts of dates and lengths, ends of ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kernel.expression.values import Months, Range


def property_of(value: Any, name: str) -> Any:
    """Return a key of a context or a part of a value; None where it has no such part."""
    if isinstance(value, dict):
        return value.get(name)
    part = _PARTS.get(type(value), {}).get(name)
    return part(value) if part else None


def _number(read: Callable[[Any], int]) -> Callable[[Any], Decimal]:
    return lambda value: Decimal(read(value))


def _offset(value: time | datetime) -> timedelta | None:
    return value.utcoffset()


def _timezone(value: time | datetime) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _part(size: int, within: int) -> Callable[[timedelta], Decimal]:
    """Return the reader of one part of a length, with the sign of the whole."""

    def read(value: timedelta) -> Decimal:
        found = abs(value) // timedelta(seconds=size)
        found = found % within if within else found
        return Decimal(-found if value < timedelta() else found)

    return read


def _months(value: Months, *, years: bool) -> Decimal:
    whole, rest = divmod(abs(value.count), 12)
    found = whole if years else rest
    return Decimal(-found if value.count < 0 else found)


_DAY: dict[str, Callable[[Any], Any]] = {
    "year": _number(lambda value: value.year),
    "month": _number(lambda value: value.month),
    "day": _number(lambda value: value.day),
    "weekday": _number(lambda value: value.isoweekday()),
}
_CLOCK: dict[str, Callable[[Any], Any]] = {
    "hour": _number(lambda value: value.hour),
    "minute": _number(lambda value: value.minute),
    "second": _number(lambda value: value.second),
    "time offset": _offset,
    "timezone": _timezone,
}
_PARTS: dict[type, dict[str, Callable[[Any], Any]]] = {
    date: _DAY,
    time: _CLOCK,
    datetime: _DAY | _CLOCK,
    timedelta: {
        "days": _part(86400, 0),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _part(1, 60),
    },
    Months: {
        "years": lambda value: _months(value, years=True),
        "months": lambda value: _months(value, years=False),
    },
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_closed,
        "end included": lambda value: value.high_closed,
    },
}
