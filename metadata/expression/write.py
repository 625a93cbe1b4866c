"""This file writes an expression back as text: the one canonical form, which reads as the same nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from metadata.expression import nodes as n
from metadata.expression.grammar import ADD, AND, COMPARE, INSTANCE, MULTIPLY, NEGATE, OR, POWER, REACH
from metadata.expression.words import ENGLISH, PLAIN, Words

_STRENGTH = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ATOM, LOWEST = REACH + 1, 0


def write(node: n.Node, words: Words = ENGLISH) -> str:
    """Return the canonical text of an expression or of unary tests."""
    return Writer(words).text(node)


def quoted(text: str) -> str:
    """Write a text between quotes."""
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'


def _key(text: str) -> str:
    return text if PLAIN.fullmatch(text) else quoted(text)


class Writer:
    """Writes in the words of one form of the language."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.name = words.name
        self.say = words.say

    def text(self, node: n.Node, binding: int = LOWEST) -> str:
        """Write a node so that it holds together where operators of a strength stand around it."""
        strength, text = _WRITERS[type(node)](self, node)
        return text if strength >= binding else f"({text})"

    def joined(self, parts: Iterable[str]) -> str:
        """Write items beside each other."""
        return f"{self.say(',')} ".join(parts)

    # ── values ────────────────────────────────────────────────────────────────────────────────────

    def number(self, node: n.Number) -> tuple[int, str]:
        """Write a number in plain digits while that is readable."""
        is_short = -30 < node.value.adjusted() < 34
        return ATOM, self.words.number(format(node.value, "f") if is_short else str(node.value))

    def list(self, node: n.ListOf) -> tuple[int, str]:
        """Write a list."""
        return ATOM, f"[{self.joined(self.test(item, LOWEST) for item in node.items)}]"

    def context(self, node: n.Context) -> tuple[int, str]:
        """Write a context."""
        entries = (f"{_key(entry.key)}: {self.text(entry.value)}" for entry in node.entries)
        return ATOM, "{" + self.joined(entries) + "}"

    def range(self, node: n.Range) -> tuple[int, str]:
        """Write a range."""
        assert node.low is not None
        assert node.high is not None
        low, high = self.text(node.low), self.text(node.high)
        return ATOM, f"{'[' if node.low_closed else '('}{low}..{high}{']' if node.high_closed else ')'}"

    def function(self, node: n.Function) -> tuple[int, str]:
        """Write a function of the expression's own."""
        given = (self.name(one) + (f": {self.type(kind)}" if kind else "") for one, kind in node.parameters)
        return LOWEST, f"{self.say('function')}({self.joined(given)}) {self.text(node.body)}"

    def type(self, node: n.TypeName) -> str:
        """Write a type."""
        parts = [self.type(item) for item in node.items]
        if node.keys:
            parts = [f"{self.name(key)}: {part}" for key, part in zip(node.keys, parts, strict=True)]
        inside = f"<{self.joined(parts)}>" if parts or node.name == "function" else ""
        name = self.words.types.get(node.name, node.name)
        return name + inside + (f" -> {self.type(node.result)}" if node.result else "")

    # ── reaching values ───────────────────────────────────────────────────────────────────────────

    def path(self, node: n.Path) -> tuple[int, str]:
        """Write what is reached by a point."""
        return REACH, f"{self.text(node.base, REACH)}.{self.name(node.name)}"

    def filter(self, node: n.Filter) -> tuple[int, str]:
        """Write what is chosen of many."""
        return REACH, f"{self.text(node.base, REACH)}[{self.text(node.condition)}]"

    def call(self, node: n.Call) -> tuple[int, str]:
        """Write a call."""
        given = [self.text(argument) for argument in node.arguments]
        if node.names:
            given = [f"{one}: {text}" for one, text in zip(node.names, given, strict=True)]
        callee = node.function
        if isinstance(callee, n.Name):
            return REACH, f"{self.words.called(callee.name)}({self.joined(given)})"
        return REACH, f"{self.text(callee, REACH)}({self.joined(given)})"

    # ── operators ─────────────────────────────────────────────────────────────────────────────────

    def arithmetic(self, node: n.Arithmetic) -> tuple[int, str]:
        """Write an operation."""
        strength = _STRENGTH[node.operator]
        left, right = self.text(node.left, strength), self.text(node.right, strength + 1)
        return strength, f"{left} {node.operator} {right}"

    def comparison(self, node: n.Comparison) -> tuple[int, str]:
        """Write a comparison."""
        return COMPARE, f"{self.text(node.left, COMPARE)} {node.operator} {self.text(node.right, ADD)}"

    def between(self, node: n.Between) -> tuple[int, str]:
        """Write `a between low and high`."""
        low, high = self.text(node.low, ADD), self.text(node.high, ADD)
        operand = self.text(node.operand, COMPARE)
        return COMPARE, f"{operand} {self.say('between')} {low} {self.say('and')} {high}"

    def within(self, node: n.In) -> tuple[int, str]:
        """Write `a in tests`."""
        operand = self.text(node.operand, COMPARE)
        tests = [self.test(test, ADD) for test in node.tests]
        asked = tests[0] if len(tests) == 1 else f"({self.joined(tests)})"
        return COMPARE, f"{operand} {self.say('in')} {asked}"

    def test(self, node: n.Node, binding: int) -> str:
        """Write one unary test."""
        if isinstance(node, n.Test):
            return f"{node.operator} {self.text(node.operand, ADD)}"
        return self.text(node, binding)

    def lone_test(self, node: n.Test) -> tuple[int, str]:
        """Write a test that stands for a value."""
        return ATOM, f"({self.test(node, LOWEST)})"

    def logic(self, node: n.Logic) -> tuple[int, str]:
        """Write conditions joined."""
        strength = OR if node.operator == "or" else AND
        word = f" {self.say(node.operator)} "
        return strength, word.join(self.text(operand, strength + 1) for operand in node.operands)

    def unary_tests(self, node: n.UnaryTests) -> tuple[int, str]:
        """Write what a cell asks."""
        if not node.tests:
            return LOWEST, "-"
        inside = self.joined(self.test(test, LOWEST) for test in node.tests)
        return LOWEST, f"{self.words.called('not')}({inside})" if node.negated else inside

    def instance(self, node: n.InstanceOf) -> tuple[int, str]:
        """Write `a instance of type`."""
        # As loose as it reads: a `<` right after a type would begin its parts.
        operand = self.text(node.operand, INSTANCE)
        return AND, f"{operand} {self.say('instance')} {self.words.of} {self.type(node.type)}"

    # ── flow ──────────────────────────────────────────────────────────────────────────────────────

    def choice(self, node: n.If) -> tuple[int, str]:
        """Write `if condition then yes else no`."""
        parts = zip(("if", "then", "else"), (node.condition, node.yes, node.no), strict=True)
        return LOWEST, " ".join(f"{self.say(word)} {self.text(part)}" for word, part in parts)

    def loop(self, node: n.For) -> tuple[int, str]:
        """Write `for iterations return result`."""
        return LOWEST, self._over("for", node.iterations, "return", node.result)

    def quantified(self, node: n.Quantified) -> tuple[int, str]:
        """Write `some iterations satisfies condition`."""
        return LOWEST, self._over(node.quantifier, node.iterations, "satisfies", node.condition)

    def _over(self, first: str, iterations: Iterable[n.Iteration], then: str, body: n.Node) -> str:
        passes = self.joined(
            f"{self.name(each.name)} {self.say('in')} {self.text(each.source)}"
            + (f"..{self.text(each.to)}" if each.to else "")
            for each in iterations
        )
        return f"{self.say(first)} {passes} {self.say(then)} {self.text(body)}"


_WRITERS: dict[type[n.Node], Callable[[Writer, Any], tuple[int, str]]] = {
    n.Null: lambda writer, node: (ATOM, writer.say("null")),
    n.Boolean: lambda writer, node: (ATOM, writer.say("true" if node.value else "false")),
    n.Text: lambda writer, node: (ATOM, quoted(node.value)),
    n.At: lambda writer, node: (ATOM, writer.words.moment(node.text)),
    n.Name: lambda writer, node: (ATOM, writer.name(node.name)),
    n.Input: lambda writer, node: (ATOM, "?"),
    n.Negative: lambda writer, node: (NEGATE, f"-{writer.text(node.operand, INSTANCE)}"),
    n.Number: Writer.number, n.ListOf: Writer.list, n.Context: Writer.context, n.Range: Writer.range,
    n.Function: Writer.function, n.Path: Writer.path, n.Filter: Writer.filter, n.Call: Writer.call,
    n.Arithmetic: Writer.arithmetic, n.Comparison: Writer.comparison, n.Between: Writer.between,
    n.In: Writer.within, n.Test: Writer.lone_test, n.Logic: Writer.logic, n.UnaryTests: Writer.unary_tests,
    n.InstanceOf: Writer.instance, n.If: Writer.choice, n.For: Writer.loop, n.Quantified: Writer.quantified,
}  # fmt: skip
