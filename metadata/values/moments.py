"""This file reads and prints dates, months, times and instants; plain dates never pass through UTC.

`now` is always an aware instant in the zone of the site: it gives today, this year and the zone.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metadata.problems import Refused

SITE_ZONE = ZoneInfo("America/Sao_Paulo")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?")
_BARE = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_SHIFT = re.compile(r"([+-])(\d{1,4})")
_MONTH = re.compile(r"(\d{1,2})/?(\d{4})")
_ISO_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-01)?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:h](\d{2})?)?(?::(\d{2}))?")
_BARE_CLOCK = re.compile(r"(\d{2})(\d{2})")


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


NEXT_YEARS = 1
FAR_YEARS = 20
"""A year of two digits is this century's until next year, the last century's from 21 years ahead on."""

_DAYS: dict[str, Callable[[date], date]] = {"h": lambda day: day, "hoje": lambda day: day, "fm": _month_end}


def parse_date(text: str, now: datetime) -> date | Refused:
    """Read 05/11/2026, 5/11, 05112026, 2026-11-05, h (today), +7, -3 or fm (end of this month).

    A year of two digits is refused with both readings: files and programs must not be guessed at. What a
    person types goes through `in_full` before.
    """
    word = text.strip().lower()
    today = now.date()
    if word in _DAYS:
        return _DAYS[word](today)
    if shift := _SHIFT.fullmatch(word):
        return _shifted(today, int(shift[1] + shift[2]), text)
    if iso := _ISO.fullmatch(word):
        return _date(int(iso[1]), int(iso[2]), int(iso[3]), text)
    match = _BARE.fullmatch(word) or _SLASHED.fullmatch(word)
    if not match:
        return Refused("R120", {"text": text})
    day, month, year = match.groups()
    if year is not None and len(year) == 2:
        return Refused(
            "R121",
            {
                "text": text,
                "one": f"{day}/{month}/19{year}",
                "two": f"{day}/{month}/20{year}",
            },
        )
    return _date(int(year) if year else today.year, int(month), int(day), text)


def in_full(text: str, now: datetime) -> str:
    """Write the year of a typed date in full where its century is clear: 010126, 1/1/26 become 1/1/2026.

    In 2026, 00 to 27 are 2000 to 2027, and 47 to 99 are 1947 to 1999. From 28 to 46 both are likely, a
    birth or the end of a contract: the text stays as it is, and `parse_date` tells the two readings.
    """
    day_text, space, rest = text.strip().partition(" ")
    match = _BARE.fullmatch(day_text) or _SLASHED.fullmatch(day_text)
    if not match or len(match[3] or "") != 2:
        return text
    year = now.year - now.year % 100 + int(match[3])
    if now.year + NEXT_YEARS < year <= now.year + FAR_YEARS:
        return text
    return f"{match[1]}/{match[2]}/{year if year <= now.year + NEXT_YEARS else year - 100}{space}{rest}"


def _shifted(today: date, days: int, text: str) -> date | Refused:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return Refused("R120", {"text": text})


def _date(year: int, month: int, day: int, text: str) -> date | Refused:
    try:
        return date(year, month, day)
    except ValueError:
        return Refused("R122", {"text": text})


def print_date(value: date) -> str:
    """Write 05/11/2026."""
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def parse_month(text: str, now: datetime) -> date | Refused:
    """Read 11/2026, 112026, 2026-11 or h (this month) as the first day of the month."""
    word = text.strip().lower()
    if word in ("h", "hoje"):
        return now.date().replace(day=1)
    if iso := _ISO_MONTH.fullmatch(word):
        return _month(int(iso[1]), int(iso[2]), text)
    if match := _MONTH.fullmatch(word):
        return _month(int(match[2]), int(match[1]), text)
    return Refused("R123", {"text": text})


def _month(year: int, month: int, text: str) -> date | Refused:
    found = _date(year, month, 1, text)
    return Refused("R123", {"text": text}) if isinstance(found, Refused) else found


def print_month(value: date) -> str:
    """Write 11/2026."""
    return f"{value.month:02d}/{value.year:04d}"


def parse_time(text: str) -> time | Refused:
    """Read 14:30, 1430, 14h30, 14h or 8."""
    word = text.strip().lower()
    match = _BARE_CLOCK.fullmatch(word) or _CLOCK.fullmatch(word)
    if not match:
        return Refused("R124", {"text": text})
    hour, minute, second = (int(part or 0) for part in (*match.groups(), None, None)[:3])
    try:
        return time(hour, minute, second)
    except ValueError:
        return Refused("R124", {"text": text})


def print_time(value: time) -> str:
    """Write 14:30, with seconds only where there are any."""
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


def parse_instant(text: str, now: datetime) -> datetime | Refused:
    """Read a date and a time in the zone of the site, or a full ISO instant; `h` is now."""
    word = text.strip()
    if word.lower() in ("h", "hoje", "agora"):
        return now.astimezone(UTC).replace(microsecond=0)
    if "T" in word:
        return _iso_instant(word, now)
    day_text, _, clock_text = word.partition(" ")
    day = parse_date(day_text, now)
    clock = parse_time(clock_text) if clock_text.strip() else time(0, 0)
    if isinstance(day, Refused):
        return day
    if isinstance(clock, Refused):
        return clock
    return _to_utc(datetime.combine(day, clock, tzinfo=now.tzinfo), text)


def _iso_instant(word: str, now: datetime) -> datetime | Refused:
    try:
        instant = datetime.fromisoformat(word)
    except ValueError:
        return Refused("R125", {"text": word})
    return _to_utc(instant if instant.tzinfo else instant.replace(tzinfo=now.tzinfo), word)


def _to_utc(instant: datetime, text: str) -> datetime | Refused:
    try:
        return instant.astimezone(UTC)
    except (OverflowError, ValueError):
        return Refused("R125", {"text": text})


def print_instant(value: datetime, zone: ZoneInfo = SITE_ZONE) -> str:
    """Write 05/11/2026 14:30 in the zone of the site."""
    try:
        local = value.astimezone(zone)
    except OverflowError:
        local = value
    return f"{print_date(local.date())} {print_time(local.time().replace(microsecond=0))}"
