"""This file is the table of what a path reaches on values: parts of dates and lengths, ends of ranges."""

from __future__ import annotations

from metadata.expression import builtins as b
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.lengths import KINDS, parts
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.terms import Apply, Parts, Span, Term

_DAY = ("year", "month", "day", "weekday")
_CLOCK = ("hour", "minute", "second")
_LENGTH = ("days", "hours", "minutes", "seconds")
PARTS: dict[str, tuple[str, ...]] = {
    b.DATE: _DAY, b.TIME: _CLOCK, b.DAYS: _LENGTH, b.MONTHS: ("years", "months"),
}  # fmt: skip
LARGE = s.number(15, 0)


def part(base: Term, name: str) -> Term:
    """Return the part of a value that has a name."""
    if base.shape.kind in KINDS:
        return _of_length(base, name)
    if v.is_null(base):
        return v.NULL
    if isinstance(base, Parts):
        return base.find(name) or v.NULL
    if isinstance(base, Span):
        return _end(base, name)
    if base.shape.kind == b.INSTANT:
        raise Reason("M337")
    if name not in PARTS.get(base.shape.kind, ()):
        raise Reason("M335")
    return v.applied(f"{name} of {base.shape.kind}", s.SMALL, base)


def _of_length(length: Term, name: str) -> Term:
    """Return a part of a length; months have no days, and days no months."""
    sides = zip((b.MONTHS, b.DAYS), parts(length), strict=True)
    kind, base = next(((kind, base) for kind, base in sides if name in PARTS[kind]), ("", v.NULL))
    if not kind:
        raise Reason("M335")
    if isinstance(base, Apply) and (name, base.operation) == ("days", "days apart"):
        return v.applied("day count", LARGE, *base.arguments)
    return v.applied(f"{name} of {kind}", LARGE, base)


def _end(span: Span, name: str) -> Term:
    """Return an end of a range; of one that has none, or of none at all, nothing."""
    if name not in ("start", "end"):
        raise Reason("M336")
    return span.low if name == "start" else span.high
