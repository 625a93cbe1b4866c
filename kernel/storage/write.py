"""This file writes rows: insert, change, delete, and the lock before them. It judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, all_, any_, bindparam, func, literal, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as sql_insert
from sqlalchemy.types import BigInteger

from kernel.context import Context
from kernel.fold import fold
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.names import SEARCH


def chosen(runtime: Runtime, compiled: CompiledEntity, *, locking: bool) -> Select[Any]:
    """Return the SELECT of rows by `ids`, locking them or not: values, version and stamps by column name."""
    key = ("chosen", compiled.name, locking)
    statement = runtime.statements.get(key)
    if statement is None:
        table = compiled.table
        names = ("id", "version", "updated_at", "updated_by", *(field.name for field in compiled.columns))
        asked = bindparam("ids", type_=ARRAY(BigInteger))
        statement = select(*(table.c[name] for name in names)).where(table.c.id == any_(asked))
        statement = statement.order_by(table.c.id)
        statement = statement.with_for_update() if locking else statement
        runtime.remember(key, statement)
    return statement


def bridged(connection: Connection, compiled: CompiledEntity, id: int) -> dict[str, tuple[int, ...]]:
    """Return the targets of each many-links field of a record, in order of id."""
    found = {}
    for name, pairs in compiled.bridges.items():
        rows = connection.execute(select(pairs.c.target).where(pairs.c.source == id).order_by(pairs.c.target))
        found[name] = tuple(row[0] for row in rows)
    return found


def insert(
    connection: Connection, context: Context, compiled: CompiledEntity, records: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert records of one entity in one statement and return their ids in the same order."""
    table = compiled.table
    named = {name for values in records for name in values if name in table.c}
    stamps: dict[str, Any] = dict.fromkeys(("created_at", "updated_at"), context.now)
    stamps |= dict.fromkeys(("created_by", "updated_by"), context.operator)
    rows = []
    for values in records:
        row = {name: values.get(name) for name in named} | stamps
        if compiled.entity.search:
            row[SEARCH] = searched(compiled, values)
        rows.append(row)
    statement = table.insert().returning(table.c.id, sort_by_parameter_order=len(rows) > 1)
    made = [row[0] for row in connection.execute(statement, rows if len(rows) > 1 else rows[0])]
    for id, values in zip(made, records, strict=True):
        _bridge(connection, compiled, id, values)
    return made


def update(
    connection: Connection, context: Context, compiled: CompiledEntity, id: int,
    values: Mapping[str, Any], after: Mapping[str, Any],
) -> int:  # fmt: skip
    """Change the given values of a record and return its new version."""
    table = compiled.table
    row = {name: value for name, value in values.items() if name in table.c}
    row |= {"updated_at": context.now, "updated_by": context.operator, "version": table.c.version + 1}
    if any(name in values for name in compiled.entity.search):
        row[SEARCH] = searched(compiled, after)
    statement = table.update().where(table.c.id == id).values(row).returning(table.c.version)
    version: int = connection.execute(statement).scalar_one()
    _bridge(connection, compiled, id, values)
    return version


def point(connection: Connection, compiled: CompiledEntity, id: int, links: Mapping[str, int | None]) -> None:
    """Set links of a record that was just inserted, once the ids they point to are known."""
    connection.execute(compiled.table.update().where(compiled.table.c.id == id).values(dict(links)))


def delete(connection: Connection, compiled: CompiledEntity, id: int) -> None:
    """Delete a record; its children go with it."""
    connection.execute(sql_delete(compiled.table).where(compiled.table.c.id == id))


def searched(compiled: CompiledEntity, values: Mapping[str, Any]) -> str:
    """Return the searched text of a record; the same as kernel.storage.search.search_text in SQL."""
    return fold(
        " ".join(str(values[name]) for name in compiled.entity.search if values.get(name) is not None)
    )


def _bridge(connection: Connection, compiled: CompiledEntity, id: int, values: Mapping[str, Any]) -> None:
    for name, pairs in compiled.bridges.items():
        if name not in values:
            continue
        wanted = literal(list(values[name] or ()), ARRAY(BigInteger))
        # Pairs that stay are left alone, so that the audit tells only those that came or went.
        connection.execute(sql_delete(pairs).where(pairs.c.source == id, pairs.c.target != all_(wanted)))
        rows = select(literal(id, BigInteger), func.unnest(wanted))
        connection.execute(sql_insert(pairs).from_select(["source", "target"], rows).on_conflict_do_nothing())
