"""This file notes what follows from the changes of one transaction: which records read the changed ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, select

from kernel.rules.ways import Key, Way, readers
from kernel.runtime import Runtime


class Following:
    """Collects the ids of readers, by entity and by what of it reads."""

    def __init__(self, connection: Connection, runtime: Runtime, ways: Mapping[str, tuple[Way, ...]]) -> None:
        self.connection = connection
        self.runtime = runtime
        self.ways = ways
        self.waiting: dict[Key, set[int]] = {}

    def before(self, entity: str, ids: Collection[int], changed: Collection[str] | None) -> None:
        """Note who reads records about to change `changed`; None: they go.

        Only what a change takes away from somebody is noted here: rows that go, or move to another parent.
        """
        fields = None if changed is None else frozenset(changed)
        taken = (way for way in self.ways.get(entity, ()) if fields is None or (way.by and way.by in fields))
        self._note(taken, ids)

    def after(self, entity: str, ids: Collection[int], changed: Collection[str] | None) -> None:
        """Note who reads records that changed; None: they are new."""
        fields = None if changed is None else frozenset(changed)
        self._note((way for way in self.ways.get(entity, ()) if way.follows(fields)), ids)

    def laid(self, entity: str, ids: Collection[int]) -> None:
        """Note who reads new records whose own fields were worked out as they were written.

        Of themselves only what reads a field that the database fills in: since when they are in their state.
        """
        fields = self.runtime.entities[entity].fields
        noted = frozenset(name for name, field in fields.items() if field.is_since)
        self._note((way for way in self.ways.get(entity, ()) if way.steps or way.fields & noted), ids)

    def _note(self, ways: Iterable[Way], ids: Collection[int]) -> None:
        if not ids:
            return
        for way in ways:
            found: Iterable[int] = ids
            if way.steps:
                statement = readers(self.runtime, way)
                found = self.connection.execute(statement, {"ids": list(ids)}).scalars().all()
            for name in way.of:
                self.waiting.setdefault((way.entity, name), set()).update(found)

    def all_of(self, entity: str) -> None:
        """Note everybody who may read records of an entity."""
        for way in self.ways.get(entity, ()):
            table = self.runtime.entities[way.entity].table
            found = self.connection.execute(select(table.c.id)).scalars().all()
            for name in way.of:
                self.waiting.setdefault((way.entity, name), set()).update(found)
