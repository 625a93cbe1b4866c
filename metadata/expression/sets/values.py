"""This file makes terms of values: comparisons, conditions, arithmetic, simplified where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.sets import shapes as s
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Bound, Column, Constant, Linked, Picked, Term

NULL = Constant(s.NULL, None)
TRUE, FALSE = Constant(s.DECIDED, True), Constant(s.DECIDED, False)
UNKNOWN = Constant(s.BOOLEAN, None)


def number(value: Decimal) -> Constant:
    """Return a written number."""
    return Constant(s.of_number(value), value)


def is_null(term: Term) -> bool:
    """Tell whether a term is null for certain."""
    return isinstance(term, Constant) and term.value is None


def scalar(term: Term, *kinds: str) -> Term:
    """Return a term that must be a plain value, of one of some kinds; null passes."""
    if term.shape.kind == k.NULL or term.shape.kind in (kinds or s.SCALAR):
        return term
    raise Reason("M336" if term.shape.kind not in s.SCALAR else "M335")


def boolean(term: Term) -> Term:
    """Return a condition; what is null is unknown."""
    return UNKNOWN if is_null(term) else scalar(term, b.BOOLEAN)


def applied(operation: str, shape: Shape, *arguments: Term, places: int = 0) -> Term:
    """Return an operation that is null where an argument is."""
    if any(is_null(argument) for argument in arguments):
        return replace(NULL, shape=replace(shape, nullable=True))
    return Apply(shape.maybe(*(argument.shape for argument in arguments)), operation, arguments, places)


# ── conditions ────────────────────────────────────────────────────────────────────────────────────


def joined(operator: str, operands: Sequence[Term]) -> Term:
    """Return `and` or `or` of conditions, without those that are known."""
    neutral, decisive = (TRUE, FALSE) if operator == "and" else (FALSE, TRUE)
    open_ones = tuple(operand for operand in operands if operand != neutral)
    if not open_ones or decisive in open_ones:
        return decisive if open_ones else neutral
    if len(open_ones) == 1:
        return open_ones[0]
    return Apply(s.DECIDED.maybe(*(operand.shape for operand in open_ones)), operator, open_ones)


def opposite(term: Term) -> Term:
    """Return `not`."""
    if term in (TRUE, FALSE):
        return FALSE if term == TRUE else TRUE
    return Apply(term.shape, "not", (term,))


def missing(term: Term) -> Term:
    """Tell whether a value is null."""
    if isinstance(term, Constant):
        return TRUE if term.value is None else FALSE
    if term.shape.kind not in s.SCALAR | {k.RECORD}:
        raise Reason("M336")
    if not term.shape.nullable:
        return FALSE
    if term.shape.kind == k.RECORD:
        term = identity(term)
    return Apply(s.DECIDED, "is null", (term,))


def identity(record: Term) -> Term:
    """Return the id of a record."""
    if isinstance(record, Picked):
        return record.id
    if not isinstance(record, Linked | Bound) and record.shape.nullable:
        raise Reason("M336")
    return Column(replace(s.ID, nullable=record.shape.nullable), record, "id")


def same(left: Term, right: Term) -> Term:
    """Return `=`, which is never null: null equals null only."""
    if is_null(left):
        return missing(right)
    if is_null(right):
        return missing(left)
    if left.shape.kind != right.shape.kind or left.shape.entity != right.shape.entity:
        raise Reason("M335")
    if left.shape.kind == k.RECORD:
        left, right = identity(left), identity(right)
    return Apply(s.DECIDED, "=", (scalar(left), scalar(right)))


def compared(operator: str, left: Term, right: Term) -> Term:
    """Return a comparison by order, null where a side is."""
    for side in (left, right):
        scalar(side)
    if is_null(left) or is_null(right) or b.BOOLEAN in (left.shape.kind, right.shape.kind):
        return UNKNOWN
    if left.shape.kind != right.shape.kind:
        raise Reason("M335")
    return applied(operator, s.BOOLEAN, left, right)


def chosen(condition: Term, yes: Term, no: Term) -> Term:
    """Return `if`: what is not true goes the other way."""
    if k.RECORD in (yes.shape.kind, no.shape.kind):
        return picked((yes, no), lambda one, other: chosen(condition, one, other))
    if {yes.shape.kind, no.shape.kind} - {k.NULL} - s.SCALAR:
        raise Reason("M336")
    if is_null(yes) and is_null(no):
        return NULL
    if k.NULL not in (yes.shape.kind, no.shape.kind) and yes.shape.kind != no.shape.kind:
        raise Reason("M335")
    return Apply(s.wider(yes.shape, no.shape), "if", (condition, yes, no))


def picked(records: Sequence[Term], pick: Callable[..., Term]) -> Term:
    """Return one of several records of an entity, picked by their numbers; null is one of no entity."""
    entities = {record.shape.entity for record in records if not is_null(record)}
    if len(entities) != 1 or any(record.shape.kind not in (k.RECORD, k.NULL) for record in records):
        raise Reason("M335")
    id = pick(*(record if is_null(record) else identity(record) for record in records))
    return Picked(Shape(k.RECORD, nullable=id.shape.nullable, entity=entities.pop()), id)


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────


def held(term: Term) -> Term:
    """Return an exact number as expressions hold it: rounded where it may have more than 34 digits."""
    shape = term.shape
    if shape.is_exact:
        return term
    if shape.digits > s.MOST_DIGITS:
        raise Reason("M332", most=s.MOST_DIGITS)
    return Apply(replace(shape, whole=shape.whole + 1), "held", (term,))


def calculated(operator: str, left: Term, right: Term) -> Term:
    """Return the result of an arithmetic operator."""
    for side in (left, right):
        scalar(side)
    if is_null(left) or is_null(right):
        return NULL
    made = _WORK.get((operator, left.shape.kind, right.shape.kind))
    if made is None:
        raise Reason("M335")
    return made(left, right)


def negated(term: Term) -> Term:
    """Return a number or length with the other sign."""
    if isinstance(term, Constant) and isinstance(term.value, Decimal):
        return replace(term, value=term.value.copy_negate() if term.value else term.value)
    return applied("negate", term.shape, scalar(term, b.NUMBER, b.DAYS, b.MONTHS))


def _add(left: Term, right: Term) -> Term:
    return held(applied("+", s.added(left.shape, right.shape), left, right))


def _subtract(left: Term, right: Term) -> Term:
    return held(applied("-", s.added(left.shape, right.shape), left, right))


def _multiply(left: Term, right: Term) -> Term:
    return held(applied("*", s.multiplied(left.shape, right.shape), left, right))


def divide(left: Term, right: Term) -> Term:
    """Return a quotient; one by a number such as 100, of which no digit is lost, as a product."""
    if isinstance(right, Constant):
        if not right.value:
            return NULL
        inverse = _inverse(right.value)
        shape = s.multiplied(left.shape, inverse.shape) if inverse else None
        if inverse and shape and shape.is_exact:
            return applied("*", shape, left, inverse)
    shape = s.divided(left.shape, right.shape)
    if shape.digits > s.MOST_DIGITS:
        raise Reason("M332", most=s.MOST_DIGITS)
    return Apply(shape, "/", (left, right), s.places_of_quotient(left.shape, right.shape))


def _inverse(value: Decimal) -> Constant | None:
    """Return 1 ÷ value where few digits say it exactly."""
    for places in range(12):
        inverse = Fraction(10**places) / Fraction(value)
        if inverse.denominator == 1:
            return number(Decimal(inverse.numerator).scaleb(-places))
    return None


def _plain(operation: str, shape: Shape) -> Callable[[Term, Term], Term]:
    return lambda left, right: applied(operation, shape, left, right)


def _later(
    operation: str, shape: Shape, sign: str = "+", *, turned: bool = False
) -> Callable[[Term, Term], Term]:
    """Return what adds a length to a moment; null where that leaves the calendar."""

    def work(left: Term, right: Term) -> Term:
        moment, length = (right, left) if turned else (left, right)
        made = applied(operation, shape, moment, negated(length) if sign == "-" else length)
        return replace(made, shape=replace(made.shape, nullable=True))

    return work


_WORK: dict[tuple[str, str, str], Callable[[Term, Term], Term]] = {
    ("+", b.NUMBER, b.NUMBER): _add,
    ("-", b.NUMBER, b.NUMBER): _subtract,
    ("*", b.NUMBER, b.NUMBER): _multiply,
    ("/", b.NUMBER, b.NUMBER): divide,
    ("+", b.TEXT, b.TEXT): _plain("join", s.TEXT),
    ("-", b.DATE, b.DATE): _plain("days apart", s.DAYS),
    ("-", b.INSTANT, b.INSTANT): _plain("instants apart", s.DAYS),
    ("-", b.TIME, b.TIME): _plain("times apart", s.DAYS),
    ("+", b.MONTHS, b.MONTHS): _plain("add months", s.MONTHS),
    ("-", b.MONTHS, b.MONTHS): lambda left, right: applied("add months", s.MONTHS, left, negated(right)),
}
# Not months after an instant: its calendar depends on the zone it is looked at in.
for _moment, _length, _shape in (
    (b.DATE, b.DAYS, s.DATE), (b.DATE, b.MONTHS, s.DATE), (b.INSTANT, b.DAYS, s.INSTANT),
):  # fmt: skip
    _operation = f"{_moment} plus {_length}"
    _WORK["+", _moment, _length] = _later(_operation, _shape)
    _WORK["+", _length, _moment] = _later(_operation, _shape, turned=True)
    _WORK["-", _moment, _length] = _later(_operation, _shape, "-")
