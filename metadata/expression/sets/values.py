"""This file makes terms of values: comparisons and conditions, simplified where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.sets import lengths
from metadata.expression.sets import shapes as s
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Bound, Column, Constant, Length, Linked, Picked, Term

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


def certain(term: Term) -> Term:
    """Tell whether a condition is met, and known to be."""
    return chosen(term, TRUE, FALSE) if term.shape.nullable else term


def missing(term: Term) -> Term:
    """Tell whether a value is null."""
    if isinstance(term, Constant):
        return TRUE if term.value is None else FALSE
    if isinstance(term, Length):
        return joined("and", (missing(term.months), missing(term.days)))
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
    if lengths.is_open(left, right):
        return _same_length(left, right)
    if left.shape.kind != right.shape.kind or left.shape.entity != right.shape.entity:
        raise Reason("M335")
    if left.shape.kind == k.RECORD:
        left, right = identity(left), identity(right)
    return Apply(s.DECIDED, "=", (scalar(left), scalar(right)))


def mixed(left: Term, right: Term) -> Term:
    """Tell whether one value is a length of months, and the other one of days."""
    if not lengths.is_open(left, right):
        return FALSE
    pairs = zip(lengths.parts(left), reversed(lengths.parts(right)), strict=True)
    return joined("or", [joined("and", [opposite(missing(part)) for part in pair]) for pair in pairs])


def _same_length(left: Term, right: Term) -> Term:
    """Return `=` of lengths: open between months and days."""
    sides = zip(lengths.parts(left), lengths.parts(right), strict=True)
    found = joined("and", [same(*side) for side in sides])
    is_mixed = mixed(left, right)
    return found if is_mixed == FALSE else chosen(is_mixed, UNKNOWN, found)


def first(*values: Term) -> Term:
    """Return the one of several values of one kind that is not null."""
    there = tuple(value for value in values if not is_null(value))
    if len(there) < 2:
        return there[0] if there else values[0]
    return Apply(replace(there[0].shape, nullable=True), "coalesce", there)


def of_either(work: Callable[..., Term], *lengths_: Term) -> Term:
    """Return the value that is made of the months of lengths, or else of their days."""
    return first(*(work(*side) for side in zip(*map(lengths.parts, lengths_), strict=True)))


def compared(operator: str, left: Term, right: Term) -> Term:
    """Return a comparison by order, null where a side is."""
    if lengths.is_open(left, right):
        return of_either(lambda one, other: compared(operator, one, other), left, right)
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
    if lengths.is_open(yes, no):
        return lengths.each(lambda one, other: chosen(condition, one, other), yes, no)
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


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────


def held(term: Term) -> Term:
    """Return an exact number as expressions hold it: rounded where it may have more than 34 digits."""
    shape = term.shape
    if shape.is_exact:
        return term
    if shape.digits > s.MOST_DIGITS:
        raise Reason("M332", most=s.MOST_DIGITS)
    return Apply(replace(shape, whole=shape.whole + 1), "held", (term,))
