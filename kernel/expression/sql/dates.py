"""Dates as SQL: their parts; days and months later, within short months, null outside the calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from sqlalchemy import Date, DateTime, Integer, Interval, and_, case, cast, extract, func, literal_column

from kernel.expression import moments
from kernel.expression.functions.temporal import DAYS, MONTHS
from kernel.expression.sql.forms import Writes, form, plain
from kernel.expression.sql.writing import (
    BOOLEAN,
    DATE,
    DAY,
    INTEGER,
    NUMERIC,
    SQL,
    TYPES,
    constant,
    day,
    infix,
    nothing,
    number,
    once,
    small,
    whole,
)  # fmt: skip
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Apply, Constant, Term

ALL_DAYS = (date.max - date.min).days
MOST_MONTHS = 12 * 10_000


# ── parts ─────────────────────────────────────────────────────────────────────────────────────────


def _part(name: str) -> Callable[[SQL], SQL]:
    def made(value: SQL) -> SQL:
        found: SQL = extract(name, value)
        found.type = NUMERIC
        return found

    return made


for _name, _field in (
    ("year", "year"), ("month", "month"), ("day", "day"), ("weekday", "isodow"),
):  # fmt: skip
    plain(f"{_name} of {b.DATE}", _part(_field))
plain("day of year", _part("doy"))
plain("week of year", _part("week"))


def _named(part: str, names: tuple[str, ...]) -> Callable[[SQL], SQL]:
    def made(value: SQL) -> SQL:
        pairs = {
            whole(place): literal_column(f"'{name}'", TYPES[b.TEXT]) for place, name in enumerate(names, 1)
        }
        return case(
            *((infix(_part(part)(value), "=", place, BOOLEAN), name) for place, name in pairs.items())
        )

    return made


plain("day of week", _named("isodow", DAYS))
plain("month of year", _named("month", MONTHS))


def months_of(count: SQL) -> SQL:
    """Return a number of months as an interval."""
    return func.make_interval(literal_column("0"), small(count, -MOST_MONTHS, MOST_MONTHS), type_=Interval())


def _month_begin(value: SQL) -> SQL:
    return cast(
        infix(value, "-", cast(infix(_part("day")(value), "-", whole(1), NUMERIC), Integer), DATE), Date
    )


def last_day(value: SQL) -> SQL:
    """Return the last day of a month."""
    month = infix(_month_begin(value), "+", literal_column("INTERVAL '1 month -1 day'"), NUMERIC)
    return cast(month, Date)


def _first_of_year(value: SQL) -> SQL:
    one: SQL = literal_column("1")
    return func.make_date(cast(_part("year")(value), Integer), one, one, type_=DATE)


def _last_of_year(value: SQL) -> SQL:
    year = cast(_part("year")(value), Integer)
    return func.make_date(year, literal_column("12"), literal_column("31"), type_=DATE)


plain("last day of month", last_day)
plain("first day of month", _month_begin)
plain("first day of year", _first_of_year)
plain("last day of year", _last_of_year)


@form("make date")
def _make(writes: Writes, term: Apply) -> SQL:
    """Return the date of three numbers, each cut to a whole one; null where there is no such day."""
    year, month, of_month = (func.trunc(writes.number(part)) for part in term.arguments)

    def made(y: SQL, m: SQL, d: SQL) -> SQL:
        is_month = and_(y.between(whole(1), whole(9999)), m.between(whole(1), whole(12)))
        first = func.make_date(small(y, 1, 9999), small(m, 1, 12), literal_column("1"), type_=DATE)
        fits = and_(infix(d, ">=", whole(1), BOOLEAN), infix(d, "<=", _part("day")(last_day(first)), BOOLEAN))
        found = infix(first, "+", small(infix(d, "-", whole(1), NUMERIC), 0, 30), DATE)
        return case((is_month, case((fits, found))))

    return once(year, lambda y: once(month, lambda m: once(of_month, lambda d: made(y, m, d))))


# ── later and earlier ─────────────────────────────────────────────────────────────────────────────


def length_of(term: Term) -> Decimal | None:
    """Return a written length, also with its sign changed; None for any other."""
    if isinstance(term, Apply) and term.operation == "negate":
        inner = length_of(term.arguments[0])
        return None if inner is None else -inner
    found = constant(term) if isinstance(term, Constant) else None
    return found if isinstance(found, Decimal) else None


@form(f"{b.DATE} plus {b.DAYS}")
def _days_later(writes: Writes, term: Apply) -> SQL:
    start, length = term.arguments
    micros = length_of(length)
    if micros is not None:
        return _within(writes.value(start), *_shifted(int((micros / DAY).to_integral_value(ROUND_FLOOR))))
    return once(_whole_days(writes, length), lambda days: _dynamic(writes.value(start), days))


def _shifted(days: int) -> tuple[Callable[[SQL], SQL], date | None, date | None]:
    """Return how a date moves by known days, and which is the first or last that may."""
    if abs(days) > ALL_DAYS:
        return (lambda value: nothing(b.DATE)), None, date.min
    move = lambda value: infix(value, "+", whole(days), DATE)  # noqa: E731 (three results, one of them this)
    if days >= 0:
        return move, None, date.max - timedelta(days=days)
    return move, date.min - timedelta(days=days), None


def _within(value: SQL, move: Callable[[SQL], SQL], first: date | None, last: date | None) -> SQL:
    def made(start: SQL) -> SQL:
        if first is not None:
            return case((infix(start, ">=", day(first), BOOLEAN), move(start)))
        return case((infix(start, "<=", day(last or date.max), BOOLEAN), move(start)))

    found = once(value, made)
    found.type = DATE
    return found


def _whole_days(writes: Writes, length: Term) -> SQL:
    """Return a length as whole days, the part of a day before it cut off downwards."""
    if isinstance(length, Apply) and length.operation == "days apart":
        left, right = map(writes.value, length.arguments)
        return cast(infix(left, "-", right, INTEGER), NUMERIC)

    def made(micros: SQL) -> SQL:
        rest = func.mod(infix(func.mod(micros, number(DAY)), "+", number(DAY), NUMERIC), number(DAY))
        return func.div(infix(micros, "-", rest, NUMERIC), number(DAY), type_=NUMERIC)

    return once(writes.value(length), made)


def _dynamic(value: SQL, days: SQL) -> SQL:
    """Return a date some days later, counted from the first day there is, so that nothing can overflow."""
    place = infix(cast(infix(value, "-", day(date.min), INTEGER), NUMERIC), "+", days, NUMERIC)

    def made(count: SQL) -> SQL:
        is_in = count.between(whole(0), whole(ALL_DAYS))
        return case((is_in, infix(day(date.min), "+", small(count, 0, ALL_DAYS), DATE)))

    return once(place, made)


@form(f"{b.DATE} plus {b.MONTHS}")
def _months_later(writes: Writes, term: Apply) -> SQL:
    start, length = term.arguments
    count = length_of(length)
    if count is not None:
        return _within(writes.value(start), *_months_shifted(int(count)))
    return once(
        writes.value(start), lambda value: once(writes.number(length), lambda n: _months_dynamic(value, n))
    )


def _months_shifted(count: int) -> tuple[Callable[[SQL], SQL], date | None, date | None]:
    move = lambda value: cast(infix(value, "+", _interval(count), NUMERIC), Date)  # noqa: E731 (as above)
    if abs(count) >= 12 * 9999:
        return (lambda value: nothing(b.DATE)), None, date.min
    edge = moments.add_months(date.max if count >= 0 else date.min, -count)
    assert edge is not None
    if count >= 0:
        return move, None, edge.replace(day=moments.month_length(edge.year, edge.month))
    return move, edge.replace(day=1), None


def _interval(months: int) -> SQL:
    return literal_column(f"INTERVAL '{months} months'", Interval())


def _months_dynamic(value: SQL, count: SQL) -> SQL:
    place = infix(
        infix(infix(_part("year")(value), "*", whole(12), NUMERIC), "+", _part("month")(value), NUMERIC),
        "+",
        infix(count, "-", whole(1), NUMERIC),
        NUMERIC,
    )
    is_in = place.between(whole(12), whole(MOST_MONTHS - 1))
    moved = cast(infix(value, "+", months_of(count), NUMERIC), Date)
    return case((is_in, moved))


# ── between two dates ─────────────────────────────────────────────────────────────────────────────


@form("day count")
def _day_count(writes: Writes, term: Apply) -> SQL:
    left, right = map(writes.value, term.arguments)
    return infix(left, "-", right, INTEGER)


def _age(start: SQL, end: SQL) -> SQL:
    """Return the way from one day to another in whole years, months and the days that are left."""
    clock = DateTime()
    return func.age(cast(end, clock), cast(start, clock), type_=Interval())


def _years_between(start: SQL, end: SQL) -> SQL:
    return _part("year")(_age(start, end))


def _months_between(start: SQL, end: SQL) -> SQL:
    age = _age(start, end)
    return infix(infix(_part("year")(age), "*", whole(12), NUMERIC), "+", _part("month")(age), NUMERIC)


plain("years between", _years_between)
plain("months between", _months_between)
