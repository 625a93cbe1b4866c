"""This file has the nodes of an expression: one frozen dataclass per construct of the language.

Nodes are compared by what they mean: where they stand in a text (`span`) does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from dataclasses import field as attribute
from decimal import Decimal
from typing import Any

NOWHERE = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Any part of an expression; `span` is (first, behind last) in the text it was read from."""

    span: tuple[int, int] = attribute(default=NOWHERE, compare=False, repr=False)

    def parts(self) -> Iterator[Node]:
        """Yield the nodes right below."""
        for each in fields(self):
            yield from _nodes(getattr(self, each.name))

    def walk(self) -> Iterator[Node]:
        """Yield this node and every one below it."""
        yield self
        for part in self.parts():
            yield from part.walk()


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the node with every part changed, those below first."""
    parts = {
        each.name: _mapped(getattr(node, each.name), change) for each in fields(node) if each.name != "span"
    }
    same = all(parts[name] is getattr(node, name) for name in parts)
    return change(node if same else replace(node, **parts))


def _mapped(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return mapped(value, change)
    if isinstance(value, tuple):
        made = tuple(_mapped(item, change) for item in value)
        return value if all(one is other for one, other in zip(made, value, strict=True)) else made
    return value


# ── values ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Null(Node):
    """`null`."""


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number, exact."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A text between double quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class At(Node):
    """A date, time, date and time or duration written `@"…"`."""

    text: str


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """One `key: value` of a context."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class Context(Node):
    """`{a: 1, b: a + 1}`; later entries see earlier ones."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`[low..high]`; an open end excludes its bound, a missing bound leaves that side free."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`function(a, b) body`; a type may follow each name."""

    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node


# ── reaching values ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name of the scope."""

    name: str


@dataclass(frozen=True, slots=True)
class Input(Node):
    """`?`: the value that a unary test is about."""


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`base.name`: a field of a record, a key of a context, a part of a date."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`base[condition]`; a number picks by place."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`; either all arguments have names or none has."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


# ── operators ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """`-a`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * / **`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`= != < <= > >=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`a between low and high`."""

    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`a in tests`: true when one of the tests is met."""

    operand: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Test(Node):
    """A unary test `< 5`, which lacks its left side."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or` over two or more operands."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: `number`, `list<text>`, `context<a: number>`, `function<number> -> text`."""

    name: str
    items: tuple[TypeName, ...] = ()
    keys: tuple[str, ...] = ()
    result: TypeName | None = None


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`a instance of type`."""

    operand: Node
    type: TypeName


# ── flow ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """`name in source`, or `name in from..to`."""

    name: str
    source: Node
    to: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for iterations return result`; `partial` names the results so far."""

    iterations: tuple[Iteration, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every` iterations `satisfies` condition."""

    quantifier: str
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """What a cell of a decision table asks of its input: any of the tests, or none when `negated`.

    No tests at all (`-`) is met by everything.
    """

    tests: tuple[Node, ...]
    negated: bool = False
