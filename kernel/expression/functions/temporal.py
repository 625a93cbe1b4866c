"""Built-ins over dates, times and lengths of time; what day it is comes from the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kernel.expression import moments
from kernel.expression.functions.registry import builtin
from kernel.expression.scope import Run
from kernel.expression.values import Months

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@builtin("date", 0)
def as_date(source: Any) -> date | None:
    """Return the date of a text, an instant or a date."""
    if isinstance(source, str):
        return moments.read_date(source)
    return day_of(source)


def day_of(value: Any) -> date | None:
    """Return the day of a date or instant."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


@builtin("date", 1)
def _date(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


@builtin("time", 0)
def _time(source: Any) -> time | None:
    if isinstance(source, str):
        return moments.read_time(source)
    if isinstance(source, datetime):
        return source.timetz()
    if isinstance(source, date):
        return time(tzinfo=UTC)
    return source if isinstance(source, time) else None


@builtin("time", 1, nullable=("offset",))
def _time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None) -> time | None:
    place = None
    if offset is not None:
        if abs(offset) > moments.FARTHEST:
            return None
        place = moments.offset_zone(offset)
    try:
        whole = int(second)
        micro = int((second - whole).scaleb(6))
        return time(int(hour), int(minute), whole, micro, tzinfo=place)
    except (ValueError, OverflowError):
        return None


@builtin("date and time", 0)
def _instant(source: Any) -> datetime | None:
    if isinstance(source, str):
        return moments.read_instant(source)
    if isinstance(source, datetime):
        return source
    return datetime(source.year, source.month, source.day, tzinfo=UTC) if isinstance(source, date) else None


@builtin("date and time", 1)
def _instant_of(day: Any, at: time) -> datetime | None:
    when = day_of(day)
    return datetime.combine(when, at) if when else None


@builtin("date and time", 2)
def _instant_in(instant: datetime, place: str) -> datetime | None:
    there = moments.zone(place)
    if there is None:
        return None
    return instant.astimezone(there) if instant.tzinfo else instant.replace(tzinfo=there)


@builtin("date and time", 3, 4, nullable=("offset",))
def _instant_parts(*parts: Any) -> datetime | None:
    day = _date(*parts[:3])
    offset = parts[6] if len(parts) > 6 else None
    if isinstance(offset, str):
        place = moments.zone(offset)
        at = _time_of(*parts[3:6])
        return datetime.combine(day, at, tzinfo=place) if day and at and place else None
    at = _time_of(*parts[3:6], offset) if offset is None or isinstance(offset, timedelta) else None
    return datetime.combine(day, at) if day and at else None


@builtin("duration")
def _duration(source: str) -> Any:
    return moments.read_duration(source)


@builtin("years and months duration")
def _months(start: Any, end: Any) -> Months | None:
    first, last = day_of(start), day_of(end)
    return Months(moments.months_between(first, last)) if first and last else None


@builtin("now", needs_run=True)
def _now(run: Run) -> datetime:
    return run.now


@builtin("today", needs_run=True)
def _today(run: Run) -> date:
    return run.now.date()


def _of_day(name: str, read: Callable[[date], Any]) -> None:
    def work(value: Any) -> Any:
        day = day_of(value)
        return None if day is None else read(day)

    builtin(name)(work)


_of_day("day of year", lambda day: Decimal(day.timetuple().tm_yday))
_of_day("day of week", lambda day: DAYS[day.weekday()])
_of_day("month of year", lambda day: MONTHS[day.month - 1])
_of_day("week of year", lambda day: Decimal(day.isocalendar().week))
_of_day("last day of month", lambda day: day.replace(day=moments.month_length(day.year, day.month)))
