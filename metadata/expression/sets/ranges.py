"""This file makes terms of ranges: what lies within one, and Allen's relations between points and ranges."""

from __future__ import annotations

from collections.abc import Callable

from metadata.expression.sets import bounds
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.terms import Span, Term

Relation = Callable[[Span, Span], Term]


def holds(value: Term, span: Span) -> Term:
    """Tell whether a value lies within; a bound that is null leaves its side free.

    Two such bounds are no range, nor are months and days.
    """
    sides = []
    for bound, operator in (
        (span.low, ">=" if span.low_closed else ">"),
        (span.high, "<=" if span.high_closed else "<"),
    ):
        if not v.is_null(bound):
            inside = bounds.compared(operator, value, bound)
            sides.append(v.joined("or", (v.missing(bound), inside)))
    is_free = v.joined("and", (v.missing(span.low), v.missing(span.high)))
    is_none = v.joined("or", (is_free, v.mixed(span.low, span.high)))
    found = v.joined("and", sides)
    if is_none == v.FALSE:
        return found
    return v.missing(value) if is_none == v.TRUE else v.chosen(is_none, v.missing(value), found)


def _ends(value: Term) -> Span:
    return value if isinstance(value, Span) else Span(s.RANGE, value, value, True, True)


def _flag(*values: bool) -> Term:
    return v.TRUE if all(values) else v.FALSE


def _all(*terms: Term) -> Term:
    return v.joined("and", terms)


def _either(*terms: Term) -> Term:
    return v.joined("or", terms)


def _less(left: Term, right: Term) -> Term:
    return v.compared("<", left, right)


def _before(one: Span, other: Span) -> Term:
    touch = _all(v.same(one.high, other.low), _flag(not (one.high_closed and other.low_closed)))
    return _either(_less(one.high, other.low), touch)


def _meets(one: Span, other: Span) -> Term:
    return _all(_flag(one.high_closed, other.low_closed), v.same(one.high, other.low))


def _overlaps(one: Span, other: Span) -> Term:
    return _all(v.opposite(_before(one, other)), v.opposite(_before(other, one)))


def _starts_first(one: Span, other: Span) -> Term:
    touch = _all(v.same(one.low, other.low), _flag(one.low_closed, not other.low_closed))
    return _either(_less(one.low, other.low), touch)


def _ends_first(one: Span, other: Span) -> Term:
    touch = _all(v.same(one.high, other.high), _flag(not one.high_closed, other.high_closed))
    return _either(_less(one.high, other.high), touch)


def _overlaps_before(one: Span, other: Span) -> Term:
    return _all(_overlaps(one, other), _starts_first(one, other), v.opposite(_ends_first(other, one)))


def _finishes(one: Span, other: Span) -> Term:
    return _all(
        v.same(one.high, other.high),
        _flag(one.high_closed == other.high_closed),
        v.opposite(_starts_first(one, other)),
        _overlaps(one, other),
    )


def _starts(one: Span, other: Span) -> Term:
    return _all(
        v.same(one.low, other.low),
        _flag(one.low_closed == other.low_closed),
        v.opposite(_ends_first(other, one)),
        _overlaps(one, other),
    )


def _includes(one: Span, other: Span) -> Term:
    return _all(v.opposite(_starts_first(other, one)), v.opposite(_ends_first(one, other)))


def _coincides(one: Span, other: Span) -> Term:
    return _all(
        v.same(one.low, other.low),
        v.same(one.high, other.high),
        _flag(one.low_closed == other.low_closed, one.high_closed == other.high_closed),
    )


def _relation(tells: Relation, *, turned: bool = False) -> Callable[[Term, Term], Term]:
    """Return a relation of two points or ranges; null where one of their ends is."""

    def work(left: Term, right: Term) -> Term:
        one, other = (_ends(side) for side in ((right, left) if turned else (left, right)))
        ends = (one.low, one.high, other.low, other.high)
        for end in ends:
            v.scalar(end, *s.ORDERED)
        if any(v.is_null(end) for end in ends):
            return v.UNKNOWN
        is_open = v.joined("or", list(dict.fromkeys(v.missing(end) for end in ends)))
        found = tells(one, other)
        return found if is_open == v.FALSE else v.chosen(is_open, v.UNKNOWN, found)

    return work


RELATIONS: dict[str, Callable[[Term, Term], Term]] = {
    "before": _relation(_before),
    "after": _relation(_before, turned=True),
    "meets": _relation(_meets),
    "met by": _relation(_meets, turned=True),
    "overlaps": _relation(_overlaps),
    "overlaps before": _relation(_overlaps_before),
    "overlaps after": _relation(_overlaps_before, turned=True),
    "finishes": _relation(_finishes),
    "finished by": _relation(_finishes, turned=True),
    "includes": _relation(_includes),
    "during": _relation(_includes, turned=True),
    "starts": _relation(_starts),
    "started by": _relation(_starts, turned=True),
    "coincides": _relation(_coincides),
}
