"""This file writes an expression back as text: the one canonical form, which reads as the same nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from metadata.expression import nodes as n
from metadata.expression.builtins import SPOKEN
from metadata.expression.grammar import (
    ADD,
    AND,
    COMPARE,
    INSTANCE,
    KEYWORDS,
    MULTIPLY,
    NEGATE,
    OR,
    POWER,
    REACH,
)

_PLAIN = re.compile(r"[^\W\d]\w*")
_STRENGTH = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ATOM, LOWEST = REACH + 1, 0


def write(node: n.Node) -> str:
    """Return the canonical text of an expression or of unary tests."""
    return _written(node, LOWEST)


def _written(node: n.Node, binding: int) -> str:
    """Write a node so that it holds together where operators of a strength stand around it."""
    strength, text = _WRITERS[type(node)](node)
    return text if strength >= binding else f"({text})"


def quoted(text: str) -> str:
    """Write a text between quotes."""
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'


def name(text: str) -> str:
    """Write a name, in backticks where it is no identifier or means something else."""
    if text in SPOKEN or (_PLAIN.fullmatch(text) and text not in KEYWORDS):
        return text
    return f"`{text}`"


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quoted(text)


def _number(node: n.Number) -> tuple[int, str]:
    return ATOM, format(node.value, "f") if -30 < node.value.adjusted() < 34 else str(node.value)


def _context(node: n.Context) -> tuple[int, str]:
    entries = (f"{_key(entry.key)}: {write(entry.value)}" for entry in node.entries)
    return ATOM, "{" + ", ".join(entries) + "}"


def _range(node: n.Range) -> tuple[int, str]:
    assert node.low is not None
    assert node.high is not None
    low, high = write(node.low), write(node.high)
    return ATOM, f"{'[' if node.low_closed else '('}{low}..{high}{']' if node.high_closed else ')'}"


def _function(node: n.Function) -> tuple[int, str]:
    parameters = (name(one) + (f": {_type(kind)}" if kind else "") for one, kind in node.parameters)
    return LOWEST, f"function({', '.join(parameters)}) {write(node.body)}"


def _type(node: n.TypeName) -> str:
    parts = [_type(item) for item in node.items]
    if node.keys:
        parts = [f"{name(key)}: {part}" for key, part in zip(node.keys, parts, strict=True)]
    inside = f"<{', '.join(parts)}>" if parts or node.name == "function" else ""
    return node.name + inside + (f" -> {_type(node.result)}" if node.result else "")


def _path(node: n.Path) -> tuple[int, str]:
    return REACH, f"{_written(node.base, REACH)}.{name(node.name)}"


def _filter(node: n.Filter) -> tuple[int, str]:
    return REACH, f"{_written(node.base, REACH)}[{write(node.condition)}]"


def _call(node: n.Call) -> tuple[int, str]:
    given = [write(argument) for argument in node.arguments]
    if node.names:
        given = [f"{one}: {text}" for one, text in zip(node.names, given, strict=True)]
    return REACH, f"{_written(node.function, REACH)}({', '.join(given)})"


def _arithmetic(node: n.Arithmetic) -> tuple[int, str]:
    strength = _STRENGTH[node.operator]
    left, right = _written(node.left, strength), _written(node.right, strength + 1)
    return strength, f"{left} {node.operator} {right}"


def _comparison(node: n.Comparison) -> tuple[int, str]:
    return COMPARE, f"{_written(node.left, COMPARE)} {node.operator} {_written(node.right, ADD)}"


def _between(node: n.Between) -> tuple[int, str]:
    low, high = _written(node.low, ADD), _written(node.high, ADD)
    return COMPARE, f"{_written(node.operand, COMPARE)} between {low} and {high}"


def _in(node: n.In) -> tuple[int, str]:
    operand = _written(node.operand, COMPARE)
    tests = [_test(test, ADD) for test in node.tests]
    return COMPARE, f"{operand} in {tests[0]}" if len(tests) == 1 else f"{operand} in ({', '.join(tests)})"


def _test(node: n.Node, binding: int) -> str:
    if isinstance(node, n.Test):
        return f"{node.operator} {_written(node.operand, ADD)}"
    return _written(node, binding)


def _logic(node: n.Logic) -> tuple[int, str]:
    strength = OR if node.operator == "or" else AND
    return strength, f" {node.operator} ".join(_written(operand, strength + 1) for operand in node.operands)


def _unary_tests(node: n.UnaryTests) -> tuple[int, str]:
    if not node.tests:
        return LOWEST, "-"
    inside = ", ".join(_test(test, LOWEST) for test in node.tests)
    return LOWEST, f"not({inside})" if node.negated else inside


def _iterations(node: n.For | n.Quantified) -> str:
    return ", ".join(
        f"{name(each.name)} in {write(each.source)}" + (f"..{write(each.to)}" if each.to else "")
        for each in node.iterations
    )


def _if(node: n.If) -> tuple[int, str]:
    return LOWEST, f"if {write(node.condition)} then {write(node.yes)} else {write(node.no)}"


def _instance(node: n.InstanceOf) -> tuple[int, str]:
    # As loose as it reads: a `<` right after a type would begin its parts.
    return AND, f"{_written(node.operand, INSTANCE)} instance of {_type(node.type)}"


_WRITERS: dict[type[n.Node], Callable[[Any], tuple[int, str]]] = {
    n.Null: lambda node: (ATOM, "null"),
    n.Boolean: lambda node: (ATOM, "true" if node.value else "false"),
    n.Number: _number,
    n.Text: lambda node: (ATOM, quoted(node.value)),
    n.At: lambda node: (ATOM, f"@{quoted(node.text)}"),
    n.ListOf: lambda node: (ATOM, f"[{', '.join(_test(item, LOWEST) for item in node.items)}]"),
    n.Context: _context,
    n.Range: _range,
    n.Function: _function,
    n.Name: lambda node: (ATOM, name(node.name)),
    n.Input: lambda node: (ATOM, "?"),
    n.Path: _path,
    n.Filter: _filter,
    n.Call: _call,
    n.Negative: lambda node: (NEGATE, f"-{_written(node.operand, INSTANCE)}"),
    n.Arithmetic: _arithmetic,
    n.Comparison: _comparison,
    n.Between: _between,
    n.In: _in,
    n.Test: lambda node: (ATOM, f"({node.operator} {_written(node.operand, ADD)})"),
    n.Logic: _logic,
    n.UnaryTests: _unary_tests,
    n.InstanceOf: _instance,
    n.If: _if,
    n.For: lambda node: (LOWEST, f"for {_iterations(node)} return {write(node.result)}"),
    n.Quantified: lambda node: (
        LOWEST,
        f"{node.quantifier} {_iterations(node)} satisfies {write(node.condition)}",
    ),
}
