"""This file keeps people from making records that only processes make, and from removing what is fixed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, any_, select

from kernel.context import Context
from kernel.rules.begun import begun
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.rules.ways import IDS
from kernel.runtime import Runtime
from metadata.entity import Entity
from metadata.problems import Problem

ABOVE = "above what stays"


def staying(
    connection: Connection, runtime: Runtime, context: Context, entity: str, ids: Collection[int]
) -> Iterator[Problem]:
    """Yield why records cannot be removed: they, or rows that would go with them, are fixed as they stand."""
    if not ids or entity not in _above(runtime):
        return
    for name, gone in _with_rows(connection, runtime, entity, ids).items():
        fixed = runtime.rules.sets[name].fixed
        if fixed is None:
            continue
        run = begun(connection, runtime, context)
        needs = runtime.rules.in_full(tree(fixed.reads), name, own=True)
        records = Reach(connection, runtime, run).records(name, gone, needs, own=True)
        if any(fixed.holds(run, record) for record in records.values()):
            label = runtime.entities[name].entity.label.one
            yield Problem("R178", {"entity": label, "reason": fixed.sentence})


def unmade(entity: Entity, context: Context, prefix: str = "") -> Problem | None:
    """Return why somebody makes no record of an entity; prefix: where it would stand in an edit."""
    reason = entity.made_by_processes
    if not reason or not context.origin.is_by_hand:
        return None
    return Problem("R630", {"entity": entity.label.one.lower(), "reason": reason}, field=prefix or None)


def _above(runtime: Runtime) -> frozenset[str]:
    """Return the entities whose records are fixed, or have such rows below them, at whatever depth."""
    found: frozenset[str] | None = runtime.views.get((ABOVE,))
    if found is None:
        names = {name for name, rules in runtime.rules.sets.items() if rules.fixed}
        waiting = list(names)
        for name in waiting:
            above = set(runtime.entities[name].owners.values()) - names
            names |= above
            waiting += above
        found = runtime.views[ABOVE,] = frozenset(names)
    return found


def _with_rows(
    connection: Connection, runtime: Runtime, entity: str, ids: Collection[int]
) -> Mapping[str, set[int]]:
    """Return records and the rows below them that may be fixed, by entity."""
    gone = {entity: set(ids)}
    waiting = [(entity, set(ids))]
    for name, parents in waiting:
        for child in runtime.entities[name].children.values():
            if child.entity not in _above(runtime):
                continue
            table = runtime.entities[child.entity].table
            asked = select(table.c.id).where(table.c[child.by] == any_(IDS))
            rows = set(connection.scalars(asked, {"ids": list(parents)})) - gone.get(child.entity, set())
            if rows:
                gone.setdefault(child.entity, set()).update(rows)
                waiting.append((child.entity, rows))
    return gone
