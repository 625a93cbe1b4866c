"""This file makes an expression of a document ready to run: its closure, and what it reads of the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.expression.evaluate import Closure, compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.expression.values import Record
from metadata.entity import Entity
from metadata.expression.describe import described
from metadata.expression.faults import Fault
from metadata.expression.infer import Inferred, infer
from metadata.expression.kinds import Kind
from metadata.expression.nodes import Node
from metadata.expression.parse import parse
from metadata.package import Configuration


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression about a record of an entity, compiled once.

    sentence: what it says in Portuguese, as it reads behind other words.  is_told: whether what it read may
    be told to who asks.  is_once: whether it locks a field that people fill once, whatever comes after.
    """

    text: str
    sentence: str
    node: Node
    kind: Kind
    reads: frozenset[tuple[str, ...]]
    closure: Closure
    is_told: bool = True
    is_once: bool = False

    def of(self, run: Run, record: Record, names: Mapping[str, Any] | None = None) -> Any:
        """Return what the expression comes to for a record; `names` are seen besides its fields."""
        scope = Scope(record)
        before, run.steps, run.is_exhausted = run.steps, 0, False
        found = evaluate(self.closure, run, scope.inner(names) if names else scope)
        run.steps = before
        return found

    def holds(self, run: Run, record: Record) -> bool:
        """Tell whether a condition is met; one that is unknown is not."""
        return self.of(run, record) is True


def paths(found: Inferred) -> frozenset[tuple[str, ...]]:
    """Return what an expression reads of the record; what it reads of other names begins with a colon."""
    return frozenset(path for path in found.reads if not path[0].startswith(":"))


def formula(
    text: str, configuration: Configuration, entity: str, names: Mapping[str, Kind] | None = None
) -> Formula:
    """Return the formula of a text that the checks of the configuration have passed."""
    node = parse(text)
    assert not isinstance(node, Fault), text
    found = infer(node, configuration.entities, entity, names, configuration.defined.definitions)
    sentence = _with_rights(described(node, configuration.entities, entity), configuration)
    said = _phrase(sentence, found, configuration.entities, entity)
    return Formula(text, said, node, found.kind, paths(found), compiled(node))


def _with_rights(sentence: str, configuration: Configuration) -> str:
    """Return a sentence in which rights are called as people call them."""
    for name, label in configuration.rights.items():
        sentence = sentence.replace(name, label)
    return sentence


def _phrase(sentence: str, found: Inferred, entities: Mapping[str, Entity], entity: str) -> str:
    """Return a sentence as it reads behind other words; the name of a field keeps its capital."""
    labels = (label for path in found.reads for label in _labels(path, entities, entity))
    if any(sentence.startswith(label) for label in labels):
        return sentence
    return sentence[:1].lower() + sentence[1:]


def _labels(path: tuple[str, ...], entities: Mapping[str, Entity], entity: str) -> Iterator[str]:
    current: Entity | None = entities.get(entity)
    for name in path:
        field = current.fields.get(name) if current else None
        if field is None:
            return
        yield field.label
        current = entities.get(field.to or (field.of if isinstance(field.of, str) else ""))
