"""Conditions as filters: only `true` counts there, so null and false may be told apart no more.

That lets `=` be what an index serves, and rows of lists be found from the list's side.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, literal_column, or_

from kernel.expression.sql.lists import all_there, reduced
from kernel.expression.sql.logic import opposite
from kernel.expression.sql.writing import BOOLEAN, SQL, atom, infix
from metadata.expression.sets.terms import Aggregate, Apply, Constant, Here, Row, Rows, Some, Term

if TYPE_CHECKING:
    from kernel.expression.sql.writer import Writer

_ONE: SQL = literal_column("1")


def positive(writer: Writer, term: Term) -> SQL:
    """Return a condition that is true exactly where the term is."""
    if isinstance(term, Some):
        return _some(writer, term)
    if isinstance(term, Apply):
        made = _POSITIVE.get(term.operation)
        found = made(writer, term) if made else None
        if found is not None:
            return found
    return writer.value(term)


def _and(writer: Writer, term: Apply) -> SQL:
    return and_(*(positive(writer, part) for part in term.arguments))


def _or(writer: Writer, term: Apply) -> SQL:
    """Return any of several conditions; values of one column as one list."""
    listed = _one_of(writer, term)
    return listed if listed is not None else or_(*(positive(writer, part) for part in term.arguments))


def _one_of(writer: Writer, term: Apply) -> SQL | None:
    tests = [part for part in term.arguments if isinstance(part, Apply) and part.operation == "="]
    operands = {test.arguments[0] for test in tests if isinstance(test.arguments[1], Constant)}
    if len(tests) < len(term.arguments) or len(operands) != 1:
        return None
    if any(not isinstance(test.arguments[1], Constant) for test in tests):
        return None
    return writer.value(operands.pop()).in_([writer.value(test.arguments[1]) for test in tests])


def _same(writer: Writer, term: Apply) -> SQL | None:
    left, right = term.arguments
    if left.shape.nullable and right.shape.nullable:
        return None
    return infix(writer.value(left), "=", writer.value(right), BOOLEAN)


def _compared(writer: Writer, term: Apply) -> SQL | None:
    """Return what rows come to, compared with a written number: by the owners of the rows, if it can be."""
    left, right = term.arguments
    bound = right.value if isinstance(right, Constant) else None
    if not isinstance(left, Aggregate) or not isinstance(bound, Decimal):
        return None
    wanted = _COUNTS.get((term.operation, bound)) if left.function == "count" else None
    if wanted is not None:
        return _found(writer, left.rows, ()) if wanted else _none(writer, left.rows)
    none_is_enough = left.function == "count" and _ORDER[term.operation](Decimal(0), bound)
    if none_is_enough or not _stands_alone(left.rows, (left.rows.item,)):
        return None
    return _grouped(writer, left, term.operation, writer.value(right))


_COUNTS = {
    (">", Decimal(0)): True, (">=", Decimal(1)): True, ("=", Decimal(0)): False, ("<", Decimal(1)): False,
    ("<=", Decimal(0)): False,
}  # fmt: skip
_ORDER: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": eq, "<": lt, "<=": le, ">": gt, ">=": ge,
}  # fmt: skip


def _grouped(writer: Writer, term: Aggregate, operator: str, bound: SQL) -> SQL:
    """Return the owners whose rows come to what is wanted; one without rows has nothing that could be."""
    owner = writer.owner(term.rows)
    made, conditions = writer.open(term.rows)
    item = writer.item(term)
    owners = made.query(made.owner, conditions=conditions).group_by(made.owner)
    if item is not None and term.rows.item.shape.nullable:
        owners = owners.having(all_there(item))
    return owner.in_(owners.having(infix(reduced(term, item), operator, bound, BOOLEAN)))


def _same_or_none(writer: Writer, term: Apply) -> SQL | None:
    found = _compared(writer, term)
    return found if found is not None else _same(writer, term)


def _some(writer: Writer, term: Some) -> SQL:
    """Return whether some row is known to meet it, or none is known not to, or unknown."""
    if term.decisive:
        return _found(writer, term.rows, (term.condition,))
    owner = writer.owner(term.rows)
    made, conditions = writer.open(term.rows)
    refuted: SQL = atom(writer.value(term.condition)).is_not(True)
    if not term.condition.shape.nullable:
        refuted = opposite(writer.value(term.condition))
    return opposite(exists(made.query(_ONE, conditions=(*conditions, refuted), of=owner)))


def _found(writer: Writer, rows: Rows, wanted: tuple[Term, ...]) -> SQL:
    """Return whether there is such a row: by the owners of such rows, unless they depend on the record."""
    owner = writer.owner(rows)
    made, conditions = writer.open(rows)
    conditions = (*conditions, *(positive(writer, each) for each in wanted))
    if _stands_alone(rows, wanted):
        owners = made.query(made.owner, conditions=conditions)
        return owner.in_(owners)
    return exists(made.query(_ONE, conditions=conditions, of=owner))


def _none(writer: Writer, rows: Rows) -> SQL:
    """Return whether there is no such row; a record that is not saved yet has no id, and none."""
    owner = writer.owner(rows)
    made, conditions = writer.open(rows)
    return opposite(exists(made.query(_ONE, conditions=conditions, of=owner)))


def _stands_alone(rows: Rows, wanted: tuple[Term, ...]) -> bool:
    """Tell whether the rows of all records can be asked at once: none looks at the record it belongs to."""
    inner = {rows.loop} | {
        part.loop for term in (*rows.conditions, *wanted) for part in term.walk() if isinstance(part, Rows)
    }
    return isinstance(rows.record, Here) and not any(
        isinstance(part, Here) or (isinstance(part, Row) and part.loop not in inner)
        for term in (*rows.conditions, *wanted)
        for part in term.walk()
    )


_POSITIVE: dict[str, Callable[[Writer, Apply], SQL | None]] = {
    "and": _and, "or": _or, "=": _same_or_none, ">": _compared, ">=": _compared, "<": _compared,
    "<=": _compared,
}  # fmt: skip
