"""This file finds the records that rules read on the way from a record, and that an operator does not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from kernel.access.permit import Permit
from kernel.access.profile import READ, Profile
from kernel.context import Context
from kernel.expression.values import Record
from kernel.runtime import Runtime

NONE: frozenset[str] = frozenset()


def unseen(
    connection: Connection, runtime: Runtime, context: Context, records: Iterable[Record]
) -> Mapping[int, frozenset[str]]:
    """Return the entities with a record out of sight, for each record that leads to one.

    Shape:  by identity (`id`) of the records; what a record leads to must be loaded.
    """
    profile = context.access.profile
    if profile is None:
        return {}
    reached = {id(record): set(_reached(record, profile)) for record in records}
    asked: dict[str, set[int]] = {}
    for entity, number in set().union(*reached.values()):
        asked.setdefault(entity, set()).add(number)
    permit = Permit(connection, runtime, context)
    there = {(entity, number) for entity, ids in asked.items() for number in permit.seen_of(entity, ids)}
    return {key: frozenset(entity for entity, _ in all_ - there) for key, all_ in reached.items()}


def _reached(record: Record, profile: Profile) -> Iterator[tuple[str, int]]:
    """Yield the record and all that it leads to, of entities of which some records are kept back."""
    waiting, known = [record], {id(record)}
    for each in waiting:
        if each.id is not None and not profile.entities[each.entity].record(READ).is_everything:
            yield each.entity, each.id
        for value in each.values():
            for other in value if isinstance(value, list) else (value,):
                if isinstance(other, Record) and id(other) not in known:
                    known.add(id(other))
                    waiting.append(other)
