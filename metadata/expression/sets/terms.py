"""This file has the terms: what an expression means for a set of records, with every name resolved.

A term has a shape and always has a form in SQL; what has none never becomes a term.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from metadata.expression.sets.shapes import Shape


@dataclass(frozen=True, slots=True)
class Term:
    """A value of one record."""

    shape: Shape

    def walk(self) -> Iterator[Term]:
        """Yield this term and every one below it."""
        yield self
        for each in fields(self):
            value = getattr(self, each.name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Term):
                    yield from part.walk()


@dataclass(frozen=True, slots=True)
class Constant(Term):
    """A written value; dates, times and lengths as the text that says them."""

    value: Any


@dataclass(frozen=True, slots=True)
class Bound(Term):
    """A value that the caller gives by name; also `today` and `now`."""

    name: str


@dataclass(frozen=True, slots=True)
class Setting(Term):
    """What the site says that a parameter is on a day."""

    name: str
    day: Term


@dataclass(frozen=True, slots=True)
class Column(Term):
    """A field of a record, or its id."""

    record: Term
    name: str


@dataclass(frozen=True, slots=True)
class Apply(Term):
    """An operation on values; `places` are those after the point that a rounding leaves."""

    operation: str
    arguments: tuple[Term, ...]
    places: int = 0


# ── records ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Here(Term):
    """The record that the expression is about."""


@dataclass(frozen=True, slots=True)
class Linked(Term):
    """The record that a link leads to."""

    record: Term
    field: str


@dataclass(frozen=True, slots=True)
class Row(Term):
    """The row of a list that is looked at."""

    loop: int


@dataclass(frozen=True, slots=True)
class Picked(Term):
    """A record that is one or another; `id` is the number of the one."""

    id: Term


# ── lists, ranges, contexts: parts of what makes values ───────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Items(Term):
    """A list of written items."""

    items: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Rows(Term):
    """Rows behind a field of a record that meet conditions, and what of each is meant.

    Without the record there is no list at all, unless it `is_never_null`.
    """

    loop: int
    record: Term
    field: str
    conditions: tuple[Term, ...]
    item: Term
    is_never_null: bool = False


@dataclass(frozen=True, slots=True)
class Span(Term):
    """A range between two values, of which one may be missing."""

    low: Term
    high: Term
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Parts(Term):
    """A context whose keys are known."""

    names: tuple[str, ...]
    values: tuple[Term, ...]

    def find(self, name: str) -> Term | None:
        """Return the value of a key."""
        return dict(zip(self.names, self.values, strict=True)).get(name)


@dataclass(frozen=True, slots=True)
class Length(Term):
    """A length of time of a kind that only the row says: of months, or of days; the other is null."""

    months: Term
    days: Term


# ── what lists come to ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Aggregate(Term):
    """What rows come to: `count`, or `sum`, `min`, `max` of their items."""

    function: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class Some(Term):
    """Whether some row (or, if not `decisive`, every row) meets a condition."""

    decisive: bool
    rows: Rows
    condition: Term
