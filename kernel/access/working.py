"""This file says what an operator works for: the company, or the branch, by which records are kept apart.

What somebody chose is a wish; what they work for is as much of it as is theirs now, else the first that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select

from kernel.access.access import ASKING, Access
from kernel.access.profile import Profile
from kernel.access.tables import Seen
from kernel.runtime import Runtime
from kernel.storage.shown import shown_text
from metadata.entity import Entity

MOST_OFFERED = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody chose: of each entity the record to work for; together: to read the other ones along."""

    records: Mapping[str, int] = attribute(default_factory=dict)
    together: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return what is kept of it."""
        return {"records": dict(self.records), "together": self.together}


def wish_of(kept: Mapping[str, Any] | None) -> Wish | None:
    """Return what was kept as a wish; None where nobody chose yet."""
    return None if kept is None else Wish(kept["records"], kept["together"])


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be worked for, of one entity: ids and texts; needed: one of them has to be chosen."""

    entity: Entity
    chosen: int | None
    records: tuple[tuple[int, str], ...]
    needed: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works: what limits them, and what would, if those whom nothing limits chose one company."""

    operator: str
    access: Access
    profile: Profile

    def working_for(self, working: Mapping[str, int]) -> Worker:
        """Return the same, at work for something."""
        return replace(self, access=replace(self.access, working=working))


def targets(runtime: Runtime) -> tuple[str, ...]:
    """Return the entities by which others are kept apart; rows of another come last: they depend on it."""
    whole = runtime.whole
    found: tuple[str, ...] | None = whole.views.get("work targets")
    if found is None:
        links = ((entity, link) for entity in whole.configuration.entities.values() for link in entity.apart)
        names = {entity.name if link == "id" else entity.fields[link].to for entity, link in links}
        found = tuple(sorted(names, key=lambda name: (bool(whole.entities[name].owners), name)))
        whole.views["work targets"] = found
    return found


def settled(connection: Connection, runtime: Runtime, worker: Worker, wish: Wish) -> dict[str, int]:
    """Return what somebody works for: what they wish as far as it is theirs, else the first that is.

    Of rows of another entity, as branches are of a company, only one that is wished or the only one.
    """
    working: dict[str, int] = {}
    for name in targets(runtime):
        wished = wish.records.get(name)
        asked = _bound(worker, working) | {"wished": wished}
        ids = list(connection.scalars(_theirs(runtime.whole, worker.profile, name), asked))
        is_clear = wished in ids or len(ids) == 1 or not runtime.whole.entities[name].owners
        if ids and is_clear:
            working[name] = ids[0]
    return working


def at_work(worker: Worker, working: Mapping[str, int], *, together: bool) -> Access:
    """Return what limits somebody while they work for something."""
    narrow = bool(working) and not together
    profile = worker.profile if narrow else worker.access.profile
    return Access(profile, worker.access.record, working, together)


def needs_settling(runtime: Runtime, access: Access, wish: Wish | None) -> bool:
    """Tell whether the database has to be asked: not of those whom nothing limits, before they choose."""
    return bool(targets(runtime)) and not (access.profile is None and wish is None)


def offered(connection: Connection, runtime: Runtime, worker: Worker) -> tuple[Offer, ...]:
    """Return what somebody may work for; an entity of which there is nothing to choose is left out."""
    made: list[Offer] = []
    working: dict[str, int] = {}
    for name in targets(runtime):
        entity, chosen = runtime.whole.entities[name].entity, worker.access.working.get(name)
        asked = _bound(worker, working)
        found = connection.execute(_named(runtime.whole, worker.profile, name), asked)
        records = tuple((row.id, row.text or str(row.id)) for row in found)
        needed = worker.access.profile is not None and not runtime.whole.entities[name].owners
        if len(records) > 1:
            made.append(Offer(entity, chosen, records, needed))
        if chosen is not None:
            working[name] = chosen
    return tuple(made)


def _bound(worker: Worker, working: Mapping[str, int]) -> dict[str, Any]:
    """Return what the statements ask for: their own entity is never narrowed, those before it are."""
    return Access(worker.profile, worker.access.record, working).bound() | {ASKING: worker.operator}


def _theirs(whole: Runtime, profile: Profile, name: str) -> Select[Any]:
    """Return the SELECT of two records that are theirs, the wished one first."""
    key = ("work", profile.key, name)
    made: Select[Any] | None = whole.statements.get(key)
    if made is None:
        seen, kept = _kept(whole, profile, name)
        id = seen.table.c.id
        first = (id == bindparam("wished", type_=BigInteger)).desc().nulls_last()
        made = select(id).select_from(seen.from_).where(kept).order_by(first, id).limit(2)
        whole.remember(key, made)
    return made


def _named(whole: Runtime, profile: Profile, name: str) -> Select[Any]:
    """Return the SELECT of all records that are theirs, with their texts."""
    key = ("work offered", profile.key, name)
    made: Select[Any] | None = whole.statements.get(key)
    if made is None:
        seen, kept = _kept(whole, profile, name)
        text = shown_text(seen.compiled.entity, seen.table, seen.joins)
        asked = select(seen.table.c.id, text.label("text")).select_from(seen.from_).where(kept)
        made = asked.order_by(text, seen.table.c.id).limit(MOST_OFFERED)
        whole.remember(key, made)
    return made


def _kept(whole: Runtime, profile: Profile, name: str) -> tuple[Seen, Any]:
    """Return a table, and which of its records are kept from nobody who works: roles do not matter here."""
    table: Any = whole.entities[name].table.alias("a")
    seen = Seen(whole, profile, name, table)
    return seen, seen.allows(profile.entities[name].kept)
