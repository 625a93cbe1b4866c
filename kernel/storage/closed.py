"""This file keeps which records are closed: a closed one is there for those named, and for no others.

Who may read what, kernel.access.tables asks of it; this file only keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    MetaData,
    Table,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

if TYPE_CHECKING:
    from kernel.runtime import CompiledEntity

METADATA = MetaData()

# roles, operators: by name and login, who sees the record all the same.
CLOSED = Table(
    "aroeira_closed", METADATA,
    Column("entity", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("operators", ARRAY(Text), nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closed:
    """To whom a record is left open; by: who closed it first."""

    roles: tuple[str, ...]
    operators: tuple[str, ...]
    by: str
    at: datetime


def closed(connection: Connection, compiled: CompiledEntity, id: int) -> Closed | None:
    """Return to whom a record is left open, or None where it is not closed."""
    columns = (CLOSED.c.roles, CLOSED.c.operators, CLOSED.c.closed_by, CLOSED.c.closed_at)
    row = connection.execute(select(*columns).where(*_of(compiled, id))).one_or_none()
    return Closed(tuple(row[0]), tuple(row[1]), row[2], row[3]) if row else None


def close(
    connection: Connection,
    compiled: CompiledEntity,
    id: int,
    roles: Sequence[str],
    operators: Sequence[str],
    by: str,
    at: datetime,
) -> None:
    """Close a record to all but those named, or name others; who closed it first stays noted."""
    names = {"roles": sorted(set(roles)), "operators": sorted(set(operators))}
    if connection.execute(update(CLOSED).where(*_of(compiled, id)).values(**names)).rowcount:
        return
    row = {"entity": compiled.name, "record": id, "closed_by": by, "closed_at": at, **names}
    key = ["entity", "record"]
    connection.execute(insert(CLOSED).values(**row).on_conflict_do_update(index_elements=key, set_=names))


def open_again(connection: Connection, compiled: CompiledEntity, id: int) -> None:
    """Open a record to everybody who may see its kind."""
    connection.execute(delete(CLOSED).where(*_of(compiled, id)))


def _of(compiled: CompiledEntity, id: int) -> tuple[ColumnElement[bool], ...]:
    return CLOSED.c.entity.in_([compiled.name, *compiled.entity.was]), CLOSED.c.record == id
