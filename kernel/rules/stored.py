"""This file says which stored computed fields follow from which others, and makes the statements for them.

A stored field may read other stored ones, of its own record or across links and rows: levels come in the
order in which they can be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Update, any_, case, func, or_, select
from sqlalchemy.sql.dml import ReturningUpdate

from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import translated
from kernel.rules.ways import IDS, Key, Way, end, paths, ways
from kernel.runtime import Runtime
from kernel.storage.names import SEARCH
from kernel.storage.search import search_text
from metadata.entity import Field
from metadata.expression import nodes as n

STORED = ("stored",)


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored computed fields of a version.

    levels: in each, the fields of every entity that can be worked out at once.  ends: all fields, of any
    entity, that each reads.  reads: the stored ones among them.  ways: by the entity of the record that
    changes.
    """

    levels: tuple[Mapping[str, tuple[str, ...]], ...]
    ends: Mapping[Key, frozenset[Key]]
    reads: Mapping[Key, frozenset[Key]]
    ways: Mapping[str, tuple[Way, ...]]


def stored_of(runtime: Runtime) -> Stored:
    """Return the stored computed fields of a version, found once."""
    found: Stored | None = runtime.views.get(STORED)
    if found is None:
        found = runtime.views[STORED] = _stored(runtime)
    return found


def _stored(runtime: Runtime) -> Stored:
    read = {
        (entity.name, name): tuple(paths(runtime, entity.name, formula))
        for entity in runtime.entities.values()
        for name, formula in entity.rules.computed.items()
        if entity.fields[name].stored
    }
    ends = {key: frozenset(end(runtime, key[0], path) for path in all_) for key, all_ in read.items()}
    reads = {key: frozenset(found & read.keys()) for key, found in ends.items()}
    return Stored(_levels(reads), ends, reads, ways(runtime, read))


def _levels(reads: Mapping[Key, frozenset[Key]]) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    levels: list[dict[str, tuple[str, ...]]] = []
    done: set[Key] = set()
    while len(done) < len(reads):
        ready = [key for key in reads if key not in done and reads[key] <= done]
        assert ready, "computed fields that go in a circle are refused before"
        level: dict[str, tuple[str, ...]] = {}
        for entity, field in ready:
            level[entity] = (*level.get(entity, ()), field)
        levels.append(level)
        done.update(ready)
    return tuple(levels)


# ── statements ────────────────────────────────────────────────────────────────────────────────────


def worked_out(runtime: Runtime, entity: str, names: Sequence[str]) -> ReturningUpdate[Any]:
    """Return the UPDATE that works out fields of one level for `ids`; it returns the records that changed."""
    key = ("worked out", entity, tuple(names))
    made: ReturningUpdate[Any] | None = runtime.statements.get(key)
    if made is None:
        table: Any = runtime.entities[entity].table
        found = _fresh(runtime, entity, names)
        differs = or_(*(table.c[name].is_distinct_from(found.c[name]) for name in names))
        sets = {name: found.c[name] for name in names}
        made = (
            table.update()
            .where(table.c.id == found.c.id, differs)
            .values(sets | _searched(runtime, entity, sets))
            .returning(table.c.id)
        )
        runtime.remember(key, made)
    return made


def freed(runtime: Runtime, entity: str, names: Sequence[str]) -> Update | None:
    """Return the UPDATE that empties values of keys which are about to change, so that records may swap them.

    The database looks at keys row by row.  None where no field of the level is part of a key.
    """
    compiled = runtime.entities[entity]
    keys = {name for key in compiled.entity.unique_keys for name in key}
    if not (own := tuple(name for name in names if name in keys)):
        return None
    made: Update | None = runtime.statements.get(key := ("freed", entity, own))
    if made is None:
        table: Any = compiled.table
        found = _fresh(runtime, entity, own)
        differs = or_(
            *(table.c[name].is_distinct_from(found.c[name]) & table.c[name].is_not(None) for name in own)
        )
        made = table.update().where(table.c.id == found.c.id, differs).values(dict.fromkeys(own))
        runtime.remember(key, made)
    return made


def _fresh(runtime: Runtime, entity: str, names: Sequence[str]) -> Any:
    """Return what fields come to now, for the records of `ids`."""
    table: Any = runtime.entities[entity].table
    source = Source.of_table(runtime, entity, table.alias("t"))
    values = [value(runtime, entity, name, source).label(name) for name in names]
    fresh = select(source.table.c.id, *values).select_from(source.from_)
    return fresh.where(source.table.c.id == any_(IDS)).subquery("fresh")


def _searched(
    runtime: Runtime, entity: str, fresh: Mapping[str, ColumnElement[Any]]
) -> dict[str, ColumnElement[Any]]:
    """Return the searched text where a field of it is worked out."""
    compiled = runtime.entities[entity]
    if not fresh.keys() & set(compiled.entity.search):
        return {}
    columns = compiled.table.c
    return {SEARCH: search_text(compiled.entity, lambda name: fresh.get(name, columns[name]))}


def value(runtime: Runtime, entity: str, name: str, source: Source) -> ColumnElement[Any]:
    """Return the SQL of a computed field as its column takes it: rounded half-even, empty where too large."""
    compiled = runtime.entities[entity]
    field = compiled.fields[name]
    node = _rounded(compiled.rules.computed[name].node, field)
    return _fitting(translated(node, source), field)


def _rounded(node: n.Node, field: Field) -> n.Node:
    if not field.kind.is_number:
        return node
    places = n.Number(Decimal(field.scale if field.kind.storage == "numeric" else 0))
    return n.Call(n.Name("decimal"), (node, places))


def _fitting(made: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
    if field.type == "month":
        return func.date_trunc("month", made)
    most = field.precision - field.scale if field.kind.storage == "numeric" else 18
    return case((func.abs(made) < 10**most, made)) if field.kind.is_number else made
