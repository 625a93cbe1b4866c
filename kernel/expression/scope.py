"""This file says what an expression can see while it is evaluated: names, and what it ran into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from metadata.expression.faults import Fault

MAX_STEPS = 200_000
MAX_NOTES = 20


class Exhausted(Exception):
    """The evaluation did more than it may."""


@dataclass(slots=True)
class Run:
    """One evaluation: what day it is, how much was done, why something came out as null."""

    now: datetime
    notes: list[Fault] = attribute(default_factory=list)
    steps: int = 0

    def note(self, code: str, span: tuple[int, int], **facts: Any) -> None:
        """Remember why a part has no value; returns nothing, which is that value."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Fault(code, span, facts))

    def step(self, count: int = 1) -> None:
        """Count work that grows with the data."""
        self.steps += count
        if self.steps > MAX_STEPS:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Scope:
    """Names with values, and the scope around them."""

    values: Mapping[str, Any]
    outer: Scope | None = None

    def inner(self, values: Mapping[str, Any]) -> Scope:
        """Return a scope within this one."""
        return Scope(values, self)


ABSENT = object()


def find(scope: Scope | None, name: str) -> Any:
    """Return the value of a name, or ABSENT."""
    while scope is not None:
        found = scope.values.get(name, ABSENT)
        if found is not ABSENT:
            return found
        scope = scope.outer
    return ABSENT
