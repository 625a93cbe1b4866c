"""Built-ins that count on the calendar: completed years, ends of months and years, business days.

A business day is Monday to Friday and no holiday. The holidays are those of the last argument, or those of
the run; where neither says them there is no value, because due dates that ignore holidays are wrong quietly.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from kernel.expression import moments
from kernel.expression.functions.registry import Unanswered, builtin
from kernel.expression.scope import Run

MAX_BUSINESS_DAYS = 50_000
SATURDAY = 5


@builtin("years between")
def _years(start: date, end: date) -> Decimal:
    """Return the completed years; of who was born on 29 February they complete on 1 March."""
    months = moments.months_between(start, end)
    return Decimal(months // 12 if months >= 0 else -(-months // 12))


builtin("months between")(lambda start, end: Decimal(moments.months_between(start, end)))
builtin("days between")(lambda start, end: Decimal((end - start).days))
builtin("first day of month")(lambda day: day.replace(day=1))
builtin("first day of year")(lambda day: day.replace(month=1, day=1))
builtin("last day of year")(lambda day: day.replace(month=12, day=31))


# ── business days ─────────────────────────────────────────────────────────────────────────────────


BUSINESS = {"is business day": 1, "next business day": 1, "add business days": 2, "business days between": 2}


def _counting(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a built-in whose work takes the run and the holidays before its arguments."""
    given = BUSINESS[name]

    def register(work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(run: Run, *arguments: Any) -> Any:
            own = arguments[given] if len(arguments) > given else None
            holidays = run.days_off() if own is None else _days(own)
            if holidays is None:
                return Unanswered("R209") if own is None else None
            return work(run, holidays, *arguments[:given])

        return builtin(name, nullable=("holidays",), needs_run=True)(counted)

    return register


def _days(given: list[Any]) -> frozenset[date] | None:
    """Return the days of a list; empty ones say nothing, anything but a day makes it no list of holidays."""
    days = [day for day in given if day is not None]
    return None if any(type(day) is not date for day in days) else frozenset(days)


def _works(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


@_counting("is business day")
def _is_business_day(run: Run, holidays: frozenset[date], day: date) -> bool:
    return _works(day, holidays)


@_counting("next business day")
def _next_business_day(run: Run, holidays: frozenset[date], day: date) -> date | None:
    """Return the day itself when work is done on it, else the first one after it."""
    found: date | None = day
    while found is not None and not _works(found, holidays):
        run.step()
        found = moments.add_days(found, 1)
    return found


@_counting("add business days")
def _add_business_days(run: Run, holidays: frozenset[date], day: date, count: Decimal) -> date | None:
    """Return the nth business day after a day, or before it; none more is the day itself."""
    if count != count.to_integral_value() or abs(count) > MAX_BUSINESS_DAYS:
        return None
    left, step = abs(int(count)), 1 if count > 0 else -1
    found: date | None = day
    while found is not None and left:
        run.step()
        found = moments.add_days(found, step)
        left -= found is not None and _works(found, holidays)
    return found


@_counting("business days between")
def _business_days_between(run: Run, holidays: frozenset[date], start: date, end: date) -> Decimal:
    """Return the business days after one day up to another: what `add business days` has to add."""
    if end < start:
        return -_business_days(holidays, end, start, first=0)
    return _business_days(holidays, start, end, first=1)


def _business_days(holidays: frozenset[date], start: date, end: date, first: int) -> Decimal:
    """Count without going through the days; `first` 1 leaves the start out, 0 the end."""
    begin, behind = start.toordinal() + first, end.toordinal() + first
    weeks, rest = divmod(behind - begin, 7)
    weekday = (begin - 1) % 7  # the first day of the calendar is a Monday
    count = weeks * 5 + sum((weekday + place) % 7 < SATURDAY for place in range(rest))
    lost = sum(begin <= day.toordinal() < behind and day.weekday() < SATURDAY for day in holidays)
    return Decimal(count - lost)
