"""This file says how the records that an expression is about are reached in one SELECT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, cast, null

from kernel.runtime import Runtime
from kernel.storage.shown import Joins
from kernel.storage.tables import column_type
from metadata.expression import nodes as n
from metadata.expression.sets.lower import lower
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Picked, Term


@dataclass(frozen=True)
class Source:
    """Records of an entity: those of a table, or rows whose own columns stand for some fields.

    table: has the columns of the entity, None where there is none.  columns: what stands for fields (and
    for `id`) instead.  joins: made as paths through links ask for them, shared by everything in the SELECT;
    read `from_` when all is translated.  path: of links from the first record to this one.  names: what
    else an expression may name, with its shape and its SQL.  terms: names for what is made of the record.
    beside: a record of `names` whose fields come before those of this one.
    """

    runtime: Runtime
    entity: str
    joins: Joins
    table: Any
    columns: Mapping[str, ColumnElement[Any]] = attribute(default_factory=dict)
    path: str = ""
    names: Mapping[str, tuple[Shape, ColumnElement[Any]]] = attribute(default_factory=dict)
    terms: Mapping[str, Term] = attribute(default_factory=dict)
    beside: Term | None = None

    @classmethod
    def of_table(
        cls,
        runtime: Runtime,
        entity: str,
        table: FromClause | None = None,
        *,
        joins: Joins | None = None,
        names: Mapping[str, tuple[Shape, ColumnElement[Any]]] | None = None,
    ) -> Source:
        """Return the records of a table (or an alias of it), in joins that may be shared with others."""
        base = runtime.entities[entity].table.alias("t") if table is None else table
        return cls(runtime, entity, joins or _joins(runtime, base), base, names=names or {})

    @classmethod
    def of_columns(
        cls,
        runtime: Runtime,
        entity: str,
        columns: Mapping[str, ColumnElement[Any]],
        base: Any,
        *,
        existing: FromClause | None = None,
        names: Mapping[str, tuple[Shape, ColumnElement[Any]]] | None = None,
    ) -> Source:
        """Return rows of `base` whose columns stand for fields; the others are those of `existing`, or empty.

        `existing`, part of `base`, is the table of the entity joined by id where there is a record already.
        """
        return cls(runtime, entity, _joins(runtime, base), existing, columns, names=names or {})

    @property
    def from_(self) -> Any:
        """The FROM clause, with every join that was asked for so far."""
        return self.joins.source

    def column(self, name: str) -> ColumnElement[Any]:
        """Return the column of a field, or of the id."""
        found = self.columns.get(name)
        if found is not None:
            return found
        if self.table is not None:
            return self.table.c[name]  # type: ignore[no-any-return]
        field = self.runtime.entities[self.entity].fields.get(name)
        return cast(null(), column_type(field) if field else BigInteger())

    def linked(self, name: str) -> Source:
        """Return the record that a link leads to, joined the first time."""
        target = self.runtime.entities[self.entity].fields[name].to
        path = f"{self.path}.{name}"
        table = self.joins.reach(path, target, self.column(name))
        return replace(self, entity=target, table=table, columns={}, path=path)

    def given(self, name: str) -> Source:
        """Return the record that the caller gives by name, joined the first time."""
        shape, sql = self.names[name]
        table = self.joins.reach(f"={name}", shape.entity, sql)
        return replace(self, entity=shape.entity, table=table, columns={}, path=f"={name}")

    def picked(self, record: Picked, id: ColumnElement[Any]) -> Source:
        """Return the record that is one or another, joined the first time."""
        path = f"={record}"
        table = self.joins.reach(path, record.shape.entity, id)
        return replace(self, entity=record.shape.entity, table=table, columns={}, path=path)


def _joins(runtime: Runtime, base: Any, prefix: str = "j") -> Joins:
    entities = {name: compiled.entity for name, compiled in runtime.entities.items()}
    tables = {name: compiled.table for name, compiled in runtime.entities.items()}
    return Joins(tables, entities, base, prefix)


def rows(runtime: Runtime, entity: str, table: Any, base: Any, prefix: str) -> Source:
    """Return the rows of a list, with joins of their own."""
    return Source(runtime, entity, _joins(runtime, base, prefix), table)


def termed(node: n.Node, source: Source) -> Term:
    """Return the term of an expression that gives one value."""
    entities = {name: compiled.entity for name, compiled in source.runtime.entities.items()}
    names = {name: shape for name, (shape, _) in source.names.items()}
    defined = source.runtime.configuration.defined
    return lower(node, entities, source.entity, names, defined, terms=source.terms, beside=source.beside)
