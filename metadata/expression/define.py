"""This file makes the definitions of a configuration: what can be called, of which kinds, who calls whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any, TypeAlias

from metadata.decision import LISTING, Decision
from metadata.decision_rows import lines_of
from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS, CONTEXT
from metadata.expression.definitions import Definition, Definitions
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.kinds import Kind, of_field
from metadata.expression.parse import parse, parse_tests
from metadata.function import Function
from metadata.parameter import Parameter

Definable: TypeAlias = Function | Decision | Parameter


@dataclass(frozen=True, slots=True)
class Defined:
    """The definitions by name, the circles of those that call each other, and the documents themselves."""

    definitions: Definitions
    circles: tuple[tuple[str, ...], ...] = ()
    models: Mapping[str, Definable] = attribute(default_factory=dict)


NOTHING = Defined({})


def define(entities: Mapping[str, Entity], *parts: Mapping[str, Definable]) -> Defined:
    """Return what the functions, decisions and parameters of a configuration define."""
    models = {name: model for part in parts for name, model in part.items() if name not in BUILTINS}
    calls = {name: tuple(_called(model, models)) for name, model in models.items()}
    order, circles = _sorted(calls)
    known: dict[str, Definition] = {}
    for name in order:
        known[name] = _MAKERS[type(models[name])](models[name], entities, known)
    return Defined({name: known[name] for name in models}, tuple(circles), models)


def _called(model: Definable, names: Mapping[str, Definable]) -> Iterator[str]:
    for node in _nodes(model):
        for part in node.walk():
            if isinstance(part, n.Call) and isinstance(part.function, n.Name) and part.function.name in names:
                yield part.function.name


def _nodes(model: Definable) -> Iterator[n.Node]:
    """Yield the expressions of a definition that can be read; others are told elsewhere."""
    if isinstance(model, Function):
        found = [parse(model.is_)]
    elif isinstance(model, Decision):
        rows = [line for text in model.versions.values() for line in lines_of(text)[1:]]
        found = [parse_tests(cell.text) for line in rows for cell in line.questions if not line.is_otherwise]
        found += [parse(cell.text) for line in rows for cell in line.answers]
    else:
        found = []
    yield from (node for node in found if not isinstance(node, Fault))


def _sorted(calls: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Order names so that each comes after what it calls; return the circles met on the way as well."""
    order: dict[str, None] = {}
    circles: dict[frozenset[str], tuple[str, ...]] = {}
    for first in calls:
        trail: dict[str, Iterator[str]] = {first: iter(calls[first])} if first not in order else {}
        while trail:
            name, waiting = next(reversed(trail.items()))
            called = next(waiting, None)
            if called is None:
                order[name] = None
                del trail[name]
            elif called in trail:
                names = list(trail)
                circle = tuple(names[names.index(called) :])
                circles.setdefault(frozenset(circle), (*circle, called))
            elif called not in order:
                trail[called] = iter(calls[called])
    return list(order), list(circles.values())


# ── one by one ────────────────────────────────────────────────────────────────────────────────────


def _function(model: Function, entities: Mapping[str, Entity], known: Definitions) -> Definition:
    parameters = tuple((name, of_field(field)) for name, field in model.takes.items())
    made = Definition(model.name, "function", model.of, parameters)
    node = parse(model.is_)
    if isinstance(node, Fault):
        return made
    found = infer(node, entities, model.of, dict(parameters), known)
    return replace(made, result=found.kind, reads=found.reads, origins=found.origins)


def _decision(model: Decision, entities: Mapping[str, Entity], known: Definitions) -> Definition:
    parameters = tuple((name, of_field(field)) for name, field in model.inputs.items())
    return Definition(model.name, "decision", "", parameters, _answer(model), is_dated=True)


def _answer(model: Decision) -> Kind:
    """Return the kind of what a decision says: by its outputs, and what is picked."""
    kinds = {name: of_field(field) for name, field in model.outputs.items()}
    one = Kind(CONTEXT, parts=tuple(kinds.items())) if len(kinds) != 1 else next(iter(kinds.values()))
    if model.pick in LISTING:
        return k.listed(one)
    return k.WHOLE if model.pick == "count" else one


def _parameter(model: Parameter, entities: Mapping[str, Entity], known: Definitions) -> Definition:
    reads = {
        tuple(path.split(".")[: end + 1]) for path in model.cascade for end in range(path.count(".") + 1)
    }
    return Definition(
        model.name, "parameter", model.of, (), of_field(model.type), frozenset(reads), is_dated=True
    )


_MAKERS: dict[type, Callable[[Any, Mapping[str, Entity], Definitions], Definition]] = {
    Function: _function,
    Decision: _decision,
    Parameter: _parameter,
}
