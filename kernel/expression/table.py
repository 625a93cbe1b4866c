"""This file runs decision tables: which rules are met, and what the hit policy makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.expression.evaluate import INPUT, Closure
from kernel.expression.functions.lists import extreme, total
from kernel.expression.scope import Run, Scope
from kernel.expression.values import equal

UNIQUE, ANY, PRIORITY, FIRST = "UNIQUE", "ANY", "PRIORITY", "FIRST"
RULE_ORDER, OUTPUT_ORDER, COLLECT = "RULE ORDER", "OUTPUT ORDER", "COLLECT"


@dataclass(frozen=True, slots=True)
class Input:
    """What one column asks, and which values it may have (None allows all)."""

    question: Closure
    allowed: Closure | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One column of answers; `ranked` are its possible values, the most important first."""

    name: str
    ranked: Closure | None = None
    default: Closure | None = None
    shaped: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a test for each input, an answer for each output."""

    tests: tuple[Closure, ...]
    answers: tuple[Closure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: str = UNIQUE
    aggregation: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a table says, and the numbers of the rules that say so (from 1)."""

    value: Any
    rules: tuple[int, ...]


def decide(table: Table, run: Run, scope: Scope) -> Answer:
    """Ask a table; a value that an input does not allow has no answer, nor have contradicting rules."""
    asked = []
    for each in table.inputs:
        value = each.question(run, scope)
        if each.allowed and value is not None and each.allowed(run, scope.inner({INPUT: value})) is not True:
            run.note("R220", (0, 0))
            return Answer(None, ())
        asked.append(value)
    run.step(len(table.rules))
    met = [
        number
        for number, rule in enumerate(table.rules)
        if all(
            test(run, scope.inner({INPUT: value})) is True
            for test, value in zip(rule.tests, asked, strict=True)
        )
    ]
    if not met:
        return Answer(_default(table, run, scope), ())
    found = [_answer(table, table.rules[number], run, scope) for number in met]
    value, kept = _POLICIES[table.policy](table, run, scope, found)
    return Answer(value, tuple(met[place] + 1 for place in kept))


def _answer(table: Table, rule: Rule, run: Run, scope: Scope) -> tuple[Any, ...]:
    pairs = zip(table.outputs, rule.answers, strict=True)
    return tuple(output.shaped(answer(run, scope)) for output, answer in pairs)


def _shape(table: Table, values: Sequence[Any]) -> Any:
    """A table of one output answers with a value, one of several with a context."""
    if len(table.outputs) == 1:
        return values[0]
    return {output.name: value for output, value in zip(table.outputs, values, strict=True)}


def _default(table: Table, run: Run, scope: Scope) -> Any:
    if table.policy == COLLECT and table.aggregation == "COUNT":
        return Decimal(0)
    if all(output.default is None for output in table.outputs):
        return None
    values = [output.default(run, scope) if output.default else None for output in table.outputs]
    return _shape(table, values)


# ── hit policies: what they make of the answers found, and which of them count ────────────────────

Found = list[tuple[Any, ...]]
Kept = tuple[Any, Sequence[int]]


def _unique(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    if len(found) == 1:
        return _shape(table, found[0]), (0,)
    return _contradiction(run, found)


def _any(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    if all(equal(list(found[0]), list(other)) is True for other in found[1:]):
        return _shape(table, found[0]), range(len(found))
    return _contradiction(run, found)


def _contradiction(run: Run, found: Found) -> Kept:
    run.note("R221", (0, 0), count=len(found))
    return None, range(len(found))


def _first(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    return _shape(table, found[0]), (0,)


def _in_order(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    return [_shape(table, values) for values in found], range(len(found))


def _ranked(table: Table, run: Run, scope: Scope, found: Found) -> list[int]:
    """Return the places of the answers, the most important first."""
    ranks = [output.ranked(run, scope) if output.ranked else [] for output in table.outputs]

    def rank(place: int) -> tuple[int, ...]:
        return tuple(
            next((at for at, known in enumerate(ranked) if equal(known, value) is True), len(ranked))
            for ranked, value in zip(ranks, found[place], strict=True)
        )

    return sorted(range(len(found)), key=rank)


def _priority(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    best = _ranked(table, run, scope, found)[0]
    return _shape(table, found[best]), (best,)


def _output_order(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    order = _ranked(table, run, scope, found)
    return [_shape(table, found[place]) for place in order], order


def _collect(table: Table, run: Run, scope: Scope, found: Found) -> Kept:
    listed = [_shape(table, values) for values in found]
    if not table.aggregation:
        return listed, range(len(found))
    return _AGGREGATIONS[table.aggregation](listed), range(len(found))


_AGGREGATIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "COUNT": lambda values: Decimal(len(values)),
    "SUM": total,
    "MIN": extreme("<"),
    "MAX": extreme(">"),
}
_POLICIES: Mapping[str, Callable[[Table, Run, Scope, Found], Kept]] = {
    UNIQUE: _unique,
    ANY: _any,
    FIRST: _first,
    PRIORITY: _priority,
    RULE_ORDER: _in_order,
    OUTPUT_ORDER: _output_order,
    COLLECT: _collect,
}
