"""This file reads records: one with its children, several of one entity, a blank one with its defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.query.sortable import shown_sort_key, sort_key, system_sort_key
from kernel.rules.defaults import defaults, defaults_within
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Row, Stamps
from kernel.storage.shown import Joins, link_text, shown_text
from kernel.storage.tables import ATTACHMENTS
from metadata.entity import Field

_STAMPS = ("created_at", "created_by", "updated_at", "updated_by")


def read(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    entity: str,
    id: int,
    *,
    children: bool = True,
) -> Row | None:
    """Return a record with its children, as far as the operator sees them, or None.

    children: those that no form shows are left out; there may be very many of them.
    """
    runtime = seen_by(runtime, context.access.profile)
    compiled = runtime.entities.get(entity)
    if compiled is None:
        return None
    reader = _reader(runtime, compiled, "id")
    row = connection.execute(reader.select, context.bound() | {"key": id}).first()
    if row is None:
        return None
    found = (
        {
            name: ()
            if compiled.fields[name].hidden
            else _children(connection, runtime, context, compiled, name, id)
            for name in compiled.children
        }
        if children
        else {}
    )
    return reader.row(row, found)


def _children(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    parent: CompiledEntity,
    field: str,
    id: int,
) -> tuple[Row, ...]:
    child = parent.children[field]
    reader = _reader(runtime, runtime.entities[child.entity], child.by, child.order)
    found = connection.execute(reader.select, context.bound() | {"key": id})
    return tuple(reader.row(row, {}) for row in found)


def blank(
    runtime: Runtime, context: Context, entity: str, given: Mapping[str, Any] | None = None,
    connection: Connection | None = None,
) -> Row:  # fmt: skip
    """Return a record that is not saved yet, with its defaults and with `given` values.

    connection: for defaults that read records which links lead to.
    """
    compiled = seen_by(runtime, context.access.profile).entities[entity]
    values: dict[str, Any] = dict.fromkeys(field.name for field in compiled.columns)
    values |= dict.fromkeys(compiled.bridges, ())
    begins = (
        defaults_within(connection, runtime, compiled, context, given or {})
        if connection
        else defaults(runtime.whole.entities[entity], context, given)
    )
    values |= {name: value for name, value in begins.items() if name in compiled.fields}
    values |= given or {}
    empty: dict[str, tuple[Row, ...]] = dict.fromkeys(compiled.children, ())
    return Row(0, 0, values, {}, "", None, empty)


def several(
    connection: Connection, runtime: Runtime, context: Context, entity: str, key: str, values: Collection[int]
) -> tuple[Row, ...]:
    """Return the records whose id, or link `key`, is one of the values, as far as the operator sees them."""
    runtime = seen_by(runtime, context.access.profile)
    if not values or entity not in runtime.entities:
        return ()
    compiled = runtime.entities[entity]
    reader = _reader(runtime, compiled, key, ("id",), several=True)
    found = connection.execute(reader.select, context.bound() | {"key": list(values)})
    return tuple(reader.row(row, {}) for row in found)


class _Reader:
    """A SELECT for records of one entity by a key, and how its rows become records."""

    def __init__(
        self, runtime: Runtime, compiled: CompiledEntity, key: str, order: tuple[str, ...], several: bool
    ) -> None:
        self.names = tuple(field.name for field in compiled.columns)
        self.links = tuple(field.name for field in compiled.columns if field.kind.storage in ("link", "file"))
        self.many = tuple(compiled.bridges)
        self.select = _select(runtime, compiled, key, order, several)

    def row(self, row: Any, children: Mapping[str, tuple[Row, ...]]) -> Row:
        end = 7 + len(self.names)
        values = dict(zip(self.names, row[7:end], strict=True))
        shown: dict[str, Any] = dict(zip(self.links, row[end : end + len(self.links)], strict=True))
        for name, pairs in zip(self.many, row[end + len(self.links) :], strict=True):
            values[name] = tuple(pair[0] for pair in pairs or ())
            shown[name] = tuple(pair[1] for pair in pairs or ())
        return Row(row[0], row[1], values, shown, row[2] or "", Stamps(*row[3:7]), children)


def _reader(
    runtime: Runtime, compiled: CompiledEntity, key: str, order: tuple[str, ...] = (), several: bool = False
) -> _Reader:
    name = ("record", compiled.name, key, order, several)
    reader: _Reader | None = runtime.statements.get(name)
    if reader is None:
        reader = _Reader(runtime, compiled, key, order, several)
        runtime.remember(name, reader)
    return reader


def joins(runtime: Runtime, table: Any) -> Joins:
    """Return the joins of a SELECT that starts at `table`."""
    entities = {name: compiled.entity for name, compiled in runtime.entities.items()}
    tables = {name: compiled.table for name, compiled in runtime.entities.items()}
    return Joins(tables, entities, table)


def _select(
    runtime: Runtime, compiled: CompiledEntity, key: str, order: tuple[str, ...], several: bool
) -> Select[Any]:
    table: Any = compiled.table.alias("t")
    reach = joins(runtime, table)
    text = shown_text(compiled.entity, table, reach)
    shown = [
        _shown(runtime, field, table, reach)
        for field in compiled.columns
        if field.kind.storage in ("link", "file")
    ]
    many = [_pairs(runtime, compiled, name, table) for name in compiled.bridges]
    values = [table.c[field.name] for field in compiled.columns]
    stamps = [table.c[name] for name in _STAMPS]
    labelled = [part.label(f"x{index}") for index, part in enumerate((*shown, *many))]
    statement = select(table.c.id, table.c.version, text.label("text"), *stamps, *values, *labelled)
    asked = any_(bindparam("key", type_=ARRAY(BigInteger))) if several else bindparam("key", type_=BigInteger)
    statement = statement.select_from(reach.source).where(table.c[key] == asked)
    return statement.order_by(*_order(compiled, table, order)) if order else statement


def _shown(runtime: Runtime, field: Field, table: Any, reach: Joins) -> Any:
    if field.kind.storage == "file":
        files = runtime.metadata.tables[ATTACHMENTS].alias()
        return select(files.c.name).where(files.c.id == table.c[field.name]).scalar_subquery()
    return link_text(field, table.c[field.name], reach, f".{field.name}")


def _pairs(runtime: Runtime, compiled: CompiledEntity, name: str, table: Any) -> Any:
    """Return the SQL of a JSON list of [id, text] of a many-links field, in the order of the texts."""
    pairs = compiled.bridges[name].alias()
    target: Any = runtime.entities[compiled.fields[name].to].table.alias()
    reach = joins(runtime, target)
    text = shown_text(runtime.entities[compiled.fields[name].to].entity, target, reach)
    pair = func.json_build_array(target.c.id, text)
    listed = func.json_agg(aggregate_order_by(pair, shown_sort_key(text)))
    found = select(listed).select_from(reach.source.join(pairs, pairs.c.target == target.c.id))
    return found.where(pairs.c.source == table.c.id).correlate(table).scalar_subquery()


def _order(compiled: CompiledEntity, table: Any, order: tuple[str, ...]) -> list[Any]:
    keys = []
    for name in order:
        bare = name.removeprefix("-")
        field = compiled.fields.get(bare)
        key = (
            sort_key(field, table.c[bare])
            if field
            else table.c.id
            if bare == "id"
            else system_sort_key(bare, table.c[bare])
        )
        keys.append(key.desc() if name.startswith("-") else key)
    last = table.c.id.desc() if order[0].startswith("-") else table.c.id
    return [*keys, last if order[0].removeprefix("-") != "id" else literal_column("1")]
