"""Business days as SQL: by how many there are up to a day, of which the way back is found in a sorted list.

Weekdays are counted by arithmetic. The holidays among them are two sorted arrays, made once for a statement:
their dates, and how many business days there are up to each. So no row costs more than a binary search.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, Date, Integer, and_, case, cast, func, select, union_all

from kernel.expression.functions.calendar import MAX_BUSINESS_DAYS
from kernel.expression.sql.forms import Writes, form
from kernel.expression.sql.writing import BOOLEAN, DATE, INTEGER, SQL, day, infix, nothing, once, small, whole
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Apply

BEFORE = 700_000  # days, and whole weeks, before the first day that there is: no count is negative
FRIDAY = 5


def _weekdays(value: SQL) -> SQL:
    """Return how many weekdays there are up to a day; the first day that there is is a Monday."""
    place = infix(infix(value, "-", day(date.min), INTEGER), "+", whole(BEFORE), INTEGER)
    weeks = infix(infix(place, "/", whole(7), INTEGER), "*", whole(FRIDAY), INTEGER)
    rest = func.least(infix(infix(place, "%", whole(7), INTEGER), "+", whole(1), INTEGER), whole(FRIDAY))
    return infix(weeks, "+", rest, INTEGER)


class _Calendar:
    """The business days of a site."""

    def __init__(self, selects: tuple[Any, ...]) -> None:
        days = union_all(*selects).subquery()
        is_weekday = infix(func.extract("isodow", days.c.day), "<=", whole(FRIDAY), BOOLEAN)
        off = select(days.c.day).where(is_weekday).distinct().subquery()
        place = func.row_number().over(order_by=off.c.day)
        worked = cast(infix(_weekdays(off.c.day), "-", place, INTEGER), Integer)
        self.off = _listed(select(off.c.day).order_by(off.c.day), Date())
        self.worked = _listed(select(worked).order_by(off.c.day), Integer())

    def up_to(self, value: SQL) -> SQL:
        """Return how many business days there are up to a day."""
        return infix(_weekdays(value), "-", func.width_bucket(value, self.off, type_=INTEGER), INTEGER)

    def before(self, value: SQL) -> SQL:
        """Return how many there are before a day."""
        return self.up_to(infix(value, "-", whole(1), DATE))

    def at(self, count: SQL) -> SQL:
        """Return the business day that has so many up to it; null outside the calendar."""
        least = infix(count, "-", whole(1), INTEGER)
        return once(
            infix(least, "+", func.width_bucket(least, self.worked, type_=INTEGER), INTEGER), _weekday
        )


def _listed(rows: Any, kind: Any) -> SQL:
    return func.array(rows.correlate(None).scalar_subquery(), type_=ARRAY(kind))


def _weekday(count: SQL) -> SQL:
    """Return the weekday that has so many before it."""
    weeks = infix(infix(count, "/", whole(FRIDAY), INTEGER), "*", whole(7), INTEGER)
    places = infix(weeks, "+", infix(count, "%", whole(FRIDAY), INTEGER), INTEGER)
    most = (date.max - date.min) // timedelta(days=1)
    place = infix(places, "-", whole(BEFORE), INTEGER)
    return once(
        place,
        lambda at: case((at.between(whole(0), whole(most)), infix(day(date.min), "+", at, DATE))),
    )


def _counting(name: str) -> Callable[[Callable[..., SQL]], None]:
    """Register a built-in that counts business days; where nobody said the holidays it has no value."""

    def register(made: Callable[..., SQL]) -> None:
        @form(name)
        def write(writes: Writes, term: Apply) -> SQL:
            selects = writes.holidays()
            if not selects:
                return nothing(term.shape.kind)
            values = [
                writes.number(each) if each.shape.kind == b.NUMBER else writes.value(each)
                for each in term.arguments
            ]
            return _with(values, lambda *each: made(_Calendar(selects), *each))

    return register


def _with(values: list[SQL], use: Callable[..., SQL]) -> SQL:
    """Return what is made of values that are each computed once."""
    if not values:
        return use()
    first, *rest = values
    return once(first, lambda one: _with(rest, lambda *others: use(one, *others)))


@_counting("is business day")
def _is(calendar: _Calendar, value: SQL) -> SQL:
    return infix(calendar.up_to(value), ">", calendar.before(value), BOOLEAN)


@_counting("next business day")
def _next(calendar: _Calendar, value: SQL) -> SQL:
    return calendar.at(infix(calendar.before(value), "+", whole(1), INTEGER))


@_counting("add business days")
def _add(calendar: _Calendar, value: SQL, count: SQL) -> SQL:
    steps = small(count, -MAX_BUSINESS_DAYS, MAX_BUSINESS_DAYS)
    later = infix(calendar.up_to(value), "+", steps, INTEGER)
    earlier = infix(infix(calendar.before(value), "+", steps, INTEGER), "+", whole(1), INTEGER)
    is_later = infix(count, ">", whole(0), BOOLEAN)
    is_whole = infix(count, "=", func.trunc(count), BOOLEAN)
    is_in = count.between(whole(-MAX_BUSINESS_DAYS), whole(MAX_BUSINESS_DAYS))
    moved = calendar.at(case((is_later, later), else_=earlier))
    there = case((infix(count, "=", whole(0), BOOLEAN), value), else_=moved)
    return case((and_(is_whole, is_in), there))


@_counting("business days between")
def _between(calendar: _Calendar, start: SQL, end: SQL) -> SQL:
    forward = infix(calendar.up_to(end), "-", calendar.up_to(start), INTEGER)
    back = infix(calendar.before(end), "-", calendar.before(start), INTEGER)
    return case((infix(end, "<", start, BOOLEAN), back), else_=forward)
