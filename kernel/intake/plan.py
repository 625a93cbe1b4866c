"""This file says what an import fills: each field with its column, the key, the constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql

from kernel.context import Context
from kernel.ledger.books import book_of
from kernel.rules.closed import is_below_locks
from kernel.rules.defaults import defaults
from kernel.rules.stored import stored_of
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.tables import column_type
from metadata.entity import Field
from metadata.layout import Column, Layout

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Fill:
    """A field and the column of the file that fills it.

    position: which column of the file, from 0.  target: where a link leads.  finders: the fields of the
    target by which it is found: one, or the two ends of a range.  is_needed: an empty cell is refused.
    """

    field: Field
    column: Column
    position: int
    target: CompiledEntity | None
    finders: tuple[Field, ...]
    is_key: bool

    @property
    def is_needed(self) -> bool:
        """Tell whether an empty cell is refused."""
        required = self.field.required and not self.field.hidden_when
        return (self.is_key or required) and not self.column.default

    @property
    def read_as(self) -> Field:
        """The field whose type reads the text: the target's, for a link."""
        return self.finders[0] if self.finders else self.field

    @property
    def given(self) -> dict[str, Any]:
        """Texts of the file that the mapping translates, without blanks around, with their values."""
        return {
            raw.strip(): self.read_as.canonical(text) if text else None
            for raw, text in self.column.values.items()
        }

    @property
    def default(self) -> Any:
        """The value of an empty cell."""
        return self.read_as.canonical(self.column.default) if self.column.default else None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known before the first row."""

    runtime: Runtime
    context: Context
    compiled: CompiledEntity
    header: tuple[str, ...]
    fills: tuple[Fill, ...]
    constants: Mapping[str, Any]
    key: tuple[str, ...]
    defaults: Mapping[str, Any]

    @property
    def filled(self) -> tuple[Field, ...]:
        """The fields that every row gives a value to, columns first."""
        return (
            *(fill.field for fill in self.fills),
            *(self.compiled.fields[name] for name in self.constants),
        )

    @property
    def unfilled(self) -> tuple[Field, ...]:
        """The fields with a column in the table that the file says nothing about."""
        known = {field.name for field in self.filled}
        return tuple(field for field in self.compiled.columns if field.name not in known)

    @property
    def late(self) -> tuple[str, ...]:
        """The fields whose default is worked out from other fields, once these are there."""
        filled = {field.name for field in self.filled}
        made = self.compiled.rules.defaults.items()
        return tuple(name for name, formula in made if formula.reads and name not in filled)

    @property
    def is_judged(self) -> bool:
        """Tell whether there is a rule to ask (of the entity, a grid, a ledger), or values that follow."""
        follows = self.compiled.name in stored_of(self.runtime).ways
        locked = is_below_locks(self.runtime, self.compiled.name)
        is_posted = book_of(self.runtime, self.compiled.name) is not None
        return not self.compiled.rules.is_empty or bool(self.late) or follows or locked or is_posted

    def place(self, name: str) -> str:
        """Return how people find a field in their file: the name of its column, else its label."""
        for fill in self.fills:
            if fill.field.name == name:
                return fill.column.from_
        return self.compiled.fields[name].label

    def labels(self, names: Sequence[str]) -> str:
        """Return the labels of fields as a list in Portuguese."""
        return " e ".join(self.compiled.fields[name].label for name in names)

    def default_of(self, name: str) -> Any:
        """Return the value of a field of a new record that the file says nothing about."""
        return self.defaults.get(name)


def plan(runtime: Runtime, context: Context, layout: Layout, header: tuple[str, ...]) -> Plan:
    """Return the plan for a file with this header, all columns of the mapping among it."""
    compiled = runtime.entities[layout.into]
    fills = []
    for name, column in layout.sources.items():
        field = compiled.fields[name]
        target = runtime.entities[field.to] if field.type == "link" else None
        finders = tuple(target.fields[finder] for finder in column.finders) if target else ()
        position = header.index(column.from_)
        fills.append(Fill(field, column, position, target, finders, name in layout.key))
    constants = {name: compiled.fields[name].canonical(text) for name, text in layout.set.items()}
    known = defaults(compiled, context)
    return Plan(runtime, context, compiled, header, tuple(fills), constants, layout.key, known)


def sql_type(field: Field) -> str:
    """Return the type of a field's column as SQL writes it."""
    return column_type(field).compile(dialect=_DIALECT)
