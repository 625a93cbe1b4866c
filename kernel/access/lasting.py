"""This file says what of a condition on records the row alone tells, at any time and to anybody.

So much an index can hold: it leads to the rows that meet a condition without looking at any other.
"""

from __future__ import annotations

from kernel.runtime import CompiledEntity
from metadata.expression.faults import Fault
from metadata.expression.nodes import (
    At,
    Between,
    Boolean,
    Call,
    Comparison,
    In,
    ListOf,
    Logic,
    Name,
    Negative,
    Node,
    Null,
    Number,
    Range,
    Test,
    Text,
)
from metadata.expression.parse import parse

LASTING = (At, Between, Boolean, Comparison, In, ListOf, Logic, Negative, Null, Number, Range, Test, Text)
NOT, DATE = "not", "date"
ELSEWHERE = ("link", "duration")  # their values are reached by a SELECT, which no index holds


def conjuncts(asked: str) -> tuple[Node, ...]:
    """Return the parts of a condition that must all hold."""
    node = parse(asked)
    assert not isinstance(node, Fault), "conditions are checked before"
    return node.operands if isinstance(node, Logic) and node.operator == "and" else (node,)


def lasting(asked: str, compiled: CompiledEntity) -> list[Node]:
    """Return the parts of a condition that depend on nothing but columns of the row."""
    return [part for part in conjuncts(asked) if is_lasting(part, compiled)]


def is_lasting(node: Node, compiled: CompiledEntity) -> bool:
    """Tell whether a condition depends on nothing but columns of its row."""
    if isinstance(node, Name):
        field = compiled.fields.get(node.name)
        return field is not None and field.has_column and field.type not in ELSEWHERE
    if isinstance(node, Call):
        called = node.function.name if isinstance(node.function, Name) else ""
        if called == DATE:  # of a field it would read a text by the settings of the session
            return all(isinstance(part, Text | Number) for part in node.arguments)
        return called == NOT and all(is_lasting(part, compiled) for part in node.arguments)
    return isinstance(node, LASTING) and all(is_lasting(part, compiled) for part in node.parts())
