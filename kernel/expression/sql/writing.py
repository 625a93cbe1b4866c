"""This file writes constants as SQL, and has the SQL type of each kind of value.

Lengths of time are numbers within an expression: of microseconds, or of months.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    BinaryExpression,
    BindParameter,
    Boolean,
    Case,
    Cast,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Extract,
    Integer,
    Numeric,
    ScalarSelect,
    SelectBase,
    Text,
    Time,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
)  # fmt: skip
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from kernel.expression import moments
from kernel.expression.values import Months
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Constant, Term

TYPES: dict[str, TypeEngine[Any]] = {
    b.NUMBER: Numeric(), b.TEXT: Text(), b.BOOLEAN: Boolean(), b.DATE: Date(), b.TIME: Time(),
    b.INSTANT: DateTime(timezone=True), b.DAYS: Numeric(), b.MONTHS: Numeric(),
}  # fmt: skip
NUMERIC, TEXT, BOOLEAN, DATE, INTEGER = Numeric(), Text(), Boolean(), Date(), Integer()
FARTHEST = 2**63
DAY = 86_400_000_000  # microseconds
CHEAP_STEPS = 3
SQL = ColumnElement[Any]


def constant(term: Constant) -> Any:
    """Return what a constant means, as closures have it; lengths as numbers."""
    value = term.value
    if term.shape.kind not in _READ or value is None:
        return value
    found = moments.read(value)
    if isinstance(found, timedelta):
        return Decimal(int(moments.seconds(found).scaleb(6)))
    return Decimal(found.count) if isinstance(found, Months) else found


_READ = frozenset((b.DATE, b.TIME, b.INSTANT, b.DAYS, b.MONTHS))


def known(term: Term) -> Any:
    """Return the value of a term that is written, or a written number or length with the other sign."""
    return constant(term) if isinstance(term, Constant) else None


def written(value: Any, kind: str) -> SQL:
    """Return a value as SQL; a whole number as a whole number, so that an index over such serves it."""
    if value is None:
        return nothing(kind)
    return _WRITERS[type(value)](value)


def nothing(kind: str) -> SQL:
    """Return null, typed where the kind is known."""
    return cast(null(), TYPES[kind]) if kind in TYPES else null()


def number(value: Decimal | int) -> SQL:
    """Return a number that arithmetic is exact with."""
    text = f"{Decimal(value):f}"
    text = text if "." in text else f"{text}::numeric"
    return literal_column(f"({text})" if text.startswith("-") else text, NUMERIC)


def whole(value: int) -> SQL:
    """Return a whole number."""
    return literal_column(
        f"({value})" if value < 0 else str(value), INTEGER if abs(value) < 2**31 else BigInteger()
    )


def _number(value: Decimal) -> SQL:
    fits = value == value.to_integral_value() and abs(value) < FARTHEST
    return whole(int(value)) if fits else number(value)


def day(value: date) -> SQL:
    """Return a date."""
    return literal_column(f"DATE '{value.isoformat()}'", DATE)


def _instant(value: datetime) -> SQL:
    text = value.astimezone(UTC).isoformat(sep=" ")
    return literal_column(f"TIMESTAMPTZ '{text}'", DateTime(timezone=True))


_WRITERS: dict[type, Callable[[Any], SQL]] = {
    bool: lambda value: literal_column("true" if value else "false", BOOLEAN),
    str: lambda value: literal(value, TEXT),
    Decimal: _number,
    date: day,
    time: lambda value: literal_column(f"TIME '{value.isoformat()}'", Time()),
    datetime: _instant,
}


# ── composing ─────────────────────────────────────────────────────────────────────────────────────


def infix(left: SQL, operator: str, right: SQL, kind: TypeEngine[Any]) -> SQL:
    """Return an operation between two values, both in parentheses unless they are of one piece."""
    return atom(left).op(operator, return_type=kind)(atom(right))


def atom(value: SQL) -> SQL:
    """Return a value in parentheses, unless it is of one piece: nothing is left to precedence."""
    return value if isinstance(value, _OF_ONE_PIECE) else Grouping(value)


def is_null(value: SQL) -> SQL:
    """Tell whether a value is null."""
    return atom(value).is_(None)


_OF_ONE_PIECE = (BindParameter, Case, Cast, ColumnClause, Extract, FunctionElement, Grouping, ScalarSelect)


def small(value: SQL, low: int, high: int) -> SQL:
    """Return a number as an integer, brought between two limits.

    A branch of CASE that is never taken may still be worked out when the statement is planned, where its
    numbers are known by then; a cast that fails would be an error.
    """
    return cast(func.least(func.greatest(value, whole(low)), whole(high)), INTEGER)


def _is_cheap(value: SQL) -> bool:
    """Tell whether a value costs less each time than a query of its own does once."""
    steps = 0
    for part in visitors.iterate(value):
        if isinstance(part, SelectBase | ScalarSelect):
            return False
        steps += isinstance(part, FunctionElement | BinaryExpression | Case | Cast | Extract)
        if steps > CHEAP_STEPS:
            return False
    return True


def once(value: SQL, use: Callable[[SQL], SQL]) -> SQL:
    """Return what is made of a value that is used several times, computing it only once."""
    if _is_cheap(value):
        return use(value)
    inner: Any = select(value.label("x")).correlate_except(None).offset(literal_column("0")).subquery()
    made = use(inner.c.x)
    return select(made).select_from(inner).correlate_except(inner).scalar_subquery()
