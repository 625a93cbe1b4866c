"""This file turns the nodes of an expression into a term for sets, or tells every reason why it has none.

It resolves names and simplifies; kinds were judged before (infer.py), so what does not fit is only refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any

from metadata.entity import Entity, Field
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.define import NOTHING, Defined
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.expression.sets import arithmetic, bounds, calls, lengths, lists
from metadata.expression.sets import shapes as s
from metadata.expression.sets import values as v
from metadata.expression.sets.defined import called
from metadata.expression.sets.properties import part
from metadata.expression.sets.reasons import NotForSets, Reason
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.taken import taken
from metadata.expression.sets.terms import (
    Bound,
    Column,
    Constant,
    Here,
    Items,
    Linked,
    Parts,
    Picked,
    Row,
    Rows,
    Span,
    Term,
)  # fmt: skip

ITEM, INPUT = "item", "?"
RECORDS = (Here, Linked, Row, Bound, Picked)
MOST_CALLS = 300


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with their terms, or the fields of a record, and the scope around them."""

    values: Mapping[str, Term]
    record: Term | None = None
    outer: Scope | None = None


def lower(
    node: n.Node,
    entities: Mapping[str, Entity],
    entity: str = "",
    names: Mapping[str, Shape] | None = None,
    defined: Defined = NOTHING,
    *,
    terms: Mapping[str, Term] | None = None,
    beside: Term | None = None,
) -> Term:
    """Return the term of an expression about a record of an entity; `names` are given by the caller.

    defined: what can be called besides built-ins.  terms: other names that stand for something made of the
    record.  beside: a second record, whose fields come before those of the first.

    Errors: NotForSets, with every reason.
    """
    given = {name: lengths.seen(Bound(shape, name)) for name, shape in (names or {}).items()}
    given |= terms or {}
    here = here_of(entity) if entity else None
    scope = Scope({}, here)
    if beside is not None:
        scope = Scope({}, beside, scope)
    term = Lowering(entities, defined, here).term(node, Scope(given, outer=scope))
    if term.shape.kind not in _VALUES:
        raise NotForSets((Fault("M336", node.span),))
    return term


def here_of(entity: str) -> Here:
    """Return the term of the record of an entity that an expression is about."""
    return Here(Shape(k.RECORD, entity=entity, nullable=False))


_VALUES = s.SCALAR | {k.NULL, k.RECORD, b.DURATION}


class Lowering:
    """One translation; lives only while it runs."""

    def __init__(self, entities: Mapping[str, Entity], defined: Defined, here: Term | None) -> None:
        self.entities = entities
        self.defined = defined
        self.here = here
        self.loops = count(1)
        self.inlined = count(1)

    def term(self, node: n.Node, scope: Scope) -> Term:
        """Return the term of a part."""
        rule = _RULES.get(type(node))
        if rule is None:
            raise NotForSets((Fault("M330", node.span, {"what": _SAID[type(node)]}),))
        try:
            return rule(self, node, scope)
        except Reason as reason:
            raise NotForSets((Fault(reason.code, node.span, reason.facts),)) from None

    def terms(self, nodes: Sequence[n.Node], scope: Scope) -> list[Term]:
        """Return the terms of several parts, with the reasons of all of them together."""
        made: list[Term] = []
        refused: list[NotForSets] = []
        for node in nodes:
            try:
                made.append(self.term(node, scope))
            except NotForSets as one:
                refused.append(one)
        if refused:
            raise NotForSets(tuple(fault for one in refused for fault in one.faults))
        return made

    # ── names and paths ───────────────────────────────────────────────────────────────────────────

    def name(self, node: n.Name, scope: Scope) -> Term:
        """A name of the expression itself or of the caller, or a field."""
        found = self.find(node.name, scope)
        if found is None:
            raise Reason("M335")
        return found

    def find(self, name: str, scope: Scope | None, *, fields: bool = True) -> Term | None:
        """Return what a name stands for, from the innermost scope outwards."""
        while scope is not None:
            found = self.field(scope.record, name) if scope.record and fields else None
            found = found or scope.values.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def field(self, record: Term, name: str) -> Term | None:
        """Return a field of a record; None where it has no such field."""
        if name == "id":
            return v.identity(record)
        described = self.entities.get(record.shape.entity)
        if described is None:  # its document is broken: that is told there
            raise NotForSets(())
        field = described.fields.get(name)
        if field is None:
            return None
        if field.is_ and not field.stored:
            return self.computed(record, field)
        if field.type in ("children", "many links"):
            entity = str(field.of) if field.type == "children" else field.to
            loop = next(self.loops)
            row = Row(Shape(k.RECORD, entity=entity, nullable=False), loop)
            return Rows(s.LIST, loop, record, name, (), row)
        shape = s.of_field(field)
        if shape is None:
            raise Reason("M334", name=name, type=field.type)
        if field.type == "link":
            return Linked(shape, record, name)
        return lengths.seen(Column(shape, record, name))

    def computed(self, record: Term, field: Field) -> Term:
        """Return a field that is worked out where it is asked for, as the field takes the result."""
        node = parse(field.is_)
        if isinstance(node, Fault) or not isinstance(record, RECORDS):
            raise Reason("M334", name=field.name, type=field.type)
        if isinstance(
            record, Linked | Bound | Picked
        ):  # without the record there is no field, whatever the expression says
            return v.chosen(v.missing(record), v.NULL, self._taken(record, field, node))
        return self._taken(record, field, node)

    def _taken(self, record: Term, field: Field, node: n.Node) -> Term:
        try:
            return taken(self.term(node, Scope({}, record)), field)
        except NotForSets as refused:  # its places are those of another text
            for first in refused.faults[:1]:
                raise Reason(first.code, **first.facts) from None
            raise

    def path(self, node: n.Path, scope: Scope) -> Term:
        """A part of what stands before the point; of rows, the part of each."""
        base = self.term(node.base, scope)
        if isinstance(base, Rows):
            return replace(base, item=self.reached(base.item, node.name))
        if isinstance(base, Items):
            return replace(base, items=tuple(self.reached(item, node.name) for item in base.items))
        return self.reached(base, node.name)

    def reached(self, base: Term, name: str) -> Term:
        """Return the part of one value that has a name."""
        if base.shape.kind == k.RECORD:
            if not isinstance(base, RECORDS):
                raise Reason("M336")
            found = self.field(base, name)
            if found is None:
                raise Reason("M335")
            return found
        return part(base, name)

    def filter(self, node: n.Filter, scope: Scope) -> Term:
        """The rows of a list that meet a condition."""
        base = self.term(node.base, scope)
        if not isinstance(base, Rows):
            raise Reason("M330", what="escolher itens de uma lista escrita")
        record = base.item if isinstance(base.item, RECORDS) else None
        condition = self.term(node.condition, Scope({ITEM: base.item}, record, scope))
        if condition.shape.kind == b.NUMBER:
            raise Reason("M330", what="escolher um item pelo lugar")
        return replace(base, conditions=(*base.conditions, v.boolean(condition)), is_never_null=True)

    # ── values ────────────────────────────────────────────────────────────────────────────────────

    def at(self, node: n.At, _: Scope) -> Term:
        """A date, time or length as it is written."""
        return calls.written(node.text)

    def list(self, node: n.ListOf, scope: Scope) -> Term:
        """A list of written items."""
        return Items(s.LIST, tuple(self.terms(node.items, scope)))

    def context(self, node: n.Context, scope: Scope) -> Term:
        """A context whose entries see those before them."""
        made: dict[str, Term] = {}
        for entry in node.entries:
            made[entry.key] = self.term(entry.value, Scope(dict(made), outer=scope))
        return Parts(s.CONTEXT, tuple(made), tuple(made.values()))

    def range(self, node: n.Range, scope: Scope) -> Term:
        """A range; a side that is left out is free."""
        low, high = self.terms([end or n.Null() for end in (node.low, node.high)], scope)
        return Span(s.RANGE, low, high, node.low_closed, node.high_closed)

    # ── operators ─────────────────────────────────────────────────────────────────────────────────

    def negative(self, node: n.Negative, scope: Scope) -> Term:
        """A number or a length with the other sign."""
        return arithmetic.negated(self.term(node.operand, scope))

    def arithmetic(self, node: n.Arithmetic, scope: Scope) -> Term:
        """What two values come to."""
        left, right = self.terms((node.left, node.right), scope)
        if node.operator == "**":
            return calls.power(left, right)
        return arithmetic.calculated(node.operator, left, right)

    def comparison(self, node: n.Comparison, scope: Scope) -> Term:
        """Yes or no, of two values."""
        left, right = self.terms((node.left, node.right), scope)
        return _compared(node.operator, left, right)

    def between(self, node: n.Between, scope: Scope) -> Term:
        """Yes or no, of three values."""
        operand, low, high = self.terms((node.operand, node.low, node.high), scope)
        sides = (bounds.compared(">=", operand, low), bounds.compared("<=", operand, high))
        return v.joined("and", sides)

    def logic(self, node: n.Logic, scope: Scope) -> Term:
        """Yes or no, of conditions."""
        return v.joined(node.operator, [v.boolean(term) for term in self.terms(node.operands, scope)])

    def within(self, node: n.In, scope: Scope) -> Term:
        """Yes or no: whether one of the tests is met."""
        operand = self.term(node.operand, scope)
        inner = Scope({INPUT: operand}, outer=scope)
        return v.joined("or", [self.tested(test, operand, inner) for test in node.tests])

    def unary_tests(self, node: n.UnaryTests, scope: Scope) -> Term:
        """Yes or no, of the value that the tests are about."""
        operand = self.find(INPUT, scope) or v.NULL
        found = v.joined("or", [self.tested(test, operand, scope) for test in node.tests] or [v.TRUE])
        return v.opposite(found) if node.negated else found

    def tested(self, node: n.Node, operand: Term, scope: Scope) -> Term:
        """Return how one unary test judges a value."""
        if isinstance(node, n.Test):
            return _compared(node.operator, operand, self.term(node.operand, scope))
        term = self.term(node, scope)
        if any(isinstance(inner, n.Input) for inner in node.walk()):
            return v.boolean(term)
        return lists.meets(operand, term)

    def input(self, _: n.Input, scope: Scope) -> Term:
        """The value that a test is about."""
        return self.find(INPUT, scope) or v.NULL

    # ── flow ──────────────────────────────────────────────────────────────────────────────────────

    def choice(self, node: n.If, scope: Scope) -> Term:
        """One value or another."""
        condition, yes, no = self.terms((node.condition, node.yes, node.no), scope)
        return v.chosen(v.boolean(condition), yes, no)

    def loop(self, node: n.For, scope: Scope) -> Term:
        """What each row of a list comes to."""
        if len(node.iterations) > 1 or node.iterations[0].to is not None:
            raise Reason("M330", what="repetir sobre várias listas ou números")
        source = self.term(node.iterations[0].source, scope)
        name = node.iterations[0].name
        if isinstance(source, Items):
            made = [self.term(node.result, Scope({name: item}, outer=scope)) for item in source.items]
            return Items(s.LIST, tuple(made))
        rows = lists.rows(source)
        return replace(rows, item=self.term(node.result, Scope({name: rows.item}, outer=scope)))

    def quantified(self, node: n.Quantified, scope: Scope, *, is_inner: bool = False) -> Term:
        """Yes or no, of a condition on some or every row."""
        first, *others = node.iterations
        if first.to is not None:
            raise Reason("M330", what="repetir sobre números")
        source = self.term(first.source, scope)

        def condition(item: Term) -> Term:
            inner = Scope({first.name: item}, outer=scope)
            if others:
                return self.quantified(replace(node, iterations=tuple(others)), inner, is_inner=True)
            return v.boolean(self.term(node.condition, inner))

        return lists.quantified(source, condition, decisive=node.quantifier == "some", is_inner=is_inner)

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────

    def call(self, node: n.Call, scope: Scope) -> Term:
        """What a definition or built-in gives; a field is never called: a new one changes no old rule."""
        name = node.function
        if not isinstance(name, n.Name) or self.find(name.name, scope, fields=False) is not None:
            raise Reason("M330", what="chamar uma função feita na própria expressão")
        if name.name not in self.defined.definitions and name.name not in calls.CALLS:
            raise Reason("M331", name=name.name)
        arguments = self.terms(node.arguments, scope)
        if name.name in self.defined.definitions:
            return self.call_defined(node, name.name, arguments)
        return calls.called(name.name, arguments, node.names)

    def call_defined(self, node: n.Call, name: str, arguments: Sequence[Term]) -> Term:
        """What a definition comes to, written in place of the call."""
        roles = self.defined.definitions[name].roles(len(arguments), node.names)
        if roles is None or next(self.inlined) > MOST_CALLS:
            raise Reason("M330", what="chamar tantas funções, umas dentro das outras")
        here = self.here

        def lowered(part: n.Node, given: Mapping[str, Term], record: Term | None) -> Term:
            inner = None if record is None or v.is_null(record) else record
            self.here = inner
            return self.term(part, Scope(given, outer=Scope({}, inner)))

        try:
            given = dict(zip(roles, arguments, strict=True))
            return called(self.defined, name, given, here, lowered)
        except NotForSets as refused:
            faults = {fault.sentence(): replace(fault, span=node.span) for fault in refused.faults}
            raise NotForSets(tuple(faults.values())) from None
        finally:
            self.here = here


def _compared(operator: str, left: Term, right: Term) -> Term:
    if operator in ("=", "!="):
        found = v.same(left, right)
        return found if operator == "=" else v.opposite(found)
    return bounds.compared(operator, left, right)


def _text(lowering: Lowering, node: n.Text, scope: Scope) -> Term:
    if "\0" in node.value or any("\ud800" <= letter <= "\udfff" for letter in node.value):
        raise Reason("M338")
    return Constant(replace(s.TEXT, nullable=False), node.value)


def _number(lowering: Lowering, node: n.Number, scope: Scope) -> Term:
    if s.of_number(node.value).digits > s.MOST_DIGITS:
        raise Reason("M332", most=s.MOST_DIGITS)
    return v.number(Decimal(node.value))


_SAID: dict[type[n.Node], str] = {
    n.Function: "uma função feita na própria expressão",
    n.InstanceOf: "perguntar pelo tipo de um valor",
    n.Test: "um teste sem valor",
}
_RULES: dict[type[n.Node], Callable[[Lowering, Any, Scope], Term]] = {
    n.Null: lambda lowering, node, scope: v.NULL,
    n.Boolean: lambda lowering, node, scope: v.TRUE if node.value else v.FALSE,
    n.Number: _number, n.Text: _text, n.At: Lowering.at, n.ListOf: Lowering.list,
    n.Context: Lowering.context, n.Range: Lowering.range, n.Name: Lowering.name, n.Input: Lowering.input,
    n.Path: Lowering.path, n.Filter: Lowering.filter, n.Call: Lowering.call, n.Negative: Lowering.negative,
    n.Arithmetic: Lowering.arithmetic, n.Comparison: Lowering.comparison, n.Between: Lowering.between,
    n.In: Lowering.within, n.Logic: Lowering.logic, n.UnaryTests: Lowering.unary_tests,
    n.If: Lowering.choice, n.For: Lowering.loop, n.Quantified: Lowering.quantified,
}  # fmt: skip
