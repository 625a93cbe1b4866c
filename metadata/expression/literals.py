"""This file reads tests of literal values, without a record: what a condition says of one value.

Values are Decimal, str, bool, date and None. Whatever is more than literals is not read: FREE.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from metadata.expression import nodes as n

Literal: TypeAlias = "Decimal | str | bool | date | None"
FREE = object()
MAX_SIZE = 30
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def literal(node: n.Node) -> Any:
    """Return the value of a literal, or FREE."""
    if isinstance(node, n.Negative):
        value = literal(node.operand)
        return -value if isinstance(value, Decimal) else FREE
    if isinstance(node, n.Call) and node.function == n.Name("date") and len(node.arguments) == 1:
        (argument,) = node.arguments
        return _day(argument.value) if isinstance(argument, n.Text) else FREE
    if isinstance(node, n.At):
        return _day(node.text)
    if isinstance(node, n.Null):
        return None
    if isinstance(node, n.Number) and abs(node.value.adjusted()) > MAX_SIZE:
        return FREE
    return node.value if isinstance(node, n.Number | n.Text | n.Boolean) else FREE


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(text) if len(text) == 10 else FREE
    except ValueError:
        return FREE


def points(tests: n.UnaryTests) -> list[Literal] | None:
    """Return the literals that tests compare with; None where they are more than literals."""
    found = [value for test in tests.tests for value in _values(test)]
    has_order = any(_is_ordering(test) for test in tests.tests)
    if FREE in found or (has_order and any(isinstance(value, str | bool) for value in found)):
        return None
    return found


def _is_ordering(node: n.Node) -> bool:
    return isinstance(node, n.Range) or (isinstance(node, n.Test) and node.operator in _ORDER)


def _values(node: n.Node) -> Iterator[Any]:
    if isinstance(node, n.Test):
        yield literal(node.operand)
    elif isinstance(node, n.ListOf):
        for item in node.items:
            yield from _values(item)
    elif isinstance(node, n.Range):
        ends = [None if end is None else literal(end) for end in (node.low, node.high)]
        yield from (FREE if end is None else end for end in ends)  # an end that is null leaves its side free
    else:
        yield literal(node)


def meets(tests: n.UnaryTests) -> Callable[[Literal], bool]:
    """Return what tells whether a value meets tests that are of literals only, as evaluation would."""
    judges = [_judge(test) for test in tests.tests]

    def judge(value: Literal) -> bool:
        is_open = False
        for each in judges:
            answer = each(value)
            if answer:
                return not tests.negated
            is_open = is_open or answer is None
        return tests.negated and not is_open

    return judge if judges else lambda value: True


def _judge(node: n.Node) -> Callable[[Any], bool | None]:
    if isinstance(node, n.Test):
        return _compared(node.operator, literal(node.operand))
    if isinstance(node, n.Range):
        low, high = (literal(node.low or n.Null()), literal(node.high or n.Null()))
        above = _compared(">=" if node.low_closed else ">", low)
        below = _compared("<=" if node.high_closed else "<", high)

        def within(value: Any) -> bool | None:
            answers = (above(value), below(value))
            return None if None in answers else all(answers)

        return within
    if isinstance(node, n.ListOf):
        judges = [_judge(item) for item in node.items]

        def listed(value: Any) -> bool | None:
            answers = [judge(value) for judge in judges]
            return True if True in answers else None if None in answers else False

        return listed
    return _compared("=", literal(node))


def _compared(sign: str, right: Any) -> Callable[[Any], bool | None]:
    kind = type(right)
    if sign in ("=", "!="):
        wanted = sign == "="
        if right is None:
            return lambda left: (left is None) is wanted
        return lambda left: (
            (left == right) is wanted if type(left) is kind else (not wanted if left is None else None)
        )
    compare = _ORDER[sign]
    return lambda left: compare(left, right) if right is not None and type(left) is kind else None
