"""This file says what an expression can see while it is evaluated: names, and what it ran into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime
from typing import Any, Protocol

from kernel.expression.values import ABSENT
from metadata.expression.faults import Fault

MAX_STEPS = 200_000
MAX_NOTES = 20


class Exhausted(Exception):
    """The evaluation did more than it may."""


class Named(Protocol):
    """What the configuration defines under a name."""

    def call(
        self, run: Run, scope: Scope, values: Sequence[Any], names: Sequence[str], span: tuple[int, int]
    ) -> Any:
        """Answer a call."""


class Dated(Protocol):
    """A value with its first day."""

    @property
    def value(self) -> Any:
        """The value."""

    @property
    def since(self) -> date:
        """The first day."""


class Site(Protocol):
    """The dated values of the site."""

    def on(self, name: str, day: date) -> Dated | None:
        """Return what a parameter is on a day, where the site says so."""


@dataclass(slots=True)
class Run:
    """One evaluation: what day it is, how much was done, why something came out as null.

    definitions: what can be called besides built-ins.  site: values of parameters.
    answers: what definitions said, in the order in which they were asked (the first ones only).
    holidays: the days without work that business days count with; None where nobody said them.
    is_exhausted: whether the last evaluation did more than it may.
    calendar: reads them when they are first asked for.  rights: the named rights of the operator; None for
    every one.
    """

    now: datetime
    notes: list[Fault] = attribute(default_factory=list)
    steps: int = 0
    definitions: Mapping[str, Named] = attribute(default_factory=dict)
    site: Site | None = None
    answers: list[tuple[str, Any]] = attribute(default_factory=list)
    holidays: frozenset[date] | None = None
    calendar: Callable[[], frozenset[date] | None] | None = None
    rights: frozenset[str] | None = None
    is_exhausted: bool = False

    def days_off(self) -> frozenset[date] | None:
        """Return the holidays."""
        if self.holidays is None and self.calendar is not None:
            self.holidays, self.calendar = self.calendar(), None
        return self.holidays

    def told(self, name: str, answer: Any) -> None:
        """Remember what a definition answered."""
        if len(self.answers) < MAX_NOTES:
            self.answers.append((name, answer))

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


def find(scope: Scope | None, name: str) -> Any:
    """Return the value of a name, or ABSENT."""
    while scope is not None:
        found = scope.values.get(name, ABSENT)
        if found is not ABSENT:
            return found
        scope = scope.outer
    return ABSENT
