"""Numbers as SQL: exact, rounded where 34 digits do not hold them, never by what PostgreSQL itself rounds to.

Its own division and `round` decide ties and digits otherwise than expressions do.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import Text, and_, case, cast, func, literal_column, or_

from kernel.expression.sql.forms import FORMS, Writes, exact, form
from kernel.expression.sql.logic import by_code_point, typed
from kernel.expression.sql.writing import BOOLEAN, NUMERIC, SQL, infix, is_null, known, number, once, whole
from metadata.expression import builtins as b
from metadata.expression.grammar import MAX_DIGITS
from metadata.expression.sets.terms import Apply, Term


def plus(left: SQL, right: SQL) -> SQL:
    """Return a sum."""
    return infix(left, "+", right, NUMERIC)


def minus(left: SQL, right: SQL) -> SQL:
    """Return a difference."""
    return infix(left, "-", right, NUMERIC)


def times(left: SQL, right: SQL) -> SQL:
    """Return a product."""
    return infix(left, "*", right, NUMERIC)


def _unit(places: int) -> SQL:
    return number(Decimal(1).scaleb(places))


exact("+", plus)
exact("-", minus)
exact("*", times)
exact("negate", lambda value: infix(whole(0), "-", value, NUMERIC))
exact("abs", lambda value: func.abs(value, type_=NUMERIC))


def _is_odd(value: SQL) -> SQL:
    return infix(func.mod(value, whole(2)), "!=", whole(0), BOOLEAN)


def _equals(left: SQL, right: SQL) -> SQL:
    return infix(left, "=", right, BOOLEAN)


def _more(left: SQL, right: SQL) -> SQL:
    return infix(left, ">", right, BOOLEAN)


# ── rounding to digits ────────────────────────────────────────────────────────────────────────────


def _cut(digits: SQL, places: int, size: SQL, rest: SQL | None) -> SQL:
    """Return size × digits × 10 ** -places, of the digits only the first 34, half to even.

    digits: a whole number from 0.  rest: whether it was cut off above the true value.  size: -1, 0 or 1.
    """

    def by_unit(count: SQL, value: SQL) -> SQL:
        unit = cast(
            func.concat("1", func.repeat("0", infix(count, "-", whole(MAX_DIGITS), NUMERIC))), NUMERIC
        )
        return once(unit, lambda one: once(func.div(value, one), lambda kept: rounded(value, one, kept)))

    def rounded(value: SQL, unit: SQL, kept: SQL) -> SQL:
        twice = times(minus(value, times(kept, unit)), whole(2))
        tie = _is_odd(kept) if rest is None else or_(rest, _is_odd(kept))
        up = or_(_more(twice, unit), and_(_equals(twice, unit), tie))
        return times(plus(kept, case((up, whole(1)), else_=whole(0))), unit)

    def made(value: SQL) -> SQL:
        count = func.length(cast(value, Text))
        cut = case((_more(count, whole(MAX_DIGITS)), by_unit(count, value)), else_=value)
        return times(times(size, cut), _unit(-places))

    return once(digits, made)


@form("held")
def _held(writes: Writes, term: Apply) -> SQL:
    """Round an exact number to 34 digits."""
    scale = term.arguments[0].shape.scale

    def made(value: SQL) -> SQL:
        digits = func.trunc(times(func.abs(value), _unit(scale)))
        return _cut(digits, scale, func.sign(value), None)

    return once(writes.number(term.arguments[0]), made)


# ── quotients ─────────────────────────────────────────────────────────────────────────────────────


def _operands(writes: Writes, term: Apply, use: Callable[[SQL, SQL], SQL]) -> SQL:
    """Return what is made of dividend and divisor, each computed once; a divisor of zero is null."""
    left, right = term.arguments
    divisor = writes.number(right)
    if known(right) is None:
        divisor = func.nullif(divisor, whole(0), type_=NUMERIC)
    return once(writes.number(left), lambda one: once(divisor, lambda other: use(one, other)))


@form("/")
def _quotient(writes: Writes, term: Apply) -> SQL:
    """Divide to 34 digits: more digits than needed, whether a rest is left, and the rounding of these."""

    def made(left: SQL, right: SQL) -> SQL:
        enlarged, divisor = times(func.abs(left), _unit(term.places)), func.abs(right)
        size = times(func.sign(left), func.sign(right))

        def cut(digits: SQL) -> SQL:
            rest = infix(times(digits, divisor), "!=", enlarged, BOOLEAN)
            return _cut(digits, term.places, size, rest)

        return once(func.div(enlarged, divisor), cut)

    return _operands(writes, term, made)


def _rounded_quotient(mode: str) -> Callable[[Writes, Apply], SQL]:
    """Return how a quotient is rounded at once."""

    def made(writes: Writes, term: Apply) -> SQL:
        def of(left: SQL, right: SQL) -> SQL:
            enlarged = times(left, _unit(term.places)) if term.places else left
            found = _QUOTIENTS[mode](enlarged, right)
            return times(found, _unit(-term.places)) if term.places else found

        return _operands(writes, term, of)

    return made


def _nearest(tie: Callable[[SQL], SQL | None]) -> Callable[[SQL, SQL], SQL]:
    """Return the nearest whole quotient: of 2a + b by 2b, one less in the middle where the tie says so."""

    def made(left: SQL, right: SQL) -> SQL:
        size = times(func.sign(left), func.sign(right))
        divisor = times(func.abs(right), whole(2))
        dividend = plus(times(func.abs(left), whole(2)), func.abs(right))
        found = func.div(dividend, divisor, type_=NUMERIC)
        lower = tie(found)
        if lower is None:
            return times(size, found)
        is_tie = and_(_equals(func.mod(dividend, divisor), whole(0)), lower)
        return times(size, minus(found, case((is_tie, whole(1)), else_=whole(0))))

    return made


def _beyond(side: int) -> Callable[[SQL, SQL], SQL]:
    """Return the whole quotient next to zero, one further where there is a rest: on one side, or both (0)."""

    def made(left: SQL, right: SQL) -> SQL:
        size = times(func.sign(left), func.sign(right))

        def step(cut: SQL) -> SQL:
            rest = infix(times(cut, right), "!=", left, BOOLEAN)
            further = and_(rest, _equals(size, whole(side))) if side else rest
            return plus(cut, case((further, size), else_=whole(0)))

        return once(func.div(left, right, type_=NUMERIC), step)

    return made


_QUOTIENTS: dict[str, Callable[[SQL, SQL], SQL]] = {
    "half even": _nearest(_is_odd),
    "half up": _nearest(lambda found: None),
    "half down": _nearest(lambda found: _TRUE),
    "up": _beyond(0),
    "down": lambda left, right: func.div(left, right, type_=NUMERIC),
    "floor": _beyond(-1),
    "ceiling": _beyond(1),
}
_TRUE: SQL = literal_column("true", BOOLEAN)
for _mode in _QUOTIENTS:
    FORMS[f"quotient {_mode}"] = _rounded_quotient(_mode)


# ── rounding to places ────────────────────────────────────────────────────────────────────────────


def _is_tie(value: SQL, places: int) -> SQL:
    """Tell whether a number lies in the middle between two results."""
    half = number(Decimal(5).scaleb(-places - 1))
    return _equals(func.abs(minus(value, func.trunc(value, whole(places)))), half)


def _half_even(value: SQL, places: int) -> SQL:
    # In the middle, half of the number rounds to half of the even neighbour.
    even = times(func.round(times(value, number(Decimal("0.5"))), whole(places)), whole(2))
    return case((_is_tie(value, places), even), else_=func.round(value, whole(places)))


def _half_down(value: SQL, places: int) -> SQL:
    return case(
        (_is_tie(value, places), func.trunc(value, whole(places))), else_=func.round(value, whole(places))
    )


def _up(value: SQL, places: int) -> SQL:
    away = times(func.sign(value), _unit(-places))
    cut = func.trunc(value, whole(places))
    return case((_equals(cut, value), value), else_=plus(cut, away))


def _scaled(function: str) -> Callable[[SQL, int], SQL]:
    """Return floor or ceiling at some place after the point."""

    def made(value: SQL, places: int) -> SQL:
        work = getattr(func, function)
        return times(work(times(value, _unit(places))), _unit(-places)) if places else work(value)

    return made


_ROUNDINGS: dict[str, Callable[[SQL, int], SQL]] = {
    "half even": _half_even,
    "half up": lambda value, places: func.round(value, whole(places)),  # what PostgreSQL's own does
    "half down": _half_down,
    "up": _up,
    "down": lambda value, places: func.trunc(value, whole(places)),
    "floor": _scaled("floor"),
    "ceiling": _scaled("ceil"),
}


def _rounding(mode: str) -> Callable[[Writes, Apply], SQL]:
    def made(writes: Writes, term: Apply) -> SQL:
        found = once(writes.number(term.arguments[0]), lambda value: _ROUNDINGS[mode](value, term.places))
        found.type = NUMERIC
        return found

    return made


for _mode in _ROUNDINGS:
    FORMS[_mode] = _rounding(_mode)


# ── remainders, extremes, texts ───────────────────────────────────────────────────────────────────


@form("modulo")
def _modulo(writes: Writes, term: Apply) -> SQL:
    """Return the floored remainder: PostgreSQL's own has the sign of the dividend."""

    def made(left: SQL, right: SQL) -> SQL:
        return func.mod(plus(func.mod(left, right), right), right, type_=NUMERIC)

    left, right = term.arguments
    divisor = writes.number(right)
    if known(right) is not None:
        return made(writes.number(left), divisor)
    return once(func.nullif(divisor, whole(0), type_=NUMERIC), lambda other: made(writes.number(left), other))


def _parity(odd: bool) -> Callable[[Writes, Apply], SQL]:
    def made(writes: Writes, term: Apply) -> SQL:
        def of(value: SQL) -> SQL:
            found = infix(func.mod(value, whole(2)), "!=" if odd else "=", whole(0), BOOLEAN)
            if not term.arguments[0].shape.scale:
                return found
            return case((_equals(value, func.trunc(value)), found))

        return once(writes.number(term.arguments[0]), of)

    return made


FORMS["odd"], FORMS["even"] = _parity(True), _parity(False)


def _extreme(function: str) -> Callable[[Writes, Apply], SQL]:
    """Return the least or greatest of several values; null where one is, which PostgreSQL would skip."""

    def made(writes: Writes, term: Apply) -> SQL:
        kind = term.shape.kind
        values = [_comparable(writes, item, kind) for item in term.arguments]
        found: SQL = getattr(func, function)(*values, type_=values[0].type)
        empty = [
            is_null(value) for value, item in zip(values, term.arguments, strict=True) if item.shape.nullable
        ]
        return case((or_(*empty), None), else_=found) if empty else found

    return made


def _comparable(writes: Writes, term: Term, kind: str) -> SQL:
    value = typed(writes, term, kind)
    return by_code_point(value) if kind == b.TEXT else value


FORMS["min"], FORMS["max"] = _extreme("least"), _extreme("greatest")
exact("text of number", lambda value: cast(func.trim_scale(value), Text))
