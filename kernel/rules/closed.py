"""This file keeps changes out of locked grids where a row is saved, removed or imported without its parent.

The parent counts as it is stored: it does not change in the same go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, any_, select

from kernel.access.kept_back import kept_back
from kernel.access.unseen import NONE, unseen
from kernel.context import Context
from kernel.rules.begun import begun
from kernel.rules.formula import Formula
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.rules.ways import IDS
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.work import Work
from metadata.problems import Problem

BELOW = "below locks"
Closed = dict[tuple[str, int], Problem]  # link back, id of the parent → why its rows cannot change


def kept_out(
    connection: Connection, runtime: Runtime, context: Context, works: Iterable[Work]
) -> Iterator[tuple[Work, Problem]]:
    """Yield the works of an edit that change rows of a locked grid whose parent is not in the edit."""
    alike: dict[str, list[Work]] = {}
    for work in works:
        if work.is_changed and is_below_locks(runtime, work.compiled.name):
            alike.setdefault(work.compiled.name, []).append(work)
    for entity, same in alike.items():
        above: dict[str, set[int]] = {}
        for work in same:
            for link, ids in _above(work).items():
                above.setdefault(link, set()).update(ids)
        found = closed(connection, runtime, context, entity, above)
        for work in same:
            for link, ids in _above(work).items():
                problem = next((found[link, id] for id in ids if (link, id) in found), None)
                if problem:
                    yield work, replace(problem, field=work.prefix + link)


def _above(work: Work) -> dict[str, list[int]]:
    """Return the parents of a row by link: where it was, and where it goes; not the one of the edit."""
    links = (link for link in work.compiled.owners if link != work.parent_link)
    pairs = ((link, (work.current.get(link), work.after.get(link))) for link in links)
    return {link: [id for id in dict.fromkeys(ids) if isinstance(id, int)] for link, ids in pairs}


def closed(
    connection: Connection, runtime: Runtime, context: Context, entity: str,
    above: Mapping[str, Collection[int]],
) -> Closed:  # fmt: skip
    """Return which parents take no change of their rows.

    entity: of the rows.  above: link back → ids of parents.  What stands in a row of a locked grid is locked
    as well, so the parents of parents count too.
    """
    if not is_below_locks(runtime, entity):
        return {}
    looking = _Looking(connection, runtime, context)
    return {key: problem for link, ids in above.items() for key, problem in looking.at(entity, link, ids)}


def is_below_locks(runtime: Runtime, entity: str) -> bool:
    """Tell whether rows of an entity may stand in a grid that a condition locks, at whatever height."""
    below: frozenset[str] | None = runtime.views.get((BELOW,))
    if below is None:
        below = runtime.views[BELOW,] = frozenset(_all_below(runtime))
    return entity in below


def _all_below(runtime: Runtime) -> Iterator[str]:
    waiting = [
        child.entity
        for compiled in runtime.entities.values()
        for name, child in compiled.children.items()
        if name in compiled.rules.readonly
    ]
    known = set(waiting)
    for entity in waiting:
        yield entity
        further = {child.entity for child in runtime.entities[entity].children.values()} - known
        known |= further
        waiting += further


class _Looking:
    """Looks at parents, each once."""

    def __init__(self, connection: Connection, runtime: Runtime, context: Context) -> None:
        self.connection, self.runtime, self.context = connection, runtime, context
        self.run = begun(connection, runtime, context)
        self.seen: set[tuple[str, str, int]] = set()

    def at(self, entity: str, link: str, ids: Collection[int]) -> Iterator[tuple[tuple[str, int], Problem]]:
        """Yield the parents, reached by one link, whose rows of an entity cannot change."""
        parent = self.runtime.entities[self.runtime.entities[entity].owners[link]]
        # Records may stand below each other in a circle.
        fresh = sorted({id for id in ids if (entity, link, id) not in self.seen})
        self.seen |= {(entity, link, id) for id in fresh}
        found = self._by_condition(parent, _locks(parent, entity, link), fresh)
        found = {**dict(self._by_parents(parent, fresh)), **found}
        for id, problem in found.items():
            yield (link, id), replace(problem, field=link)

    def _by_condition(
        self, parent: CompiledEntity, locks: Mapping[str, Formula], ids: Collection[int]
    ) -> dict[int, Problem]:
        if not locks:
            return {}
        reads = tree(path for formula in locks.values() for path in formula.reads)
        needs = self.runtime.rules.in_full(reads, parent.name, own=True)
        reach = Reach(self.connection, self.runtime, self.run)
        records = reach.records(parent.name, ids, needs, own=True)
        away = unseen(self.connection, self.runtime, self.context, records.values())
        found = {}
        for number, record in records.items():
            kept = away.get(id(record), NONE)
            told = kept_back(self.runtime, self.context, parent.rules, kept).readonly
            for name, formula in locks.items():
                if formula.holds(self.run, record):
                    facts = {"label": parent.fields[name].label, "reason": told[name].sentence}
                    found[number] = Problem("R168", facts)
        return found

    def _by_parents(self, parent: CompiledEntity, ids: Collection[int]) -> Iterator[tuple[int, Problem]]:
        if not ids or not is_below_locks(self.runtime, parent.name):
            return
        for link in parent.owners:
            statement = select(parent.table.c.id, parent.table.c[link]).where(parent.table.c.id == any_(IDS))
            rows = self.connection.execute(statement, {"ids": list(ids)}).all()
            above = dict(self.at(parent.name, link, {row[1] for row in rows if row[1] is not None}))
            yield from ((row[0], above[link, row[1]]) for row in rows if (link, row[1]) in above)


def _locks(parent: CompiledEntity, entity: str, link: str) -> dict[str, Formula]:
    """Return the conditions that lock the grids in which rows of an entity stand by a link."""
    return {
        name: formula
        for name, formula in parent.rules.readonly.items()
        if name in parent.children
        and (parent.children[name].entity, parent.children[name].by) == (entity, link)
    }
