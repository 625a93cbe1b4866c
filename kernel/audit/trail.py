"""This file reads what was noted: changes of records, newest first, under the names of today."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.audit.tables import ACT, AUDIT, DELETED, INSERTED, LINKED, UNLINKED, UPDATED
from kernel.runtime import CompiledEntity, Runtime

Pair = tuple[Any, Any]
Records = Mapping[str, Collection[int]]
_OF_ACT = ("transaction", "operator", "kind", "address", "route", "database_user", "operation")
JOINED = AUDIT.join(ACT, and_(ACT.c.act == AUDIT.c.act, ACT.c.at == AUDIT.c.at))


@dataclass(frozen=True, slots=True)
class Event:
    """What one statement changed of one record.

    changes: before and after by field, as JSON values; of many links the targets that went and that came.
    """

    act: int
    at: datetime
    transaction: int
    operator: str
    kind: str
    address: str
    route: str
    database_user: str
    operation: str
    entity: str
    record: int
    changes: Mapping[str, Pair]


def detail(of: FromClause) -> list[ColumnElement[Any]]:
    """Return the columns that make an event; `of` is the table of changes, or a part of it."""
    own = [of.c[name] for name in ("act", "at", "entity", "record")]
    return [*own, cast(of.c.changes, Text).label("changes"), *(ACT.c[name] for name in _OF_ACT)]


def read_json(text: str) -> Any:
    """Read JSON of the audit; numbers keep every digit."""
    return json.loads(text, parse_float=Decimal)


def names_of(compiled: CompiledEntity) -> list[str]:
    """Return the names under which changes of an entity may be noted: the one of today, and former ones."""
    return [compiled.name, *compiled.entity.was]


def family(connection: Connection, runtime: Runtime, entity: str, id: int) -> dict[str, set[int]]:
    """Return a record and all rows that are or were below it, at any level, by entity."""
    found: dict[str, set[int]] = {entity: {id}}
    level = {entity: {id}}
    while level:
        below: dict[str, set[int]] = {}
        for name, ids in level.items():
            for child in runtime.entities[name].children.values():
                rows = _rows(connection, runtime.entities[child.entity], child.by, ids)
                below.setdefault(child.entity, set()).update(rows - found.get(child.entity, set()))
        level = {name: ids for name, ids in below.items() if ids}
        for name, ids in level.items():
            found.setdefault(name, set()).update(ids)
    return found


def _rows(connection: Connection, child: CompiledEntity, by: str, above: Collection[int]) -> set[int]:
    ids = literal(sorted(above), ARRAY(BigInteger))
    present = select(child.table.c.id).where(child.table.c[by] == any_(ids))
    noted = select(AUDIT.c.record).where(AUDIT.c.entity.in_(names_of(child)), AUDIT.c.owner == any_(ids))
    if len(child.owners) > 1:  # the number above may be of another entity
        noted = noted.where(func.jsonb_exists(AUDIT.c.changes, by))
    return set(connection.scalars(union(present, noted)))


def events(
    connection: Connection,
    runtime: Runtime,
    records: Records,
    *,
    since: datetime | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Iterator[Event]:
    """Yield the changes of records, the newest first.

    since: only later ones.  before: only those of earlier acts.
    """
    chosen = [
        and_(
            AUDIT.c.entity.in_(names_of(runtime.entities[name])),
            AUDIT.c.record == any_(literal(sorted(ids), ARRAY(BigInteger))),
        )
        for name, ids in records.items()
    ]
    statement = select(*detail(AUDIT)).select_from(JOINED).where(or_(*chosen))
    if since is not None:
        statement = statement.where(AUDIT.c.at > since)
    if before is not None:
        statement = statement.where(AUDIT.c.act < before)
    statement = statement.order_by(AUDIT.c.act.desc(), AUDIT.c.record).limit(limit)
    for row in connection.execute(statement):
        yield event(runtime, row)


def event(runtime: Runtime, row: Any) -> Event:
    """Return a row of the columns of `detail` as an event."""
    compiled = of_name(runtime, row.entity)
    changes = read_json(row.changes)
    former = compiled.entity.former if compiled else {}
    return Event(
        row.act, row.at, row.transaction, row.operator, row.kind, row.address, row.route, row.database_user,
        row.operation, compiled.name if compiled else row.entity, row.record,
        {former.get(name, name): _PAIRS[row.operation](value) for name, value in changes.items()},
    )  # fmt: skip


def of_name(runtime: Runtime, name: str) -> CompiledEntity | None:
    """Return the entity that has a name, or had it."""
    if name in runtime.entities:
        return runtime.entities[name]
    return next((each for each in runtime.entities.values() if name in each.entity.was), None)


_PAIRS: Mapping[str, Any] = {
    INSERTED: lambda value: (None, value),
    UPDATED: tuple,
    DELETED: lambda value: (value, None),
    LINKED: lambda value: ((), tuple(value)),
    UNLINKED: lambda value: (tuple(value), ()),
}
