"""This file finds what of a run was used since: what stands against undoing it.

Used is what differs from how the run left it, what records from elsewhere link to, and what later runs built
on (later.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, text

from kernel.audit.state import differing
from kernel.processes.later import Later, built
from kernel.processes.plan import Plan
from kernel.processes.tables import BEFORE, PART
from kernel.runtime import CompiledEntity
from metadata.process import UPDATE

FIRST_VERSION = 1
MOST_TOLD = 20
COMPARED_AT_ONCE = 500
# Once for a statement, as one value: to ask each part for each row would cost parts times rows.
OF_RUN = "(SELECT range_agg(m.ids) FROM aroeira_process_made m WHERE m.run = :run AND m.entity = :entity)"
RANGES = "(SELECT lower(r) AS low, upper(r) - 1 AS high FROM unnest(CAST(:ids AS int8multirange)) AS r)"


@dataclass(frozen=True, slots=True)
class Used:
    """A record of a run that was used since: changed, or linked to by a record of `entity`.

    later: the run that made that record, of what this one changed.  fields: what was changed, where that is
    known.
    """

    step: str
    record: int
    entity: str = ""
    later: Later | None = None
    fields: tuple[str, ...] = ()


def used(connection: Connection, plan: Plan, run: int, part: int | None = None) -> Iterator[Used]:
    """Yield some records of a run that were used since."""
    for step, entity, ids, done_at in _made(connection, run, part):
        compiled = plan.runtime.entities[entity]
        yield from _changed(connection, plan, step, compiled, ids, done_at)
        yield from _linked(connection, plan, run, step, compiled, ids)
    for made in plan.made.values():
        if made.step.kind != UPDATE:
            continue
        told = set()
        for record, entity, later in islice(built(connection, plan, made, run, part), MOST_TOLD):
            told.add(record)
            yield Used(made.name, record, entity, later)
        changed = _changed_again(connection, plan, made.name, run, part)
        yield from (Used(made.name, id, fields=fields) for id, fields in changed if id not in told)


def made_by(connection: Connection, run: int, part: int) -> list[tuple[str, str]]:
    """Return which records the steps of a part made: steps, and ranges of ids."""
    return [(step, ids) for step, _, ids, _ in _made(connection, run, part)]


def _made(connection: Connection, run: int, part: int | None) -> list[tuple[str, str, str, datetime]]:
    sql = (
        "SELECT m.step, m.entity, CAST(m.ids AS text), p.finished_at FROM aroeira_process_made m "
        f"JOIN {PART.name} p ON p.run = m.run AND p.number = m.part WHERE m.run = :run"
    )
    if part is not None:
        sql += " AND m.part = :part"
    return [tuple(row) for row in connection.execute(text(sql), {"run": run, "part": part})]


def _changed(
    connection: Connection, plan: Plan, step: str, compiled: CompiledEntity, ids: str, done_at: datetime
) -> Iterator[Used]:
    """Yield records that somebody changed, unless all that people fill in is again as it was made.

    What `fixed` leaves free, as a note, goes with its record.
    """
    sql = (
        f'SELECT t.id FROM {RANGES} x JOIN "{compiled.table.name}" t ON t.id BETWEEN x.low AND x.high '
        f"WHERE t.version <> {FIRST_VERSION} ORDER BY t.id"
    )
    free = compiled.entity.fixed.free if compiled.entity.fixed else ()
    fields = ((name, field) for name, field in compiled.fields.items() if name not in free)
    written = [name for name, field in fields if not field.is_ and not field.is_given]
    found = connection.execute(text(sql), {"ids": ids}).scalars().all()
    differ = _differing(connection, plan, compiled.name, ((id, done_at) for id in found), written)
    yield from (Used(step, id, fields=fields) for id, fields in islice(differ, MOST_TOLD))


def _linked(
    connection: Connection, plan: Plan, run: int, step: str, compiled: CompiledEntity, ids: str
) -> Iterator[Used]:
    """Yield records that others link to, which the run neither made nor led there itself."""
    runtime = plan.runtime.whole
    links = [(each.entity, each.field) for each in compiled.references]
    links += [(child.entity, child.by) for child in compiled.children.values()]
    for entity, field in links:
        table = runtime.entities[entity].table.name
        sql = (
            f'SELECT t."{field}" FROM {RANGES} x JOIN "{table}" t ON t."{field}" BETWEEN x.low AND x.high '
            f"WHERE NOT coalesce({OF_RUN} @> t.id, false) "
            f"AND NOT EXISTS (SELECT 1 FROM {BEFORE.name} b WHERE b.run = :run AND b.entity = :entity "
            "AND b.record = t.id AND jsonb_exists(b.values, :field)) "  # what it was before is put back
            f"LIMIT {MOST_TOLD}"
        )
        words = {"ids": ids, "run": run, "entity": entity, "field": field}
        for (id,) in connection.execute(text(sql), words):
            yield Used(step, id, entity)


def _changed_again(
    connection: Connection, plan: Plan, step: str, run: int, part: int | None
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield records that a step changed and that are gone, or not in all of that as it left them: in what."""
    made = plan.made[step]
    table = plan.runtime.entities[made.entity].table.name
    sql = (
        f"SELECT b.record, p.finished_at, t.id IS NULL FROM {BEFORE.name} b "
        f"JOIN {PART.name} p ON p.run = b.run AND p.number = b.part "
        f'LEFT JOIN "{table}" t ON t.id = b.record '
        "WHERE b.run = :run AND b.step = :step AND t.version IS DISTINCT FROM b.version "
        + ("AND b.part = :part " if part is not None else "")
        + "ORDER BY b.record"
    )
    rows = connection.execute(text(sql), {"run": run, "step": step, "part": part}).all()
    gone = ((id, ()) for id, _, is_gone in rows if is_gone)
    there = ((id, done_at) for id, done_at, is_gone in rows if not is_gone)
    differ = _differing(connection, plan, made.entity, there, tuple(made.step.set))
    yield from islice(gone, MOST_TOLD)
    yield from islice(differ, MOST_TOLD)


def _differing(
    connection: Connection, plan: Plan, entity: str, found: Iterable[tuple[int, datetime]],
    fields: Collection[str],
) -> Iterator[tuple[int, tuple[str, ...]]]:  # fmt: skip
    """Yield those records of which fields are not as they were at the moment that belongs to each."""
    left = iter(found)
    while some := list(islice(left, COMPARED_AT_ONCE)):
        by_moment: dict[datetime, set[int]] = {}
        for id, moment in some:
            by_moment.setdefault(moment, set()).add(id)
        for moment, ids in by_moment.items():
            differ = differing(connection, plan.runtime.whole, entity, ids, fields, moment)
            yield from sorted(differ.items())
