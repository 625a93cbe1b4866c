"""This file looks at rows that exist, on behalf of the checks of a plan: how many break a rule, and which."""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from kernel.storage import names
from kernel.storage.migrate.conversions import conversion
from kernel.storage.migrate.renames import Renames
from kernel.storage.migrate.shape import Column, Shape, Table, quoted
from metadata.entity import Field
from metadata.package import Configuration
from metadata.problems import Place

COUNTED_BYTES = 200 * 1024 * 1024  # a bigger table is not gone through only to tell how many rows it has
EXAMPLES = 3
LONGEST_EXAMPLE = 40


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that break a rule; `examples` as they stand in a sentence."""

    rows: int
    examples: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """All that checks need to know; SQL is written with the names of now, everything else with the new ones.

    after: the tables that exist, as renames leave them.
    """

    connection: Connection
    old: Configuration
    new: Configuration
    have: Shape
    after: Shape
    want: Shape
    renames: Renames

    def field(self, entity: str, field: str) -> Field:
        """Return a field of the new configuration."""
        return self.new.entities[entity].fields[field]

    def column(self, entity: str, field: str) -> Column | None:
        """Return the column that a field of the new configuration finds already there."""
        table = self.after.get(entity)
        return table.columns.get(field) if table else None

    def table(self, name: str) -> str:
        """Return a table as SQL has to call it now."""
        return quoted(self.renames.table(name))

    def now(self, table: str, column: str) -> str:
        """Return a column as SQL has to call it now."""
        return quoted(self.renames.column(table, column))

    def value(self, table: str, column: str) -> str | None:
        """Return the SQL of a value as it will be: NULL for a new column, None if it cannot be converted."""
        present, wanted = self.after[table].columns.get(column), self.want[table].columns[column]
        if present is None:
            return f"NULL::{wanted.type}"
        found = conversion(present, wanted, self.now(table, column))
        return found.using if found else None

    def place(self, entity: str, field: str = "") -> Place | None:
        """Return where the new configuration says it."""
        document = self.new.documents.get("entities", {}).get(entity)
        path = ("fields", field) if field else ("entity",)
        return document.place(*path, key=bool(field)) if document else None

    def count(self, table: str, condition: str, facts: Mapping[str, Any] | None = None) -> int:
        """Return how many rows meet a condition."""
        sql = f"SELECT count(*) FROM {self.table(table)} WHERE {condition}"
        return int(self.connection.scalar(text(escaped(sql)), facts or {}) or 0)

    def find(
        self, table: str, field: Field, condition: str, value: str, facts: Mapping[str, Any] | None = None
    ) -> Found:
        """Return the rows that meet a condition; personal values are not shown."""
        rows = self.count(table, condition, facts)
        if not rows:
            return Found(0)
        sql = (
            f"SELECT id, left(({value})::text, {LONGEST_EXAMPLE + 1}) AS value FROM {self.table(table)} "
            f"WHERE {condition} ORDER BY id LIMIT {EXAMPLES}"
        )
        found = self.connection.execute(text(escaped(sql)), facts or {}).all()
        return Found(rows, ", ".join(_example(row.id, row.value, field) for row in found))

    def filled(self, table: str, column: str) -> int:
        """Return how many rows have a value in a column that exists."""
        return self.count(table, f"{self.now(table, column)} IS NOT NULL")

    def total(self, name: str) -> str:
        """Return how many rows a table has, in words; for a large one as the database estimates it."""
        table = self.after[name]
        if table.size > COUNTED_BYTES:
            return f"cerca de {records(table.rows)}"
        return records(self.count(name, "true"))

    def is_empty(self, name: str) -> bool:
        """Tell whether a table has no row."""
        return not self.connection.scalar(text(f"SELECT EXISTS (SELECT FROM {self.table(name)})"))

    def owner(self, table: str, column: str) -> tuple[str, str]:
        """Return the entity and the field that a column belongs to; pairs belong to a many-links field."""
        if table in self.new.entities:
            return table, column
        fields = (
            (entity, field) for entity in self.new.entities.values() for field in entity.fields.values()
        )
        pairs = ((e.name, f.name) for e, f in fields if names.bridge(e.name, f.name) == table)
        return next(pairs, (table, column))

    def bridge(self, entity: str, field: str) -> Table | None:
        """Return the table that a many-links field of the new configuration finds already there."""
        return self.after.get(names.bridge(entity, field))


def escaped(sql: str) -> str:
    """Keep `::` from being read as the beginning of a parameter."""
    return sql.replace("::", "\\:\\:")


def _example(identity: int, value: str | None, field: Field) -> str:
    if field.privacy or value is None:
        return f"registro {identity}"
    shown = value if len(value) <= LONGEST_EXAMPLE else f"{value[:LONGEST_EXAMPLE]}…"
    return f"registro {identity} (“{shown}”)"


def number(count: int) -> str:
    """Return a count as people read it."""
    return f"{count:,}".replace(",", ".")


def records(count: int) -> str:
    """Return a count of records in words."""
    return "1 registro" if count == 1 else f"{number(count)} registros"
