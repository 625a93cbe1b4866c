"""This file rebuilds how records were at any moment: from what they are now, undoing what was noted since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.audit.tables import DELETED, INSERTED, LINKED, UNLINKED
from kernel.audit.trail import Event, Records, events, family, read_json
from kernel.runtime import Runtime

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class State:
    """A record as it was: JSON values by field, ids of many links, rows by children field."""

    entity: str
    id: int
    values: Mapping[str, Any]
    children: Mapping[str, tuple[State, ...]]


def state_at(
    connection: Connection, runtime: Runtime, entity: str, id: int, moment: datetime
) -> State | None:
    """Return a record with all rows below it as it was at a moment; None where it did not exist then."""
    records = family(connection, runtime, entity, id)
    values = states_at(connection, runtime, records, moment)
    return _state(runtime, values, (entity, id)) if (entity, id) in values else None


def states_at(
    connection: Connection, runtime: Runtime, records: Records, moment: datetime
) -> dict[Key, dict[str, Any]]:
    """Return the values of those records that existed at a moment."""
    values = _present(connection, runtime, records)
    pairs = _linked(connection, runtime, records)
    for event in events(connection, runtime, records, since=moment):
        _undo(values, pairs, event)
    return _with_links(values, pairs)


def differing(
    connection: Connection, runtime: Runtime, entity: str, ids: Collection[int], fields: Collection[str],
    moment: datetime,
) -> dict[int, tuple[str, ...]]:  # fmt: skip
    """Return the records of which some of the fields are not now what they were at a moment, with those.

    One that is gone, or was not there then, has none.
    """
    records = {entity: ids}
    then = states_at(connection, runtime, records, moment)
    now = _with_links(_present(connection, runtime, records), _linked(connection, runtime, records))
    found: dict[int, tuple[str, ...]] = {}
    for id in ids:
        was, came = then.get((entity, id)), now.get((entity, id))
        both = was is not None and came is not None
        names = tuple(n for n in fields if was.get(n) != came.get(n)) if was and came else ()
        if names or not both:
            found[id] = names
    return found


def _with_links(
    values: dict[Key, dict[str, Any]], pairs: Mapping[tuple[str, int, str], set[int]]
) -> dict[Key, dict[str, Any]]:
    for (entity, id, field), targets in pairs.items():
        if (entity, id) in values:
            values[entity, id][field] = tuple(sorted(targets))
    return values


def _present(connection: Connection, runtime: Runtime, records: Records) -> dict[Key, dict[str, Any]]:
    found: dict[Key, dict[str, Any]] = {}
    for name, ids in records.items():
        compiled = runtime.entities[name]
        table = compiled.table.alias("t")
        whole = cast(func.to_jsonb(table.table_valued()), Text)
        statement = select(table.c.id, whole).where(
            table.c.id == any_(literal(sorted(ids), ARRAY(BigInteger)))
        )
        for id, text in connection.execute(statement):
            read = read_json(text)
            found[name, id] = {field.name: read[field.name] for field in compiled.columns}
    return found


def _linked(
    connection: Connection, runtime: Runtime, records: Records
) -> dict[tuple[str, int, str], set[int]]:
    found: dict[tuple[str, int, str], set[int]] = {}
    for name, ids in records.items():
        asked = literal(sorted(ids), ARRAY(BigInteger))
        for field, table in runtime.entities[name].bridges.items():
            found.update({(name, id, field): set() for id in ids})
            rows = connection.execute(
                select(table.c.source, table.c.target).where(table.c.source == any_(asked))
            )
            for source, target in rows:
                found[name, source, field].add(target)
    return found


def _undo(
    values: dict[Key, dict[str, Any]], pairs: dict[tuple[str, int, str], set[int]], event: Event
) -> None:
    key = (event.entity, event.record)
    if event.operation in (LINKED, UNLINKED):
        for field, (gone, came) in event.changes.items():
            targets = pairs.setdefault((*key, field), set())
            targets.difference_update(came)
            targets.update(gone)
    elif event.operation == INSERTED:
        values.pop(key, None)
    elif event.operation == DELETED:
        values[key] = {field: before for field, (before, _) in event.changes.items()}
    elif key in values:
        values[key].update({field: before for field, (before, _) in event.changes.items()})


def _state(runtime: Runtime, values: Mapping[Key, Mapping[str, Any]], key: Key) -> State:
    compiled = runtime.entities[key[0]]
    children = {
        name: tuple(
            _state(runtime, values, other)
            for other, row in sorted(values.items())
            if other[0] == child.entity and row.get(child.by) == key[1]
        )
        for name, child in compiled.children.items()
    }
    named = (*(field.name for field in compiled.columns), *compiled.bridges)
    empty = {name: () if name in compiled.bridges else None for name in named}
    kept = {name: values[key].get(name, empty[name]) for name in named}
    return State(*key, kept, children)
