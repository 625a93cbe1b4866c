"""This file finds the rows that a run made or changed, while they are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, select

from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage.record import Row
from kernel.storage.records import several

Versions = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """A row that a run made or changed, with the rows below it; `is_gone` where it took it away."""

    entity: str
    id: int
    row: Row | None
    below: Mapping[str, tuple[Found, ...]] = attribute(default_factory=dict)

    @property
    def is_gone(self) -> bool:
        """Tell whether the run took the row away."""
        return self.row is None

    def value(self, name: str) -> Any:
        """Return the value of a field."""
        return self.row.values[name] if self.row else None


def versions(connection: Connection, runtime: Runtime, entities: Iterable[str]) -> Versions:
    """Return the ids and versions of all records of some entities."""
    tables = {entity: runtime.entities[entity].table for entity in entities}
    return {
        entity: {row.id: row.version for row in connection.execute(select(table.c.id, table.c.version))}
        for entity, table in tables.items()
    }


def differing(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    before: Versions,
    below: Mapping[str, set[str]],
) -> list[Found]:
    """Return the rows that differ from what was before, in the order of their ids.

    below: of entities, the rows below which are wanted too.
    """
    found: list[Found] = []
    for entity, now in versions(connection, runtime, before).items():
        known = before[entity]
        ids = sorted(id for id, version in now.items() if known.get(id) != version)
        rows = several(connection, runtime, context, entity, "id", ids)
        lower = {
            name: _below(connection, runtime, context, entity, name, ids) for name in below.get(entity, ())
        }
        found += [
            Found(
                entity, row.id, row, {name: tuple(rows_of.get(row.id, ())) for name, rows_of in lower.items()}
            )
            for row in rows
        ]
        found += [Found(entity, id, None) for id in sorted(known.keys() - now.keys())]
    return found


def _below(
    connection: Connection, runtime: Runtime, context: Context, entity: str, name: str, ids: list[int]
) -> dict[int, list[Found]]:
    child = runtime.entities[entity].children[name]
    found: dict[int, list[Found]] = {}
    for row in several(connection, runtime, context, child.entity, child.by, ids):
        found.setdefault(row.values[child.by], []).append(Found(child.entity, row.id, row))
    return found
