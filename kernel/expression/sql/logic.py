"""Comparisons, conditions and choices as SQL: null is equal to null only, anything else with null is open."""

from __future__ import annotations

from sqlalchemy import and_, case, collate, func, not_, or_
from sqlalchemy.sql.elements import Grouping

from kernel.expression.sql.forms import FORMS, Form, Writes, form
from kernel.expression.sql.writing import BOOLEAN, SQL, TYPES, atom, infix, is_null
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Apply, Term


@form("=")
def _same(writes: Writes, term: Apply) -> SQL:
    left, right = term.arguments
    if left.shape.nullable or right.shape.nullable:
        return infix(writes.value(left), "IS NOT DISTINCT FROM", writes.value(right), BOOLEAN)
    return infix(writes.value(left), "=", writes.value(right), BOOLEAN)


@form("is null")
def _missing(writes: Writes, term: Apply) -> SQL:
    return is_null(writes.value(term.arguments[0]))


def by_code_point(text: SQL) -> SQL:
    """Return a text that is compared by code points, whatever the database is set to."""
    return collate(text, "C")


def ordered(writes: Writes, term: Term) -> SQL:
    """Return a value as order looks at it."""
    value = writes.value(term)
    return by_code_point(value) if term.shape.kind == b.TEXT else value


def _compared(operator: str) -> Form:
    def made(writes: Writes, term: Apply) -> SQL:
        left, right = term.arguments
        return infix(ordered(writes, left), operator, writes.value(right), BOOLEAN)

    return made


for _operator in ("<", "<=", ">", ">="):
    FORMS[_operator] = _compared(_operator)


@form("and")
def _and(writes: Writes, term: Apply) -> SQL:
    return and_(*map(writes.value, term.arguments))


@form("or")
def _or(writes: Writes, term: Apply) -> SQL:
    return or_(*map(writes.value, term.arguments))


@form("not")
def _not(writes: Writes, term: Apply) -> SQL:
    return opposite(writes.value(term.arguments[0]))


def opposite(condition: SQL) -> SQL:
    """Return NOT of a condition."""
    return Grouping(not_(atom(condition)))


def typed(writes: Writes, term: Term, kind: str) -> SQL:
    """Return a value among others of its kind: all numbers of one type."""
    return writes.number(term) if kind == b.NUMBER else writes.value(term)


@form("coalesce")
def _coalesce(writes: Writes, term: Apply) -> SQL:
    kind = term.shape.kind
    return func.coalesce(*(typed(writes, part, kind) for part in term.arguments), type_=TYPES[kind])


@form("if")
def _if(writes: Writes, term: Apply) -> SQL:
    condition, yes, no = term.arguments
    kind = term.shape.kind
    made = case((writes.value(condition), typed(writes, yes, kind)), else_=typed(writes, no, kind))
    made.type = TYPES[kind]
    return made
