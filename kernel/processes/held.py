"""This file makes values fit what holds them: columns of rows, and fields of records that are written."""

from __future__ import annotations

from decimal import Decimal

from metadata.entity import Field
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.parse import parse
from metadata.expression.sets import calls
from metadata.expression.sets import values as v
from metadata.expression.sets.lengths import stored
from metadata.expression.sets.taken import taken
from metadata.expression.sets.terms import Term


def node_of(text: str) -> n.Node:
    """Return the nodes of an expression that the checks have passed."""
    node = parse(text)
    assert isinstance(node, n.Node), text
    return node


def held(term: Term, field: Field) -> Term:
    """Return a value as a field takes it, numbers rounded half-even.

    A number that is too large is no empty field here: the database refuses it, and who it belongs to is left
    out with that reason.
    """
    if v.is_null(term) or field.type == "link":
        return term
    if field.type == "duration":
        return stored(taken(term, field))
    if field.kind.is_number:
        scale = field.scale if field.kind.storage == "numeric" else 0
        return calls.CALLS["decimal"](v.scalar(term, b.NUMBER), v.number(Decimal(scale)))
    return taken(term, field)
