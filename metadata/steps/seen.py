"""This file says what an expression of a step sees: fields of the row, records made of it, the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from metadata.entity import Entity, Field
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.kinds import Kind
from metadata.expression.sets import shapes as s
from metadata.expression.sets.lower import here_of
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Bound, Column, Linked, Row, Rows, Term

Path = tuple[Any, ...]
LOOP = -1  # of the rows of a group: loops of expressions count from 1
NO_KINDS: Mapping[str, Kind] = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """What an expression of a step sees.

    entity: whose fields are seen by themselves.  kinds: every other name.  shapes: of names with a value of
    their own.  terms: of names for something made of the row.  beside: the name of a second record, whose
    fields come first.
    """

    entity: str = ""
    kinds: Mapping[str, Kind] = attribute(default_factory=dict)
    shapes: Mapping[str, Shape] = attribute(default_factory=dict)
    terms: Mapping[str, Term] = attribute(default_factory=dict)
    beside: str = ""

    def and_value(self, name: str, kind: Kind, shape: Shape | None) -> Seen:
        """Return the same with one more name."""
        shapes = {**self.shapes, name: shape} if shape else self.shapes
        return replace(self, kinds={**self.kinds, name: kind}, shapes=shapes)

    def and_field(self, field: Field) -> Seen:
        """Return the same with a column that was made."""
        return self.and_value(field.name, k.of_field(field), s.of_field(field))

    def and_term(self, name: str, kind: Kind, term: Term) -> Seen:
        """Return the same with a name for something made of the row."""
        return replace(self, kinds={**self.kinds, name: kind}, terms={**self.terms, name: term})

    def and_all(self, other: Seen) -> Seen:
        """Return the same with the names of another, which win."""
        return replace(
            self,
            kinds={**self.kinds, **other.kinds},
            shapes={**self.shapes, **other.shapes},
            terms={name: term for name, term in self.terms.items() if name not in other.kinds},
        )

    @property
    def second(self) -> Term | None:
        """The second record."""
        return Bound(self.shapes[self.beside], self.beside) if self.beside else None

    def names(self, entities: Mapping[str, Entity]) -> tuple[str, Mapping[str, Kind]]:
        """Return the entity whose fields come first, and the kinds of all other names."""
        if not self.beside:
            return self.entity, self.kinds
        second = self.kinds[self.beside].entity
        fields = entities[self.entity].fields if self.entity else {}
        its = {*entities[second].fields, *entities[second].former}
        others = {name: field for name, field in fields.items() if name not in its}
        return second, {**{name: k.of_field(field) for name, field in others.items()}, **self.kinds}


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of the value of an expression of a step."""

    kind: Kind
    term: Term
    node: n.Node
    reads: frozenset[tuple[str, ...]] = frozenset()

    @property
    def shape(self) -> Shape:
        """How large the value can get."""
        return self.term.shape


def of_row(entity: str, called: str) -> Seen:
    """Return what is seen of a row, whose fields are seen, and which has a name."""
    return Seen(entity).and_term(called, k.record(entity), here_of(entity))


def of_group(key: str, rows: Entity, called: str, group: tuple[str, ...]) -> Seen:
    """Return what is seen of a group: what its rows have in common, and lists of all the rest.

    key: the entity of the groups, with the fields of `group`.  called: the name of the list of rows.
    """
    row = Row(Shape(k.RECORD, entity=rows.name, nullable=False), LOOP)
    listed = Rows(s.LIST, LOOP, here_of(key), "rows", (), row, is_never_null=True)
    seen = Seen(key).and_term(called, k.listed(k.record(rows.name)), listed)
    for name, field in rows.fields.items():
        shape = s.of_field(field)
        if name not in group and shape:
            item: Term = (Linked if field.type == "link" else Column)(shape, row, name)
            seen = seen.and_term(name, k.listed(k.of_field(field)), replace(listed, item=item))
    return seen
