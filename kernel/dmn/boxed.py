"""This file compiles the boxed expressions of a model: texts, contexts, tables, invocations and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from kernel.dmn.types import ANYTHING, ItemType, Types
from kernel.dmn.xml import NAME, Element, child, children, tag_of, text_of
from kernel.expression.evaluate import Closure, compiled, picked, settled
from kernel.expression.functions import invoke
from kernel.expression.scope import Run, Scope
from kernel.expression.table import UNIQUE, Input, Output, Rule, Table, decide
from kernel.expression.values import Callee
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.parse import parse, parse_tests

NOWHERE = (0, 0)
ABSENT_EXPRESSION: Closure = lambda run, scope: None  # noqa: E731 (a value, not a definition)


class Boxes:
    """Compiles the expressions of one model."""

    def __init__(self, types: Types, names: frozenset[str]) -> None:
        self.types = types
        self.names = names

    # ── texts ─────────────────────────────────────────────────────────────────────────────────────

    def literal(self, text: str) -> Closure:
        """Compile an expression; one that cannot be read has no value."""
        node = parse(text, self.names) if text.strip() else n.Null()
        return ABSENT_EXPRESSION if isinstance(node, Fault) else compiled(self.resolved(node))

    def tests(self, text: str) -> Closure:
        """Compile the unary tests of a cell."""
        node = parse_tests(text, self.names)
        return ABSENT_EXPRESSION if isinstance(node, Fault) else compiled(self.resolved(node))

    def resolved(self, node: n.Node) -> n.Node:
        """Return the node with the types of the model in place of their names."""
        return n.mapped(node, lambda part: self.types.named(part) if isinstance(part, n.TypeName) else part)

    # ── boxes ─────────────────────────────────────────────────────────────────────────────────────

    def first(self, element: Element) -> Closure:
        """Compile the expression within an element; nothing where there is none."""
        for each in children(element):
            if tag_of(each) in _BOXES:
                return self.box(each)
        return ABSENT_EXPRESSION

    def box(self, element: Element) -> Closure:
        """Compile an element that is an expression itself; its own type, if it has one, shapes its value."""
        reader = _BOXES.get(tag_of(element))
        if reader is None:
            return ABSENT_EXPRESSION
        return _shaped(reader(self, element), self.types.of(element.get("typeRef")))

    def literal_box(self, element: Element) -> Closure:
        """Compile a boxed literal."""
        if element.get("expressionLanguage", "FEEL").rpartition("/")[2].upper() not in ("FEEL", ""):
            return ABSENT_EXPRESSION
        return self.literal(text_of(element, "text"))

    def context_box(self, element: Element) -> Closure:
        """Compile a boxed context."""
        entries: list[tuple[str, Closure]] = []
        result: Closure | None = None
        for each in children(element, "contextEntry"):
            variable = child(each, "variable")
            value = self.first(each)
            if variable is None:
                result = value
            else:
                entries.append(
                    (variable.get(NAME, ""), _shaped(value, self.types.of(variable.get("typeRef"))))
                )

        def make(run: Run, scope: Scope) -> Any:
            made: dict[str, Any] = {}
            inner = scope.inner(made)
            for key, value in entries:
                made[key] = value(run, inner)
            return made if result is None else result(run, inner)

        return make

    def list_box(self, element: Element) -> Closure:
        """Compile a boxed list."""
        items = [self.box(each) for each in children(element) if tag_of(each) in _BOXES]
        return lambda run, scope: [item(run, scope) for item in items]

    def relation_box(self, element: Element) -> Closure:
        """Compile a boxed relation."""
        names = [each.get(NAME, "") for each in children(element, "column")]
        rows = [
            [self.box(cell) for cell in children(row) if tag_of(cell) in _BOXES]
            for row in children(element, "row")
        ]
        return lambda run, scope: [
            {name: cell(run, scope) for name, cell in zip(names, row, strict=False)} for row in rows
        ]

    def invocation_box(self, element: Element) -> Closure:
        """Compile a boxed invocation."""
        function = self.first(element)
        bindings = [
            (parameter.get(NAME, ""), self.first(each))
            for each in children(element, "binding")
            if (parameter := child(each, "parameter")) is not None
        ]
        names = [name for name, _ in bindings]

        def call(run: Run, scope: Scope) -> Any:
            callee = function(run, scope)
            values = [value(run, scope) for _, value in bindings]
            return invoke(run, callee, values, names, NOWHERE) if isinstance(callee, Callee) else None

        return call

    def function(self, element: Element, result: ItemType = ANYTHING) -> Closure:
        """Compile a function definition; one in another language has no value."""
        if element.get("kind", "FEEL").upper() != "FEEL":
            return lambda run, scope: Callee((), lambda arguments: None)
        parameters = [
            (each.get(NAME, ""), self.types.of(each.get("typeRef")))
            for each in children(element, "formalParameter")
        ]
        body = self.first(element)
        names = tuple((name, None) for name, _ in parameters)

        def make(run: Run, scope: Scope) -> Callee:
            def call(arguments: Sequence[Any]) -> Any:
                run.step()
                if len(arguments) != len(parameters):
                    return None
                given: dict[str, Any] = {}
                for (name, kind), value in zip(parameters, arguments, strict=True):
                    given[name] = kind.conform(value)
                    if value is not None and given[name] is None:
                        return None
                return result.conform(body(run, scope.inner(given)))

            return Callee(names, call)

        return make

    def conditional_box(self, element: Element) -> Closure:
        """Compile a boxed conditional."""
        condition, yes, no = (self._within(element, tag) for tag in ("if", "then", "else"))

        def choose(run: Run, scope: Scope) -> Any:
            verdict = condition(run, scope)
            if verdict is not None and not isinstance(verdict, bool):
                return None
            return yes(run, scope) if verdict else no(run, scope)

        return choose

    def _within(self, element: Element, tag: str) -> Closure:
        found = child(element, tag)
        return self.first(found) if found is not None else ABSENT_EXPRESSION

    def filter_box(self, element: Element) -> Closure:
        """Compile a boxed filter."""
        source, match = self._within(element, "in"), self._within(element, "match")

        def pick(run: Run, scope: Scope) -> Any:
            value = source(run, scope)
            items = [] if value is None else value if isinstance(value, list) else [value]
            found = []
            for item in items:
                verdict = match(
                    run, scope.inner({"item": item, **item} if isinstance(item, dict) else {"item": item})
                )
                if isinstance(verdict, Decimal):
                    return picked(items, verdict)
                if verdict is not None and not isinstance(verdict, bool):
                    return None
                found += [item] if verdict is True else []
            return found

        return pick

    def _iterated(self, element: Element) -> Callable[[Run, Scope, Closure], list[Any] | None]:
        name, source = element.get("iteratorVariable", ""), self._within(element, "in")

        def answers(run: Run, scope: Scope, work: Closure) -> list[Any] | None:
            value = source(run, scope)
            if value is None:
                return None
            made: list[Any] = []
            for item in value if isinstance(value, list) else [value]:
                run.step()
                made.append(work(run, scope.inner({name: item, "partial": list(made)})))
            return made

        return answers

    def for_box(self, element: Element) -> Closure:
        """Compile a boxed for."""
        answers, result = self._iterated(element), self._within(element, "return")
        return lambda run, scope: answers(run, scope, result)

    def some_box(self, element: Element) -> Closure:
        """Compile a boxed some."""
        answers, condition = self._iterated(element), self._within(element, "satisfies")

        def work(run: Run, scope: Scope) -> bool | None:
            found = answers(run, scope, condition)
            return settled(found, decisive=True) if found is not None and _are_verdicts(found) else None

        return work

    def every_box(self, element: Element) -> Closure:
        """Compile a boxed every."""
        answers, condition = self._iterated(element), self._within(element, "satisfies")

        def work(run: Run, scope: Scope) -> bool | None:
            found = answers(run, scope, condition)
            return settled(found, decisive=False) if found is not None and _are_verdicts(found) else None

        return work

    # ── decision tables ───────────────────────────────────────────────────────────────────────────

    def table_box(self, element: Element) -> Closure:
        """Compile a boxed table."""
        inputs = [self._input(each) for each in children(element, "input")]
        table = Table(
            tuple(inputs),
            tuple(self._output(each) for each in children(element, "output")),
            tuple(self._rule(each) for each in children(element, "rule")),
            element.get("hitPolicy", UNIQUE),
            element.get("aggregation", ""),
        )
        return lambda run, scope: decide(table, run, scope).value

    def _input(self, element: Element) -> Input:
        question = child(element, "inputExpression")
        closure = self.literal(text_of(question, "text")) if question is not None else ABSENT_EXPRESSION
        kind = self.types.of(question.get("typeRef") if question is not None else None)
        allowed = child(element, "inputValues")
        text = text_of(allowed, "text") if allowed is not None else ""
        return Input(_shaped(closure, kind), self.tests(text) if text else None)

    def _output(self, element: Element) -> Output:
        values = child(element, "outputValues")
        text = text_of(values, "text") if values is not None else ""
        default = child(element, "defaultOutputEntry")
        return Output(
            element.get(NAME, ""),
            self.literal(f"[{text}]") if text else None,
            self.literal(text_of(default, "text")) if default is not None else None,
            self.types.of(element.get("typeRef")).conform,
        )

    def _rule(self, element: Element) -> Rule:
        return Rule(
            tuple(self.tests(text_of(each, "text")) for each in children(element, "inputEntry")),
            tuple(self.literal(text_of(each, "text")) for each in children(element, "outputEntry")),
        )


def _are_verdicts(answers: Sequence[Any]) -> bool:
    return all(answer is None or isinstance(answer, bool) for answer in answers)


def _shaped(closure: Closure, kind: ItemType) -> Closure:
    if kind is ANYTHING:
        return closure
    return lambda run, scope: kind.conform(closure(run, scope))


_BOXES: dict[str, Callable[[Boxes, Element], Closure]] = {
    "literalExpression": Boxes.literal_box,
    "context": Boxes.context_box,
    "list": Boxes.list_box,
    "relation": Boxes.relation_box,
    "invocation": Boxes.invocation_box,
    "functionDefinition": Boxes.function,
    "conditional": Boxes.conditional_box,
    "filter": Boxes.filter_box,
    "for": Boxes.for_box,
    "some": Boxes.some_box,
    "every": Boxes.every_box,
    "decisionTable": Boxes.table_box,
}
