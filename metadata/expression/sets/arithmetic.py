"""This file makes terms of arithmetic: what an operator makes of two values, by their kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from metadata.expression import builtins as b
from metadata.expression.sets import lengths
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.lengths import COUNTS
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.rounding import rounding
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Constant, Term

Work = Callable[[Term, Term], Term]


def calculated(operator: str, left: Term, right: Term) -> Term:
    """Return the result of an arithmetic operator."""
    for side in (left, right):
        v.scalar(side, *s.SCALAR, b.DURATION)
    if v.is_null(left) or v.is_null(right):
        return v.NULL
    if b.DURATION in (left.shape.kind, right.shape.kind):
        return _of_open(operator, left, right)
    made = _WORK.get((operator, left.shape.kind, right.shape.kind))
    kinds = {left.shape.kind, right.shape.kind}
    if kinds == {b.DAYS, b.MONTHS} and operator in "+-/":
        return v.NULL
    if made is None:
        raise Reason("M337" if kinds == {b.INSTANT, b.MONTHS} else "M335")
    return made(left, right)


def _of_open(operator: str, left: Term, right: Term) -> Term:
    """Return what is made of a length of which only the row says the kind: of its months, or of its days."""
    open_ones = [term for term in (left, right) if term.shape.kind in lengths.KINDS]

    def work(*side: Term) -> Term:
        given = iter(side)
        one, other = (next(given) if term in open_ones else term for term in (left, right))
        return calculated(operator, one, other)

    gives_length = operator in ("+-" if len(open_ones) == 2 else "*/")
    return lengths.each(work, *open_ones) if gives_length else v.of_either(work, *open_ones)


def negated(term: Term) -> Term:
    """Return a number or length with the other sign."""
    if isinstance(term, Constant) and isinstance(term.value, Decimal):
        return replace(term, value=term.value.copy_negate() if term.value else term.value)
    if term.shape.kind == b.DURATION:
        return lengths.each(negated, term)
    if v.is_null(term):
        return term
    return v.applied("negate", term.shape, v.scalar(term, b.NUMBER, b.DAYS, b.MONTHS))


def _add(left: Term, right: Term) -> Term:
    return v.held(v.applied("+", s.added(left.shape, right.shape), left, right))


def _subtract(left: Term, right: Term) -> Term:
    return v.held(v.applied("-", s.added(left.shape, right.shape), left, right))


def _multiply(left: Term, right: Term) -> Term:
    return v.held(v.applied("*", s.multiplied(left.shape, right.shape), left, right))


def divide(left: Term, right: Term) -> Term:
    """Return a quotient; one by a number such as 100, of which no digit is lost, as a product."""
    if isinstance(right, Constant):
        if not right.value:
            return v.NULL
        inverse = _inverse(right.value)
        shape = s.multiplied(left.shape, inverse.shape) if inverse else None
        if inverse and shape and shape.is_exact:
            return v.applied("*", shape, left, inverse)
    shape = s.divided(left.shape, right.shape)
    if shape.digits > s.MOST_DIGITS:
        raise Reason("M332", most=s.MOST_DIGITS)
    return Apply(shape, "/", (left, right), s.places_of_quotient(left.shape, right.shape))


def _inverse(value: Decimal) -> Constant | None:
    """Return 1 ÷ value where few digits say it exactly."""
    for places in range(12):
        inverse = Fraction(10**places) / Fraction(value)
        if inverse.denominator == 1:
            return v.number(Decimal(inverse.numerator).scaleb(-places))
    return None


def _plain(operation: str, shape: Shape) -> Work:
    return lambda left, right: v.applied(operation, shape, left, right)


def _later(operation: str, shape: Shape, sign: str = "+", *, turned: bool = False) -> Work:
    """Return what adds a length to a moment; null where that leaves the calendar."""

    def work(left: Term, right: Term) -> Term:
        moment, length = (right, left) if turned else (left, right)
        made = v.applied(operation, shape, moment, negated(length) if sign == "-" else length)
        return replace(made, shape=replace(made.shape, nullable=True))

    return work


# ── lengths of time ─────────────────────────────────────────────────────────────────────────────────


def kept(made: Term) -> Term:
    """Return a length, null where it is longer than lengths are."""
    return Apply(replace(made.shape, nullable=True), f"kept {made.shape.kind}", (made,))


def _joined(operation: str, shape: Shape, *, turned: bool = False) -> Work:
    def work(left: Term, right: Term) -> Term:
        return kept(v.applied(operation, shape, left, negated(right) if turned else right))

    return work


def count(length: Term) -> Term:
    """Return the months or microseconds of a length as a number."""
    kind = length.shape.kind
    return v.applied(f"count of {kind}", COUNTS[kind], length)


def _seconds(length: Term) -> Term:
    return v.applied("seconds of length", s.number(14, 6), length)


def _of_months(number: Term) -> Term:
    """Return a number as months, without the part of a month."""
    if v.is_null(number):
        return lengths.NO_MONTHS
    return kept(v.applied("months of number", s.MONTHS, rounding("down")(number)))


def _of_seconds(number: Term) -> Term:
    """Return a number of seconds as a length, rounded to the microsecond."""
    if v.is_null(number):
        return lengths.NO_DAYS
    return kept(v.applied("length of seconds", s.DAYS, rounding("half even")(number, v.number(Decimal(6)))))


def _ratio(left: Term, right: Term) -> Term:
    return divide(count(left), count(right))


_WORK: dict[tuple[str, str, str], Work] = {
    ("+", b.NUMBER, b.NUMBER): _add,
    ("-", b.NUMBER, b.NUMBER): _subtract,
    ("*", b.NUMBER, b.NUMBER): _multiply,
    ("/", b.NUMBER, b.NUMBER): divide,
    ("+", b.TEXT, b.TEXT): _plain("join", s.TEXT),
    ("-", b.DATE, b.DATE): _plain("days apart", s.DAYS),
    ("-", b.INSTANT, b.INSTANT): _plain("instants apart", s.DAYS),
    ("-", b.TIME, b.TIME): _plain("times apart", s.DAYS),
    ("-", b.DATE, b.INSTANT): _plain("instants apart", s.DAYS),
    ("-", b.INSTANT, b.DATE): _plain("instants apart", s.DAYS),
    ("+", b.MONTHS, b.MONTHS): _joined("add lengths", s.MONTHS),
    ("-", b.MONTHS, b.MONTHS): _joined("add lengths", s.MONTHS, turned=True),
    ("+", b.DAYS, b.DAYS): _joined("add lengths", s.DAYS),
    ("-", b.DAYS, b.DAYS): _joined("add lengths", s.DAYS, turned=True),
    ("*", b.MONTHS, b.NUMBER): lambda left, right: _of_months(_multiply(count(left), right)),
    ("*", b.NUMBER, b.MONTHS): lambda left, right: _of_months(_multiply(left, count(right))),
    ("/", b.MONTHS, b.NUMBER): lambda left, right: _of_months(divide(count(left), right)),
    ("*", b.DAYS, b.NUMBER): lambda left, right: _of_seconds(_multiply(_seconds(left), right)),
    ("*", b.NUMBER, b.DAYS): lambda left, right: _of_seconds(_multiply(left, _seconds(right))),
    ("/", b.DAYS, b.NUMBER): lambda left, right: _of_seconds(divide(_seconds(left), right)),
    ("/", b.MONTHS, b.MONTHS): _ratio,
    ("/", b.DAYS, b.DAYS): _ratio,
}
# Not months after an instant: its calendar depends on the zone it is looked at in.
for _moment, _length, _shape in (
    (b.DATE, b.DAYS, s.DATE), (b.DATE, b.MONTHS, s.DATE), (b.INSTANT, b.DAYS, s.INSTANT),
    (b.TIME, b.DAYS, s.TIME),
):  # fmt: skip
    _operation = f"{_moment} plus {_length}"
    _WORK["+", _moment, _length] = _later(_operation, _shape)
    _WORK["+", _length, _moment] = _later(_operation, _shape, turned=True)
    _WORK["-", _moment, _length] = _later(_operation, _shape, "-")
