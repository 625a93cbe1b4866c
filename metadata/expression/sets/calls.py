"""This file makes terms of calls of built-ins: a line of a table, or a function, for each that has a form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.grammar import MAX_DIGITS
from metadata.expression.sets import arithmetic, lengths, lists, ranges
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.own_calls import OWN_CALLS
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.rounding import rounding
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Bound, Constant, Items, Term

Call = Callable[..., Term]


def called(name: str, arguments: Sequence[Term], names: Sequence[str]) -> Term:
    """Return the term of a call of a built-in."""
    call = CALLS.get(name)
    if call is None:
        raise Reason("M331", name=name)
    placed = _by_place(name, arguments, names) if names else list(arguments)
    if name in _OVER_LISTS:
        if len(placed) == 1 and v.is_null(placed[0]):
            return v.NULL if name not in _CONDITIONS else v.UNKNOWN
        return call(lists.gathered(placed))
    if name == "coalesce":
        return call(*placed)
    way = next((way for way in b.BUILTINS[name] if way.required <= len(placed) <= len(way.parameters)), None)
    if way is None:
        raise Reason("M331", name=name)
    return call(*(_fitting(term, kind) for term, (_, kind) in zip(placed, way.parameters, strict=False)))


def _by_place(name: str, arguments: Sequence[Term], names: Sequence[str]) -> list[Term]:
    """Return arguments that were given by name in the order of their places; one left out is null."""
    given = dict(zip(names, arguments, strict=True))
    way = next((way for way in b.BUILTINS[name] if set(names) <= set(way.names)), None)
    if way is None:
        raise Reason("M331", name=name)
    last = max(place for place, known in enumerate(way.names) if known in given)
    return [given.get(known, v.NULL) for known in way.names[: last + 1]]


def _fitting(term: Term, kind: str) -> Term:
    """Return an argument as its parameter takes it: a list of one stands for the item."""
    if kind in (b.ANY, b.LIST, b.RANGE, b.CONTEXT):
        return term
    if isinstance(term, Items) and len(term.items) == 1:
        term = term.items[0]
    return v.scalar(term, kind)


def _plain(operation: str, shape: Shape) -> Call:
    """Return a call that is one operation, null where an argument is."""
    return lambda *arguments: v.applied(operation, shape, *arguments)


def _perhaps(operation: str, shape: Shape) -> Call:
    """Return a call that is one operation, and may be null for any arguments."""

    def call(*arguments: Term) -> Term:
        made = v.applied(operation, shape, *arguments)
        return replace(made, shape=replace(made.shape, nullable=True))

    return call


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────


def _string(value: Term) -> Term:
    value = v.scalar(lengths.stored(value), b.TEXT, b.NUMBER, b.BOOLEAN, b.DATE)
    if v.is_null(value) or value.shape.kind == b.TEXT:
        return v.NULL if v.is_null(value) else value
    return v.applied(f"text of {value.shape.kind}", s.TEXT, value)


def _number(value: Term) -> Term:
    if value.shape.kind == b.TEXT:
        raise Reason("M333", what="o texto de um número")
    return v.scalar(value, b.NUMBER)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────


def _modulo(left: Term, right: Term) -> Term:
    if v.is_null(left) or v.is_null(right):
        return v.NULL
    if isinstance(right, Constant) and not right.value:
        return v.NULL
    shape = s.number(right.shape.whole, max(left.shape.scale, right.shape.scale))
    is_safe = isinstance(right, Constant)
    nullable = left.shape.nullable or not is_safe
    return v.held(Apply(replace(shape, nullable=nullable), "modulo", (left, right)))


def _parity(operation: str) -> Call:
    def call(value: Term) -> Term:
        made = v.applied(operation, s.BOOLEAN, value)
        return made if value.shape.scale == 0 else replace(made, shape=s.BOOLEAN)

    return call


def _abs(value: Term) -> Term:
    if value.shape.kind == b.DURATION:
        return lengths.each(_abs, value)
    value = v.scalar(value, b.NUMBER, b.DAYS, b.MONTHS)
    return v.applied("abs", value.shape, value)


def power(left: Term, right: Term) -> Term:
    """Return a small whole power of a number, which is a product."""
    if v.is_null(left) or v.is_null(right):
        return v.NULL
    times = right.value if isinstance(right, Constant) else None
    shape = v.scalar(left, b.NUMBER).shape
    if times not in _POWERS or shape.digits * int(times) > MAX_DIGITS:
        raise Reason("M330", what="elevar a uma potência que não seja um inteiro pequeno")
    found = left
    for _ in range(int(times) - 1):
        found = arithmetic.calculated("*", found, left)
    return found


_POWERS = frozenset(map(Decimal, range(1, 11)))

# ── dates and lengths of time ─────────────────────────────────────────────────────────────────────

_LENGTH = re.compile(r"-?P(?=.*[DT])")
_WRITTEN: tuple[tuple[re.Pattern[str], Shape], ...] = (
    (_LENGTH, s.DAYS),
    (re.compile(r"-?P"), s.MONTHS),
    (re.compile(r"-?\d{4,9}-\d\d-\d\d\Z"), s.DATE),
    (re.compile(r"-?\d{4,9}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d(:\d\d)?)\Z"), s.INSTANT),
    (re.compile(r"\d\d:\d\d:\d\d(\.\d+)?\Z"), s.TIME),
)


def written(text: str) -> Term:
    """Return a date, instant, time or length that is written as a text."""
    shape = next((shape for form, shape in _WRITTEN if form.match(text)), None)
    if shape is None:
        raise Reason("M337")
    exists = _EXISTS.get(shape.kind)
    if exists is None:
        return Constant(shape, text)
    try:
        exists(text)
    except ValueError:  # a day or time that there is not
        return replace(v.NULL, shape=shape)
    return Constant(replace(shape, nullable=False), text)


_EXISTS: dict[str, Callable[[str], object]] = {b.DATE: date.fromisoformat, b.TIME: time.fromisoformat}


def _read(*shapes: Shape, what: str) -> Call:
    """Return the reader of a written text; a value that is one already stays as it is."""

    def call(source: Term) -> Term:
        if v.is_null(source) or source.shape.kind in {shape.kind for shape in shapes} - {b.INSTANT}:
            return source
        if source.shape.kind in (b.INSTANT, b.DATE):
            raise Reason("M337")
        if not isinstance(v.scalar(source, b.TEXT), Constant):
            raise Reason("M333", what=what)
        made = written(str(source.value)) if isinstance(source, Constant) else v.NULL
        if made.shape.kind not in {shape.kind for shape in shapes}:
            raise Reason("M333", what=what)
        return made

    return call


def _duration(source: Term) -> Term:
    """Return the length that a text says; of one that is written, the kind is known."""
    if v.is_null(source) or source.shape.kind in lengths.KINDS:
        return source
    text = v.scalar(source, b.TEXT)
    if not isinstance(text, Constant):
        return lengths.read(text)
    return written(text.value) if text.value.removeprefix("-").startswith("P") else v.NULL


def _date(source: Term, *rest: Term) -> Term:
    if not rest:
        return _read(s.DATE, what="o texto de uma data")(source)
    return _perhaps("make date", s.DATE)(source, *rest)


def _of_day(operation: str, shape: Shape) -> Call:
    def call(day: Term) -> Term:
        if day.shape.kind == b.INSTANT:
            raise Reason("M337")
        return v.applied(operation, shape, v.scalar(day, b.DATE))

    return call


def _months(start: Term, end: Term) -> Term:
    for day in (start, end):
        if day.shape.kind == b.INSTANT:
            raise Reason("M337")
        v.scalar(day, b.DATE)
    return v.applied("months between", s.MONTHS, start, end)


def _is(left: Term, right: Term = v.NULL) -> Term:
    kinds = {left.shape.kind, right.shape.kind}
    if kinds - s.SCALAR - {k.NULL} or b.INSTANT in kinds:
        raise Reason("M336")
    if len(kinds - {k.NULL}) > 1:
        return v.joined("and", (v.missing(left), v.missing(right)))
    return v.same(left, right)


# ── the table ─────────────────────────────────────────────────────────────────────────────────────

_CONDITIONS = ("all", "any", "and", "or")
CALLS: dict[str, Call] = {
    "not": lambda value: v.opposite(v.boolean(value)),
    "is": _is,
    "string": _string,
    "number": _number,
    "substring": _perhaps("substring", s.TEXT),
    "string length": _plain("string length", s.number(10, 0)),
    "upper case": _plain("upper case", s.TEXT),
    "lower case": _plain("lower case", s.TEXT),
    "substring before": _plain("substring before", s.TEXT),
    "substring after": _plain("substring after", s.TEXT),
    "contains": _plain("contains", s.BOOLEAN),
    "starts with": _plain("starts with", s.BOOLEAN),
    "ends with": _plain("ends with", s.BOOLEAN),
    "decimal": rounding("half even"),
    "floor": rounding("floor"),
    "ceiling": rounding("ceiling"),
    "round up": rounding("up"),
    "round down": rounding("down"),
    "round half up": rounding("half up"),
    "round half down": rounding("half down"),
    "abs": _abs,
    "modulo": _modulo,
    "odd": _parity("odd"),
    "even": _parity("even"),
    "date": _date,
    "time": _read(s.TIME, what="o texto de uma hora"),
    "date and time": _read(s.INSTANT, what="o texto de uma data e hora"),
    "duration": _duration,
    "years and months duration": _months,
    "today": lambda: Bound(replace(s.DATE, nullable=False), "today"),
    "now": lambda: Bound(replace(s.INSTANT, nullable=False), "now"),
    "day of year": _of_day("day of year", s.SMALL),
    "day of week": _of_day("day of week", s.TEXT),
    "month of year": _of_day("month of year", s.TEXT),
    "week of year": _of_day("week of year", s.SMALL),
    "last day of month": _of_day("last day of month", s.DATE),
    "list contains": lists.contains,
    "count": lists.counted,
    "sum": lists.total,
    "mean": lists.mean,
    "min": lists.extreme("min"),
    "max": lists.extreme("max"),
    "all": lists.decided(decisive=False),
    "and": lists.decided(decisive=False),
    "any": lists.decided(decisive=True),
    "or": lists.decided(decisive=True),
    **ranges.RELATIONS,
}
CALLS.update(OWN_CALLS)
_OVER_LISTS = frozenset(("count", "sum", "mean", "min", "max", *_CONDITIONS))
