"""Lengths of time as SQL: numbers of microseconds or of months at work, ISO 8601 when stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, reduce

from sqlalchemy import DateTime, Interval, Text, Time, case, cast, extract, func, literal_column, null

from kernel.expression import moments
from kernel.expression.sql.forms import Writes, exact, form, plain
from kernel.expression.sql.writing import (
    BOOLEAN,
    DAY,
    INTEGER,
    NUMERIC,
    SQL,
    atom,
    infix,
    number,
    once,
    whole,
)  # fmt: skip
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Apply

HOUR, MINUTE, SECOND = 3_600_000_000, 60_000_000, 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (
    (edge.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    for edge in (datetime.min, datetime.max)  # noqa: DTZ901
)


def _micros(value: SQL) -> SQL:
    """Return the microseconds since 1970, or since midnight."""
    found: SQL = extract("epoch", value)
    found.type = NUMERIC
    return infix(found, "*", number(SECOND), NUMERIC)


def _apart(left: SQL, right: SQL) -> SQL:
    return infix(_micros(left), "-", _micros(right), NUMERIC)


@form("days apart")
def _days_apart(writes: Writes, term: Apply) -> SQL:
    left, right = map(writes.value, term.arguments)
    return infix(infix(left, "-", right, INTEGER), "*", number(DAY), NUMERIC)


plain("instants apart", _apart)
plain("times apart", _apart)
exact("add lengths", lambda left, right: infix(left, "+", right, NUMERIC))


@form(f"{b.TIME} plus {b.DAYS}")
def _later_that_day(writes: Writes, term: Apply) -> SQL:
    start, length = term.arguments
    rest = func.mod(writes.number(length), number(DAY), type_=NUMERIC)
    return once(rest, lambda micros: infix(writes.value(start), "+", interval(micros), Time()))


def interval(micros: SQL) -> SQL:
    """Return microseconds as an interval of hours and less, in two parts that lose nothing."""
    hours = infix(func.div(micros, number(HOUR)), "*", literal_column("INTERVAL '1 hour'"), Interval())
    rest = infix(func.mod(micros, number(HOUR)), "*", literal_column("INTERVAL '1 microsecond'"), Interval())
    return infix(hours, "+", rest, Interval())


@form(f"{b.INSTANT} plus {b.DAYS}")
def _later(writes: Writes, term: Apply) -> SQL:
    start, length = term.arguments

    def made(micros: SQL) -> SQL:
        epoch = literal_column("TIMESTAMPTZ '1970-01-01 00:00:00+00'", DateTime(timezone=True))
        moved = infix(epoch, "+", interval(micros), DateTime(timezone=True))
        return case((micros.between(number(_FIRST), number(_LAST)), moved))

    return once(infix(_micros(writes.value(start)), "+", writes.value(length), NUMERIC), made)


# ── parts ─────────────────────────────────────────────────────────────────────────────────────────


def _of_days(size: int, within: int) -> Callable[[SQL], SQL]:
    def made(micros: SQL) -> SQL:
        found = func.div(micros, number(size), type_=NUMERIC)
        return func.mod(found, number(within), type_=NUMERIC) if within else found

    return made


for _name, _size, _within in (
    ("days", DAY, 0),
    ("hours", HOUR, 24),
    ("minutes", MINUTE, 60),
    ("seconds", SECOND, 60),
):
    exact(f"{_name} of {b.DAYS}", _of_days(_size, _within))
exact(f"years of {b.MONTHS}", lambda count: func.div(count, whole(12), type_=NUMERIC))
exact(f"months of {b.MONTHS}", lambda count: func.mod(count, whole(12), type_=NUMERIC))


def _clock(part: str) -> Callable[[SQL], SQL]:
    def made(value: SQL) -> SQL:
        found: SQL = extract(part, value)
        found.type = NUMERIC
        return func.trunc(found, type_=NUMERIC)

    return made


for _name in ("hour", "minute", "second"):
    plain(f"{_name} of {b.TIME}", _clock(_name))


# ── as numbers ────────────────────────────────────────────────────────────────────────────────────


def _kept(most: int) -> Callable[[SQL], SQL]:
    """Return how a length is null where it is longer than lengths are."""

    def made(value: SQL) -> SQL:
        return case((value.between(number(-most), number(most)), value), else_=null())

    return lambda value: once(value, made)


MOST = {b.MONTHS: moments.MAX_MONTHS, b.DAYS: moments.MAX_LENGTH // timedelta(microseconds=1)}
for _kind, _most in MOST.items():
    exact(f"kept {_kind}", _kept(_most))
    exact(f"count of {_kind}", lambda length: length)
exact("months of number", lambda count: count)
exact("seconds of length", lambda micros: infix(micros, "*", literal_column("0.000001"), NUMERIC))
exact("length of seconds", lambda seconds: infix(seconds, "*", number(SECOND), NUMERIC))


# ── of a text ─────────────────────────────────────────────────────────────────────────────────────

# What moments.read_duration reads: for each kind its form, and the size of each number in it.
_TEXTS: dict[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    b.MONTHS: ("^-?P(?=.)([0-9]+Y)?([0-9]+M)?$", (("([0-9]+)Y", 12), ("([0-9]+)M", 1))),
    b.DAYS: (
        "^-?P(?=.)([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+([.][0-9]{0,9})?S)?)?$",
        (
            ("([0-9]+)D", DAY),
            ("([0-9]+)H", HOUR),
            ("T(?:[0-9]+H)?([0-9]+)M", MINUTE),
            ("([0-9]+)[.S]", SECOND),
        ),
    ),
}  # fmt: skip


def _of_text(kind: str) -> Callable[[SQL], SQL]:
    form, numbers = _TEXTS[kind]

    def found(text: SQL, pattern: str) -> SQL:
        return func.substring(text, literal_column(f"'{pattern}'", Text()), type_=Text())

    def size(text: SQL) -> SQL:
        made = [
            infix(
                cast(func.coalesce(found(text, pattern), literal_column("'0'")), NUMERIC),
                "*",
                number(size),
                NUMERIC,
            )
            for pattern, size in numbers
        ]
        if kind == b.DAYS:
            micros = func.rpad(found(text, "[.]([0-9]{0,6})"), 6, literal_column("'0'"), type_=Text())
            made.append(func.coalesce(cast(micros, NUMERIC), whole(0), type_=NUMERIC))
        return reduce(lambda one, other: infix(one, "+", other, NUMERIC), made)

    def read(text: SQL) -> SQL:
        is_before = func.starts_with(text, literal_column("'-'"), type_=BOOLEAN)
        signed = once(size(text), lambda it: case((is_before, infix(whole(0), "-", it, NUMERIC)), else_=it))
        return case(
            (text.op("~", return_type=BOOLEAN)(literal_column(f"'{form}'")), _kept(MOST[kind])(signed))
        )

    return lambda text: once(text, read)


for _kind in _TEXTS:
    plain(f"{_kind} of text", _of_text(_kind))


# ── as a text says it ───────────────────────────────────────────────────────────────────────────────


def _piece(amount: SQL, letter: str) -> SQL:
    text = infix(cast(func.trim_scale(amount), Text), "||", literal_column(f"'{letter}'"), Text())
    return case((infix(amount, "!=", whole(0), BOOLEAN), text), else_=literal_column("''"))


def _signed(value: SQL, body: SQL, nothing: str) -> SQL:
    sign = case((infix(value, "<", whole(0), BOOLEAN), literal_column("'-P'")), else_=literal_column("'P'"))
    filled = func.coalesce(func.nullif(body, literal_column("''")), literal_column(f"'{nothing}'"))
    return case((atom(value).is_not(None), infix(sign, "||", filled, Text())))


def _once(written: Callable[[SQL], SQL], length: SQL) -> SQL:
    return once(length, written)


def _months_text(count: SQL) -> SQL:
    size = func.abs(count)
    body = func.concat(_piece(func.div(size, whole(12)), "Y"), _piece(func.mod(size, whole(12)), "M"))
    return _signed(count, body, "0M")


def _days_text(micros: SQL) -> SQL:
    size = func.abs(micros)
    seconds = infix(func.mod(size, number(MINUTE)), "*", literal_column("0.000001"), NUMERIC)
    clock = func.concat(
        _piece(func.mod(func.div(size, number(HOUR)), number(24)), "H"),
        _piece(func.mod(func.div(size, number(MINUTE)), number(60)), "M"),
        _piece(seconds, "S"),
    )
    timed = case(
        (infix(clock, "!=", literal_column("''"), BOOLEAN), func.concat(literal_column("'T'"), clock)),
        else_=literal_column("''"),
    )
    return _signed(micros, func.concat(_piece(func.div(size, number(DAY)), "D"), timed), "T0S")


for _kind, _written in ((b.DAYS, _days_text), (b.MONTHS, _months_text)):
    exact(f"text of {_kind}", partial(_once, _written))
