"""This file compiles functions, decisions and parameters once; expressions call them through their Run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from kernel.expression import table as t
from kernel.expression.evaluate import INPUT, Closure, compiled
from kernel.expression.plain import plain, read_plain
from kernel.expression.properties import property_of
from kernel.expression.scope import Run, Scope, find
from kernel.expression.values import ABSENT
from metadata.decision import Decision
from metadata.decision_rows import Line, lines_of
from metadata.entity import Field
from metadata.expression.definitions import AT, RECORD, Definition
from metadata.expression.faults import Fault
from metadata.expression.nodes import Node
from metadata.expression.parse import parse, parse_tests
from metadata.function import Function
from metadata.package import Configuration
from metadata.parameter import Parameter

Given: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[Run, Scope, Given, date], "Answered"]
DEFAULT = "padrão"


@dataclass(frozen=True, slots=True)
class Answered:
    """A value and where it comes from: rows of a table (from 1), a step of a cascade, or neither."""

    value: Any
    rows: tuple[int, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One definition, ready to be called."""

    definition: Definition
    work: Work

    def call(
        self, run: Run, scope: Scope, values: Sequence[Any], names: Sequence[str], span: tuple[int, int]
    ) -> Any:
        """Answer a call within an expression; null where the arguments do not fit."""
        roles = self.definition.roles(len(values), names)
        if roles is None:
            return run.note("R207", span, name=self.definition.name)
        run.step()
        given = dict(zip(roles, values, strict=True))
        found = self.answer(run, given, given.pop(RECORD, ABSENT), scope)
        run.told(self.definition.name, found)
        return found.value

    def answer(self, run: Run, given: Given, record: Any = ABSENT, scope: Scope | None = None) -> Answered:
        """Answer for arguments by name; the record is the one given, or the one that the scope is about."""
        if not self.definition.of:
            own = Scope({})
        elif record is ABSENT:
            own = outermost(scope) if scope else Scope({})
        else:
            own = Scope(record if isinstance(record, dict) else {})
        at = given.pop(AT, None) or run.now
        return self.work(run, own, given, at.date() if isinstance(at, datetime) else at)


def outermost(scope: Scope) -> Scope:
    """Return the scope of the record that an expression is about."""
    while scope.outer is not None:
        scope = scope.outer
    return scope


def compiled_of(configuration: Configuration) -> dict[str, Compiled]:
    """Return what the expressions of a configuration can call, compiled."""
    models: dict[str, Any] = {
        **configuration.functions,
        **configuration.decisions,
        **configuration.parameters,
    }
    return {
        name: Compiled(definition, _COMPILERS[type(models[name])](models[name], configuration))
        for name, definition in configuration.defined.definitions.items()
    }


def _function(model: Function, configuration: Configuration) -> Work:
    body = compiled(_sound(parse(model.is_)))
    return lambda run, scope, given, at: Answered(body(run, scope.inner(given)))


def _sound(node: Node | Fault) -> Node:
    assert not isinstance(node, Fault), node
    return node


# ── decisions ─────────────────────────────────────────────────────────────────────────────────────

_POLICIES = {
    "unique": (t.UNIQUE, ""), "any": (t.ANY, ""), "priority": (t.PRIORITY, ""), "first": (t.FIRST, ""),
    "collect": (t.COLLECT, ""), "sum": (t.COLLECT, "SUM"), "count": (t.COLLECT, "COUNT"),
    "min": (t.COLLECT, "MIN"), "max": (t.COLLECT, "MAX"), "rule order": (t.RULE_ORDER, ""),
    "output order": (t.OUTPUT_ORDER, ""),
}  # fmt: skip


PICKS = {policy: pick for pick, policy in _POLICIES.items()}


def policy_of(pick: str) -> tuple[str, str]:
    """Return hit policy and aggregation, as the DMN standard calls them, of what a decision picks."""
    return _POLICIES[pick]


def _decision(model: Decision, configuration: Configuration) -> Work:
    versions = [(day, _table(model, text)) for day, text in reversed(model.versions.items())]

    def work(run: Run, scope: Scope, given: Given, at: date) -> Answered:
        table = next((table for day, table in versions if day <= at), None)
        if table is None:
            run.note("R210", (0, 0), name=model.name, day=at.strftime("%d/%m/%Y"))
            return Answered(None)
        found = t.decide(table, run, Scope(given))
        return Answered(found.value, found.rules)

    return work


def _table(model: Decision, text: str) -> t.Table:
    head, *lines = lines_of(text)
    asked, said = ([cell.text for cell in side] for side in (head.questions, head.answers))
    rows = [line for line in lines if not line.is_otherwise]
    otherwise = next((_answers(line) for line in lines if line.is_otherwise), (None,) * len(said))
    inputs = tuple(t.Input(_value_of(name), _allowed(model.inputs[name])) for name in asked)
    outputs = tuple(
        t.Output(name, _ranked(model.outputs[name]), default)
        for name, default in zip(said, otherwise, strict=True)
    )
    rules = tuple(
        t.Rule(tuple(compiled(_sound(parse_tests(cell.text))) for cell in line.questions), _answers(line))
        for line in rows
    )
    return t.Table(inputs, outputs, rules, *_POLICIES[model.pick])


def _answers(line: Line) -> tuple[Closure, ...]:
    return tuple(compiled(_sound(parse(cell.text))) for cell in line.answers)


def _value_of(name: str) -> Closure:
    def look(run: Run, scope: Scope) -> Any:
        found = find(scope, name)
        return None if found is ABSENT else found

    return look


def _allowed(field: Field) -> Closure | None:
    """Return what refuses a value that is no option, or beyond the limits of a question."""
    low, high = (None if field.kind.counts else plain(field.limit(key), field) for key in ("min", "max"))
    options = frozenset(field.choices)
    if not options and low is None and high is None:
        return None

    def allows(run: Run, scope: Scope) -> bool:
        value = find(scope, INPUT)
        if options:
            return value in options
        try:
            return (low is None or value >= low) and (high is None or value <= high)
        except TypeError:
            return False

    return allows


def _ranked(field: Field) -> Closure | None:
    options = list(field.choices)
    return (lambda run, scope: options) if options else None


# ── parameters ────────────────────────────────────────────────────────────────────────────────────


def _parameter(model: Parameter, configuration: Configuration) -> Work:
    ways = [(f"{model.of}.{path}", path.split(".")) for path in model.cascade]
    default = read_plain(model.default, model.type) if model.default else None

    def work(run: Run, scope: Scope, given: Given, at: date) -> Answered:
        for origin, steps in ways:
            value = _reached(scope, steps)
            if value is not None:
                return Answered(value, origin=origin)
        dated = run.site.on(model.name, at) if run.site else None
        if dated is not None:
            return Answered(dated.value, origin=f"valor do sistema desde {dated.since:%d/%m/%Y}")
        return Answered(default, origin=DEFAULT if default is not None else "")

    return work


def _reached(scope: Scope, steps: Iterable[str]) -> Any:
    first, *rest = steps
    value = find(scope, first)
    for step in rest:
        value = property_of(value, step)
    return None if value is ABSENT else value


_COMPILERS: Mapping[type, Callable[[Any, Configuration], Work]] = {
    Function: _function, Decision: _decision, Parameter: _parameter,
}  # fmt: skip
