"""This file judges records around those of a save: the parent of a row, the rows of a changed parent.

They are judged as they are once everything is written, by the checks that read what changed; the save as a
whole is refused where one of them speaks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, any_, select

from kernel.access.kept_back import kept_back
from kernel.access.unseen import NONE, unseen
from kernel.context import Context
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.following import Following
from kernel.rules.reach import Reach
from kernel.rules.suspects import suspects
from kernel.rules.verdict import judged
from kernel.rules.ways import IDS, Way, paths, ways
from kernel.runtime import Runtime
from metadata.problems import Problem

AROUND = ("around",)
FEW = 20  # records that are judged without asking first which of them are suspects


class Around(Following):
    """Collects the records around the changes of one transaction, then judges them."""

    def __init__(self, connection: Connection, runtime: Runtime) -> None:
        super().__init__(connection, runtime, _ways_of(runtime))

    def problems(
        self, context: Context, known: Mapping[str, set[int]], root: tuple[str, int] = ("", 0)
    ) -> Iterator[tuple[int, Problem]]:
        """Yield what the checks refuse of records around, with their ids; the fact `entity` says of which.

        known: records of the save itself, by entity.  root: the one whose fields the problems may name.
        """
        alike: dict[str, dict[int, set[str]]] = {}
        for (entity, check), ids in self.waiting.items():
            for id in ids - known.get(entity, set()):
                alike.setdefault(entity, {}).setdefault(id, set()).add(check)
        for entity, found in alike.items():
            yield from self._of(context, entity, found, root)

    def _of(
        self, context: Context, entity: str, found: Mapping[int, set[str]], root: tuple[str, int]
    ) -> Iterator[tuple[int, Problem]]:
        names = frozenset().union(*found.values())
        rules = self.runtime.rules.only(entity, names)
        ids = set(found)
        if len(ids) > FEW:
            speaking = suspects(self.connection, self.runtime, context, entity, ids)
            ids = {id for id, checks in speaking.items() if checks & names}
        self._lock(entity, ids)
        run = begun(self.connection, self.runtime, context)

        def places(row: Any) -> str | None:
            return "/" if isinstance(row, Record) and (row.entity, row.id) == root else None

        records = Reach(self.connection, self.runtime, run).records(entity, ids, rules.needs, own=True)
        away = unseen(self.connection, self.runtime, context, records.values())
        for number, record in sorted(records.items()):
            told_of = kept_back(self.runtime, context, rules, away.get(id(record), NONE))
            verdict = judged(told_of, self.runtime.rules.entities, context, run, record, places=places)
            for problem in verdict.problems:
                if problem.facts.get("check") in found[number]:
                    field = problem.field if "/" in (problem.field or "") else None
                    told = replace(problem, facts={**problem.facts, "entity": entity})
                    yield number, replace(told, field=field.removeprefix("/") if field else None)

    def _lock(self, entity: str, ids: Collection[int]) -> None:
        """Lock few records before they are read: whoever changes another row of the same parent waits."""
        if 0 < len(ids) <= FEW:
            table = self.runtime.entities[entity].table
            statement = select(table.c.id).where(table.c.id == any_(IDS)).order_by(table.c.id)
            self.connection.execute(statement.with_for_update(key_share=True), {"ids": sorted(ids)}).all()


def _ways_of(runtime: Runtime) -> Mapping[str, tuple[Way, ...]]:
    """Return the ways of checks up and down between parents and their rows, found once."""
    found: Mapping[str, tuple[Way, ...]] | None = runtime.views.get(AROUND)
    if found is None:
        read = {
            (entity.name, check.name): tuple(paths(runtime, entity.name, check.when))
            for entity in runtime.entities.values()
            for check in entity.rules.checks
        }
        near = {
            name: tuple(way for way in all_ if _is_straight(runtime, way))
            for name, all_ in ways(runtime, read).items()
        }
        found = runtime.views[AROUND] = {name: all_ for name, all_ in near.items() if all_}
    return found


def _is_straight(runtime: Runtime, way: Way) -> bool:
    """Tell whether a way leads only down through rows, or only up to parents."""
    entity, kinds = way.entity, set()
    for step in way.steps:
        compiled = runtime.entities[entity]
        if step in compiled.children:
            kinds.add("down")
            entity = compiled.children[step].entity
        elif step in compiled.owners:
            kinds.add("up")
            entity = compiled.owners[step]
        else:
            return False
    return len(kinds) == 1
