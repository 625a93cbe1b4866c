"""This file judges the expressions of steps: of which kind they are, and how large their values get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from metadata.entity import Entity
from metadata.expression.define import Defined
from metadata.expression.faults import Fault
from metadata.expression.infer import infer
from metadata.expression.kinds import Kind
from metadata.expression.parse import parse
from metadata.expression.sets.lower import lower
from metadata.steps.seen import Path, Seen, Value


class Judge(Protocol):
    """Who says what an expression is, and hears what is wrong with a step."""

    def judged(
        self, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen, wanted: Kind | None,
        start: int = 0,
    ) -> Value | None:  # fmt: skip
        """Return what is known of an expression that begins at `start` of what stands at a path.

        None where something is wrong with it.
        """

    def tell(self, code: str, path: Path, facts: Mapping[str, Any]) -> None:
        """Hear what is wrong with a part of a step."""


class Sound:
    """Says what expressions are that the checks have passed: nothing is wrong with them."""

    def __init__(self, defined: Defined) -> None:
        self.defined = defined

    def judged(
        self, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen, wanted: Kind | None,
        start: int = 0,
    ) -> Value | None:  # fmt: skip
        """Return what is known of an expression."""
        node = parse(text)
        assert not isinstance(node, Fault), text
        entity, kinds = seen.names(entities)
        found = infer(node, entities, entity, kinds, self.defined.definitions)
        made = lower(
            node, entities, seen.entity, seen.shapes, self.defined, terms=seen.terms, beside=seen.second
        )
        return Value(found.kind, made, node, found.reads)

    def tell(self, code: str, path: Path, facts: Mapping[str, Any]) -> None:
        """Refuse to go on: the checks would have told."""
        raise AssertionError((code, path, facts))
