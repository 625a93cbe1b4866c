"""This file makes terms of lists: written ones item by item, rows of a table by what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from metadata.expression import builtins as b
from metadata.expression.grammar import MAX_DIGITS
from metadata.expression.sets import arithmetic, lengths, ranges
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.reasons import Reason
from metadata.expression.sets.terms import Aggregate, Apply, Items, Rows, Some, Span, Term

MOST_ROWS = 6  # digits of how many rows one record may have in a list; beyond, closures give up as well


def rows(source: Term) -> Rows:
    """Return a source that must be rows of a table."""
    if not isinstance(source, Rows):
        raise Reason("M330", what="repetir sobre o que não são linhas do cadastro")
    return source


def absent(source: Rows) -> Term:
    """Tell whether there is no list at all, because there is no record to have it."""
    return v.FALSE if source.is_never_null else v.missing(source.record)


def _unless_absent(source: Rows, found: Term, otherwise: Term) -> Term:
    condition = absent(source)
    return found if condition == v.FALSE else v.chosen(condition, otherwise, found)


def quantified(
    source: Term, condition: Callable[[Term], Term], *, decisive: bool, is_inner: bool = False
) -> Term:
    """Return `some` (decisive) or `every`; an inner list that is not there is empty."""
    if v.is_null(source):
        return v.UNKNOWN
    if isinstance(source, Items):
        return v.joined("or" if decisive else "and", [condition(item) for item in source.items])
    found = rows(source)
    if is_inner:
        found = replace(found, is_never_null=True)
    return _unless_absent(found, _some(found, condition(found.item), decisive=decisive), v.UNKNOWN)


def _some(source: Rows, condition: Term, *, decisive: bool) -> Term:
    return Some(s.DECIDED.maybe(condition.shape), decisive, source, condition)


def meets(operand: Term, wanted: Term) -> Term:
    """Tell whether a value is what a test names: equal to it, within it, or one of it."""
    if isinstance(wanted, Span):
        return ranges.holds(operand, wanted)
    if isinstance(wanted, Items):
        return v.joined("or", [meets(operand, item) for item in wanted.items])
    if isinstance(wanted, Rows):
        found = _some(wanted, v.same(wanted.item, operand), decisive=True)
        return _unless_absent(wanted, found, v.missing(operand))
    return v.same(operand, wanted)


# ── built-ins over lists ──────────────────────────────────────────────────────────────────────────


def gathered(arguments: Sequence[Term]) -> Term:
    """Return the list that a built-in is about: its only argument, or all of them."""
    if len(arguments) == 1 and isinstance(arguments[0], Items | Rows):
        return arguments[0]
    if any(isinstance(argument, Items | Rows) for argument in arguments):
        raise Reason("M336")
    return Items(s.LIST, tuple(arguments))


def counted(source: Term) -> Term:
    """Return `count`."""
    if isinstance(source, Rows):
        found = Aggregate(s.number(MOST_ROWS + 1, 0, nullable=False), "count", source)
        return _unless_absent(source, found, v.NULL)
    assert isinstance(source, Items)
    return v.number(Decimal(len(source.items)))


def total(source: Term) -> Term:
    """Return `sum`: nothing for an empty list, or where one item is null."""
    if isinstance(source, Rows):
        if v.is_null(source.item):
            return v.NULL
        if source.item.shape.kind in lengths.KINDS:
            return _unless_absent(source, _of_lengths(source, _total_length), v.NULL)
        shape = v.scalar(source.item, b.NUMBER).shape
        made = s.number(shape.whole + MOST_ROWS, shape.scale)
        if not made.is_exact:
            raise Reason("M332", most=MAX_DIGITS)
        return _unless_absent(source, Aggregate(made, "sum", source), v.NULL)
    assert isinstance(source, Items)
    if not source.items or any(v.is_null(item) for item in source.items):
        return v.NULL
    found = v.scalar(source.items[0], b.NUMBER, *lengths.KINDS)
    for item in source.items[1:]:
        found = arithmetic.calculated("+", found, item)
    return found


def _of_lengths(source: Rows, work: Callable[[Rows], Term]) -> Term:
    """Return what is made of rows of lengths: of months, or of days; mixed they make none."""
    if source.item.shape.kind != b.DURATION:
        return work(source)
    return lengths.each(lambda item: work(replace(source, item=item)), source.item)


def _total_length(source: Rows) -> Term:
    return arithmetic.kept(Aggregate(replace(source.item.shape, nullable=True), "sum", source))


def mean(source: Term) -> Term:
    """Return `mean`: the sum by how many there are."""
    return arithmetic.calculated("/", total(source), counted(source))


def extreme(function: str) -> Callable[[Term], Term]:
    """Return `min` or `max`: nothing for an empty list, or where one item is null."""

    def of_rows(source: Rows) -> Term:
        return Aggregate(replace(source.item.shape, nullable=True), function, source)

    def work(source: Term) -> Term:
        if isinstance(source, Rows):
            if v.is_null(source.item):
                return v.NULL
            v.scalar(source.item, *s.ORDERED, b.DURATION)
            return _unless_absent(source, _of_lengths(source, of_rows), v.NULL)
        assert isinstance(source, Items)
        items = [v.scalar(item, *s.ORDERED, b.DURATION) for item in source.items]
        if not items or any(v.is_null(item) for item in items):
            return v.NULL
        if len(items) == 1:
            return items[0]
        if lengths.is_open(*items):
            return lengths.each(lambda *each: work(Items(s.LIST, each)), *items)
        if len({item.shape.kind for item in items}) > 1:
            raise Reason("M335")
        shape = items[0].shape
        for item in items[1:]:
            shape = s.wider(shape, item.shape)
        return Apply(shape, function, tuple(items))

    return work


def decided(*, decisive: bool) -> Callable[[Term], Term]:
    """Return `any` (decisive) or `all`."""
    return lambda source: quantified(source, v.boolean, decisive=decisive)


def contains(source: Term, element: Term) -> Term:
    """Return `list contains`."""
    if isinstance(source, Items):
        return v.joined("or", [v.certain(v.same(item, element)) for item in source.items])
    found = rows(source)
    same = v.certain(v.same(found.item, element))
    return _unless_absent(found, _some(found, same, decisive=True), v.UNKNOWN)
