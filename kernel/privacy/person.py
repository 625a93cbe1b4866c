"""This file finds which records are about a person: what says so as `subject`, rows below, and mentions.

Records say themselves that they are about a person; what only links to one is a mention, and is named, not
shown. Following every link instead would gather half of a company by way of whoever works there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.query import run
from kernel.query.plan import Filter, Query
from kernel.runtime import CompiledEntity, Runtime
from metadata.entity import Person
from metadata.problems import Problem

Ids = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Mention:
    """Records of an entity that link to a person, or to a record about one, by a field."""

    entity: str
    field: str
    ids: tuple[int, ...]


def person_of(runtime: Runtime, entity: str) -> Person | None:
    """Return what an entity says of its people, where its records are people."""
    compiled = runtime.whole.entities.get(entity)
    return compiled.entity.person if compiled else None


def refused(runtime: Runtime, context: Context, entity: str, right: str) -> Problem | None:
    """Return why somebody may not ask for all about a person; right: the one that it takes."""
    if not right or not context.has_right(right):
        return Problem(
            "R432",
            {
                "right": runtime.whole.configuration.right(right) or "—",
                "entity": runtime.whole.entities[entity].entity.label.one,
            },
        )
    return None


def about(connection: Connection, runtime: Runtime, context: Context, entity: str, id: int) -> Ids:
    """Return the ids of all records about a person that the operator sees, by entity, the person first."""
    seen = seen_by(runtime, context.access.profile)
    found: Ids = {}
    level: Ids = {entity: [id]} if entity in seen.entities else {}
    while level:
        below: Ids = {}
        for name, ids in level.items():
            known = set(found.setdefault(name, []))
            found[name] += [each for each in ids if each not in known]
            for other, link in _followed(seen, name):
                below.setdefault(other, []).extend(_linking(connection, seen, context, other, link, ids))
        level = {
            name: new
            for name, ids in below.items()
            if (new := [each for each in dict.fromkeys(ids) if each not in set(found.get(name, ()))])
        }
    return found


def _followed(seen: Runtime, entity: str) -> Iterator[tuple[str, str]]:
    """Yield the entities, each with its link, whose records are about what a record of an entity is about."""
    for child in seen.entities[entity].children.values():
        yield child.entity, child.by
    for name, compiled in seen.entities.items():
        for link in compiled.entity.subject:
            if link in compiled.fields and compiled.fields[link].to == entity:
                yield name, link


def _linking(
    connection: Connection, seen: Runtime, context: Context, entity: str, link: str, ids: Collection[int]
) -> Iterator[int]:
    compiled = seen.entities.get(entity)
    if compiled is None or link not in compiled.fields or compiled.fields[link].is_masked:
        return
    query = Query(entity, (), (Filter(link, "one of", tuple(ids)),), order=("id",))
    yield from (line.id for line in run.stream(connection, seen, context, query))


def mentions(
    connection: Connection, runtime: Runtime, context: Context, found: Mapping[str, list[int]]
) -> list[Mention]:
    """Return what else links to records about a person, as far as the operator sees it."""
    seen = seen_by(runtime, context.access.profile)
    told = []
    for name, ids in found.items():
        for reference in runtime.whole.entities[name].references:
            compiled = seen.entities.get(reference.entity)
            if compiled is None or not _is_mention(compiled, reference.field):
                continue
            if reference.field in compiled.bridges:
                linking = _bridging(connection, context, compiled, reference.field, ids)
            else:
                linking = list(_linking(connection, seen, context, reference.entity, reference.field, ids))
            own = set(found.get(reference.entity, ()))
            if others := tuple(each for each in linking if each not in own):
                told.append(Mention(reference.entity, reference.field, others))
    return told


def _is_mention(compiled: CompiledEntity, field: str) -> bool:
    described = compiled.fields.get(field)
    return described is not None and not described.is_masked and field not in compiled.entity.subject


def _bridging(
    connection: Connection, context: Context, compiled: CompiledEntity, field: str, ids: Collection[int]
) -> list[int]:
    pairs = compiled.bridges[field]
    wanted = pairs.c.target == any_(literal(list(ids), ARRAY(BigInteger)))
    statement = select(pairs.c.source).where(wanted).distinct().order_by(pairs.c.source)
    return list(connection.scalars(statement, context.bound()))
