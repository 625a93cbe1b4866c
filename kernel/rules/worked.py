"""This file gives records that were read the values of their computed fields that are not stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from kernel.context import Context
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.exchange import taken
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Row


def worked_out(connection: Connection, runtime: Runtime, context: Context, entity: str, row: Row) -> Row:
    """Return a record, and the rows read with it, with what is computed on them."""
    compiled = runtime.entities[entity]
    (made,) = _several(connection, runtime, context, compiled, [row])
    children: Mapping[str, tuple[Row, ...]] = {
        name: tuple(
            _several(connection, runtime, context, runtime.entities[compiled.children[name].entity], rows)
        )
        for name, rows in row.children.items()
    }
    return replace(made, children=children)


def _several(
    connection: Connection, runtime: Runtime, context: Context, compiled: CompiledEntity, rows: Sequence[Row]
) -> Iterable[Row]:
    worked = computed(connection, runtime, context, compiled.name, [(row.id, row.values) for row in rows])
    return [replace(row, values={**row.values, **made}) for row, made in zip(rows, worked, strict=True)]


def computed(
    connection: Connection, runtime: Runtime, context: Context, entity: str,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
) -> list[Mapping[str, Any]]:  # fmt: skip
    """Return what is computed and not stored on each of some records, given by id and values, as a set."""
    shown, runtime = runtime.entities[entity].fields, runtime.whole
    compiled = runtime.entities[entity]
    names = [name for name in compiled.rules.computed if name in shown and not shown[name].stored]
    if not names or not rows:
        return [{} for _ in rows]
    if shown is not compiled.fields:  # what they read may be more than what the operator sees
        rows = raw(connection, compiled, [id for id, _ in rows])
    needs = runtime.rules.in_full(tree((name,) for name in names), compiled.name, own=False)
    pairs = [(Record(compiled.name, id or None), values) for id, values in rows]
    Reach(connection, runtime, begun(connection, runtime, context)).fill(compiled, pairs, needs)
    return [
        {
            name: None if shown[name].is_masked else taken(record.get(name), compiled.fields[name])
            for name in names
        }
        for record, _ in pairs
    ]


def raw(
    connection: Connection, compiled: CompiledEntity, ids: Sequence[int]
) -> list[tuple[int, Mapping[str, Any]]]:
    """Return records as they are stored, in the order asked."""
    wanted = select(compiled.table).where(compiled.table.c.id.in_(ids))
    found = {row["id"]: dict(row) for row in connection.execute(wanted).mappings()}
    return [(id, found.get(id, {})) for id in ids]
