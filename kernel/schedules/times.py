"""This file says when a schedule falls due, by the clock and the calendar of its zone.

An hour that the clock leaves out comes as much later as the clock was put forward; one that comes twice
counts the first time. So every day that is meant has exactly one such instant.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metadata.schedule import DAY, LAST, MONTH, WEEK, WEEKDAYS, WORKING_DAY, Schedule
from metadata.values.moments import SITE_ZONE

LONGEST_DAYS = 800  # without a single day that is meant, none will come
SATURDAY = 5
ONE = timedelta(days=1)
Holidays = frozenset[date]


def after(schedule: Schedule, moment: datetime, holidays: Holidays) -> datetime | None:
    """Return the first instant behind a moment at which a schedule falls due."""
    zone = ZoneInfo(schedule.zone) if schedule.zone else SITE_ZONE
    at = time.fromisoformat(schedule.at)
    day = moment.astimezone(zone).date() - ONE
    for _ in range(LONGEST_DAYS):
        if is_meant(schedule, day, holidays):
            found = datetime.combine(day, at, zone).astimezone(UTC)
            if found > moment:
                return found
        day += ONE
    return None


def between(schedule: Schedule, begin: datetime, end: datetime, holidays: Holidays) -> Iterator[datetime]:
    """Yield the instants behind a moment up to another, that one included."""
    found = after(schedule, begin, holidays)
    while found is not None and found <= end:
        yield found
        found = after(schedule, found, holidays)


def is_meant(schedule: Schedule, day: date, holidays: Holidays) -> bool:
    """Tell whether a schedule falls due on a day."""
    if schedule.every == DAY:
        return True
    if schedule.every == WORKING_DAY:
        return _is_worked(day, holidays)
    if schedule.every == WEEK:
        return WEEKDAYS[day.weekday()] in schedule.on
    assert schedule.every == MONTH
    days = _days(schedule, day, holidays)
    return any(day == _one_of(days, text) for text in schedule.on)


def _days(schedule: Schedule, day: date, holidays: Holidays) -> list[date]:
    """Return the days of the month of a day that are counted."""
    length = monthrange(day.year, day.month)[1]
    days = [day.replace(day=number) for number in range(1, length + 1)]
    return days if schedule.count == "days" else [each for each in days if _is_worked(each, holidays)]


def _one_of(days: list[date], text: str) -> date | None:
    """Return the day of a month that is meant; beyond its end it is the last one."""
    if not days:
        return None
    return days[-1] if text == LAST else days[min(int(text), len(days)) - 1]


def _is_worked(day: date, holidays: Holidays) -> bool:
    return day.weekday() < SATURDAY and day not in holidays
