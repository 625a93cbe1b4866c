"""Built-ins over ranges and points: which comes before, which lies within (Allen's interval relations)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from kernel.expression import moments
from kernel.expression.functions.registry import builtin
from kernel.expression.values import Range, compared, equal, kind
from metadata.expression import nodes as n
from metadata.expression.parse import parse


@builtin("is")
def _is(left: Any, right: Any = None) -> bool:
    if kind(left) != kind(right):
        return False
    if isinstance(left, time | datetime):
        return moments.write(left) == moments.write(right)
    return equal(left, right) is True


def _ends(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value, True, True)


def _less(left: Any, right: Any) -> bool:
    return compared("<", left, right) is True


def _same(left: Any, right: Any) -> bool:
    return equal(left, right) is True


def _before(one: Range, other: Range) -> bool:
    return _less(one.high, other.low) or (
        _same(one.high, other.low) and not (one.high_closed and other.low_closed)
    )


def _meets(one: Range, other: Range) -> bool:
    return one.high_closed and other.low_closed and _same(one.high, other.low)


def _overlaps(one: Range, other: Range) -> bool:
    return not _before(one, other) and not _before(other, one)


def _starts_first(one: Range, other: Range) -> bool:
    return _less(one.low, other.low) or (
        _same(one.low, other.low) and one.low_closed and not other.low_closed
    )


def _ends_first(one: Range, other: Range) -> bool:
    return _less(one.high, other.high) or (
        _same(one.high, other.high) and not one.high_closed and other.high_closed
    )


def _overlaps_before(one: Range, other: Range) -> bool:
    return _overlaps(one, other) and _starts_first(one, other) and not _ends_first(other, one)


def _finishes(one: Range, other: Range) -> bool:
    return (
        _same(one.high, other.high)
        and one.high_closed == other.high_closed
        and not _starts_first(one, other)
        and _overlaps(one, other)
    )


def _starts(one: Range, other: Range) -> bool:
    return (
        _same(one.low, other.low)
        and one.low_closed == other.low_closed
        and not _ends_first(other, one)
        and _overlaps(one, other)
    )


def _includes(one: Range, other: Range) -> bool:
    return not _starts_first(other, one) and not _ends_first(one, other)


def _coincides(one: Range, other: Range) -> bool:
    return (
        _same(one.low, other.low)
        and _same(one.high, other.high)
        and one.low_closed == other.low_closed
        and one.high_closed == other.high_closed
    )


def _relation(name: str, tells: Callable[[Range, Range], bool], *, turned: bool = False) -> None:
    def work(left: Any, right: Any) -> bool | None:
        one, other = _ends(left), _ends(right)
        if any(compared("<=", a, z) is None for a, z in ((one.low, other.low), (one.high, other.high))):
            return None
        return tells(other, one) if turned else tells(one, other)

    builtin(name)(work)


for _name, _tells, _turned in (
    ("before", _before, False),
    ("after", _before, True),
    ("meets", _meets, False),
    ("met by", _meets, True),
    ("overlaps", _overlaps, False),
    ("overlaps before", _overlaps_before, False),
    ("overlaps after", _overlaps_before, True),
    ("finishes", _finishes, False),
    ("finished by", _finishes, True),
    ("includes", _includes, False),
    ("during", _includes, True),
    ("starts", _starts, False),
    ("started by", _starts, True),
    ("coincides", _coincides, False),
):
    _relation(_name, _tells, turned=_turned)

_RANGE = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)


@builtin("range")
def _range(text: str) -> Range | None:
    """Return the range of a text whose ends are written values, each of the same kind."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    ends = [_end(part) if part else None for part in (found[2], found[3])]
    if any(part and end is None for part, end in zip((found[2], found[3]), ends, strict=True)):
        return None
    low, high = ends
    if low is None and high is None:
        return None
    if low is not None and high is not None and compared("<=", low, high) is not True:
        return None
    low_closed, high_closed = found[1] == "[", found[4] == "]"
    if (low is None and low_closed) or (high is None and high_closed):
        return None
    return Range(low, high, low_closed, high_closed)


def _end(text: str) -> Any:
    """Return a written value: a number, a text, `@"…"`, or a call of date, time, duration with a text."""
    node = parse(text)
    if isinstance(node, n.Negative) and isinstance(node.operand, n.Number):
        return -node.operand.value
    if isinstance(node, n.Number | n.Text):
        return node.value
    if isinstance(node, n.At):
        return moments.read(node.text)
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and len(node.arguments) == 1:
        reader, argument = _READERS.get(node.function.name), node.arguments[0]
        return reader(argument.value) if reader and isinstance(argument, n.Text) else None
    return None


_READERS: dict[str, Callable[[str], Any]] = {
    "date": moments.read_date,
    "time": moments.read_time,
    "date and time": moments.read_instant,
    "duration": moments.read_duration,
}
