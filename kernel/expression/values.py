"""This file says what values expressions work with, when two are equal, and which comes first.

Numbers are Decimal, texts str, booleans bool, dates date, times time, instants datetime, lengths of time
timedelta (days and smaller) or Months, lists list, contexts dict, null None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from metadata.expression import builtins as b

EXACT = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
FUNCTION = "function"
ABSENT = object()


class Record(dict[str, Any]):
    """A record as expressions see it: its values by field, those that are computed when first asked for.

    entity, id: which record it is; id is None for one that is not saved yet.
    lazy: field → what works out its value.
    """

    __slots__ = ("entity", "id", "lazy")

    def __init__(self, entity: str, id: int | None) -> None:
        super().__init__(id=None if id is None else Decimal(id))
        self.entity, self.id = entity, id
        self.lazy: Mapping[str, Callable[[Record], Any]] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, worked out where it has to be."""
        found = super().get(name, ABSENT)
        if found is not ABSENT:
            return found
        make = self.lazy.get(name)
        if make is None:
            return default
        self[name] = None  # whatever asks for it meanwhile goes in a circle, which has no value
        self[name] = found = make(self)
        return found

    def is_same(self, other: Record) -> bool:
        """Tell whether both are the same record."""
        return self is other or (self.id is not None and (self.entity, self.id) == (other.entity, other.id))


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A length of time in whole months."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    """All values between two bounds; a bound that is None leaves its side free."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool

    def holds(self, value: Any) -> bool | None:
        """Tell whether a value lies within; None where it cannot be compared with a bound."""
        above = True if self.low is None else compared(">=" if self.low_closed else ">", value, self.low)
        below = True if self.high is None else compared("<=" if self.high_closed else "<", value, self.high)
        if above is None or below is None:
            return None
        return above and below


@dataclass(frozen=True, slots=True)
class Callee:
    """A function as a value; parameters have names and types as written."""

    parameters: tuple[tuple[str, Any], ...]
    call: Callable[[Sequence[Any]], Any]
    name: str = ""


_KINDS: dict[type, str] = {
    Decimal: b.NUMBER, str: b.TEXT, bool: b.BOOLEAN, date: b.DATE, time: b.TIME, datetime: b.INSTANT,
    timedelta: b.DAYS, Months: b.MONTHS, list: b.LIST, dict: b.CONTEXT, Record: b.CONTEXT,
    Range: b.RANGE, Callee: FUNCTION, type(None): "null",
}  # fmt: skip


def kind(value: Any) -> str:
    """Return the name of a value's type."""
    return _KINDS[type(value)]


def feel(value: Any) -> Any:
    """Return a value of a record or a document as expressions see it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, tuple):
        return [feel(item) for item in value]
    return value


# ── equality and order ────────────────────────────────────────────────────────────────────────────


def equal(left: Any, right: Any) -> bool | None:
    """Tell whether two values are equal; None where they are of different kinds."""
    if left is None or right is None:
        return left is right
    if type(left) is not type(right):
        return None
    if isinstance(left, list):
        return _same_lists(left, right)
    if isinstance(left, dict):
        return left.is_same(right) if isinstance(left, Record) else _same_contexts(left, right)
    if isinstance(left, time | datetime):
        return _moment(left) == _moment(right)
    return None if isinstance(left, Callee) else bool(left == right)


def _same_contexts(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(
        equal(value, right[key]) is True for key, value in left.items()
    )


def _same_lists(left: list[Any], right: list[Any]) -> bool | None:
    if len(left) != len(right):
        return False
    found = [equal(one, other) for one, other in zip(left, right, strict=True)]
    return None if None in found and False not in found else all(found)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_ORDERED = frozenset((Decimal, str, date, time, datetime, timedelta, Months))


def compared(operator: str, left: Any, right: Any) -> bool | None:
    """Compare two values; None where one is null, or they have no common order."""
    if type(left) is not type(right) or type(left) not in _ORDERED:
        return None
    if isinstance(left, time | datetime):
        left, right = _moment(left), _moment(right)
        if left[0] != right[0]:
            return None
    return _ORDER[operator](left, right)


def _moment(value: time | datetime) -> tuple[bool, Any]:
    """Return a time so that it can be compared: with a zone by the instant, else as it stands."""
    if isinstance(value, datetime):
        return (True, value.astimezone(UTC)) if value.tzinfo else (False, value)
    offset = value.utcoffset()
    if offset is None:
        return (value.tzinfo is not None, seconds_of(value))
    return (True, seconds_of(value) - offset)


def seconds_of(value: time) -> timedelta:
    """Return how long after midnight a time is."""
    return timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )
