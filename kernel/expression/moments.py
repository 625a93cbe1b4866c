"""This file reads and writes dates, times, instants and lengths of time as ISO 8601 does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from kernel.expression.values import EXACT, Months

_DATE = re.compile(r"(-?\d{4,9})-(\d{2})-(\d{2})", re.ASCII)
_TIME = re.compile(
    r"(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d{2}):(\d{2})(?::(\d{2}))?|@([A-Za-z0-9_+/-]+))?",
    re.ASCII,
)
_DAYS = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{0,9}))?S)?)?", re.ASCII)
_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_ZONES = {name.lower(): name for name in available_timezones()}
FARTHEST = timedelta(hours=18)
_MICRO = Decimal("0.000001")
MAX_MONTHS = 12 * 10**10
MAX_LENGTH = timedelta(days=999_999_999)


def read_date(text: str) -> date | None:
    """Return the date of `2026-07-31`."""
    found = _DATE.fullmatch(text)
    return _date(found) if found else None


def _date(found: re.Match[str]) -> date | None:
    if len(found[1].lstrip("-")) > 4:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """Return the time of `10:30:00`, `10:30:00Z`, `10:30:00-03:00`, `10:30:00@America/Sao_Paulo`."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    micro = int((found[4] or "0")[:6].ljust(6, "0"))
    place = _zone(found)
    if place is False:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3]), micro, tzinfo=place or None)
    except ValueError:
        return None


def _zone(found: re.Match[str]) -> Any:
    """Return the zone, None where there is none, False where it is no zone."""
    if found[5]:
        return UTC
    if found[6]:
        length = timedelta(hours=int(found[7]), minutes=int(found[8]), seconds=int(found[9] or 0))
        if length > FARTHEST or int(found[8]) > 59:
            return False
        return offset_zone(-length if found[6] == "-" else length)
    return zone(found[10]) or False if found[10] else None


def zone(name: str) -> tzinfo | None:
    """Return the zone of a name such as America/Sao_Paulo."""
    known = _ZONES.get(name.lower())
    return ZoneInfo(known) if known else None


def offset_zone(length: timedelta) -> tzinfo:
    """Return the zone that is so far from UTC."""
    return timezone(length) if length else UTC


def read_instant(text: str) -> datetime | None:
    """Return the instant of `2026-07-31T10:30:00`, with any zone a time may have; midnight without a time."""
    day, separator, rest = text.partition("T")
    when = read_date(day)
    if when is None or not separator:
        return datetime(when.year, when.month, when.day) if when and not separator else None  # noqa: DTZ001
    if rest.startswith("24:00:00"):  # the end of a day is the beginning of the next
        when, rest = add_days(when, 1), rest.replace("24", "00", 1)
    at = read_time(rest)
    return None if at is None or when is None else datetime.combine(when, at)


def read_duration(text: str) -> timedelta | Months | None:
    """Return the length of `P1Y2M` or `P3DT4H5M6S`; the two kinds do not mix."""
    if text.rstrip("-P") == "" or text.endswith("T"):
        return None
    if found := _MONTHS.fullmatch(text):
        count = int(found[2] or 0) * 12 + int(found[3] or 0)
        return months(-count if found[1] else count)
    if not (found := _DAYS.fullmatch(text)):
        return None
    try:
        length = timedelta(
            days=int(found[2] or 0), hours=int(found[3] or 0), minutes=int(found[4] or 0),
            seconds=int(found[5] or 0), microseconds=int((found[6] or "0")[:6].ljust(6, "0")),
        )  # fmt: skip
    except OverflowError:
        return None
    return kept(-length if found[1] else length)


def kept(length: timedelta) -> timedelta | None:
    """Return a length, None where it is longer than lengths are, so that any has an opposite."""
    return length if abs(length) <= MAX_LENGTH else None


def months(count: int) -> Months | None:
    """Return a length of months, None where it is longer than lengths are."""
    return Months(count) if abs(count) <= MAX_MONTHS else None


def read(text: str) -> Any:
    """Return what an `@"…"` means, or None where it means nothing."""
    if "P" in text[:2]:
        return read_duration(text)
    if _DATE.match(text):
        return read_instant(text) if "T" in text else read_date(text)
    return read_time(text)


# ── writing ───────────────────────────────────────────────────────────────────────────────────────


def write(value: Any) -> str:
    """Return a date, time, instant or length as `read` reads it."""
    if isinstance(value, datetime):
        return f"{_day(value)}T{_clock(value)}"
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, time):
        return _clock(value)
    return _months(value.count) if isinstance(value, Months) else _length(value)


def _day(value: date) -> str:
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _clock(value: time | datetime) -> str:
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    place = value.tzinfo
    if place is None:
        return text
    if isinstance(place, ZoneInfo):
        return f"{text}@{place.key}"
    offset = place.utcoffset(None) or timedelta()
    return text + ("Z" if not offset else _offset(offset))


def _offset(length: timedelta) -> str:
    seconds = abs(int(length.total_seconds()))
    text = f"{'-' if length < timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def _months(count: int) -> str:
    years, months = divmod(abs(count), 12)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return f"{'-' if count < 0 else ''}P{text or '0M'}"


def _length(value: timedelta) -> str:
    size = abs(value)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    whole = f"{seconds}.{size.microseconds:06}".rstrip("0") if size.microseconds else f"{seconds}"
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{whole}S" if seconds or size.microseconds else ""
    text = (f"{size.days}D" if size.days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if value < timedelta() else ''}P{text or 'T0S'}"


# ── calendar arithmetic ───────────────────────────────────────────────────────────────────────────


def add_months(value: date, count: int) -> date | None:
    """Return the same day some months later; at the end of a shorter month, its last day."""
    place = value.year * 12 + value.month - 1 + count
    year, month = divmod(place, 12)
    if not 1 <= year <= 9999:
        return None
    return value.replace(year=year, month=month + 1, day=min(value.day, month_length(year, month + 1)))


def add_days(value: date, count: int) -> date | None:
    """Return the day some days later; None outside the calendar."""
    try:
        return value + timedelta(days=count)
    except OverflowError:
        return None


def month_length(year: int, month: int) -> int:
    """Return how many days a month has."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def months_between(start: date, end: date) -> int:
    """Return the whole months from one day to another, negative when the other comes first."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        return months - 1
    if months < 0 and end.day > start.day:
        return months + 1
    return months


def seconds(value: timedelta) -> Decimal:
    """Return a length in seconds, exact."""
    return Decimal(value.days) * 86400 + value.seconds + Decimal(value.microseconds).scaleb(-6)


def length(amount: Decimal) -> timedelta | None:
    """Return the length of so many seconds."""
    try:
        rounded = amount.quantize(_MICRO, ROUND_HALF_EVEN, EXACT)
        return kept(timedelta(microseconds=int(rounded.scaleb(6, EXACT))))
    except (OverflowError, InvalidOperation):
        return None


def days(start: Any, end: Any) -> list[date]:
    """Return every day from one to another, in either direction; nothing for other values."""
    if type(start) is not date or type(end) is not date:
        return []
    step = 1 if start <= end else -1
    return [date.fromordinal(day) for day in range(start.toordinal(), end.toordinal() + step, step)]
