"""This file undoes a run, part by part, as long as nobody has used what it made.

Used is what was changed since, and what records from elsewhere link to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.audit.origin import tell
from kernel.context import Context
from kernel.ledger.refused import refused
from kernel.processes.plan import Plan, planned
from kernel.processes.records import changed_columns
from kernel.processes.runs import run_of
from kernel.processes.sight import unseen
from kernel.processes.tables import BEFORE, CANCELLED, FAILED, FIGURE, FINISHED, MADE, PART, RUN, UNDONE
from kernel.rules.rollup import Rollup
from kernel.runtime import CompiledEntity, Runtime
from metadata.problems import Problem
from metadata.process import INSERT, REMOVE, UPDATE

ENDED = (FINISHED, CANCELLED, FAILED)
FIRST_VERSION = 1
MOST_TOLD = 20
_RANGES = "(SELECT lower(r) AS low, upper(r) - 1 AS high FROM unnest(CAST(:ids AS int8multirange)) AS r)"


@dataclass(frozen=True, slots=True)
class Used:
    """A record of a run that was used since: changed, or linked to by a record of `entity`."""

    step: str
    record: int
    entity: str = ""


def undo(
    engine: Engine, runtime_of: Callable[[int], Runtime], context: Context, id: int,
    report: Callable[[int], None] = lambda part: None,
) -> list[Problem]:  # fmt: skip
    """Undo a run; or return why not, with nothing undone.

    report: is told of each part before it is undone, and may raise to stop; the parts undone stay undone.
    """
    with engine.connect() as connection:
        run = run_of(connection, id)
        if run is None or run.is_dry or run.status not in ENDED:
            return [Problem("R608", {"run": id})]
        plan = planned(runtime_of(run.version), run.process)
        if not context.has_right(plan.process.needs):
            return [Problem("R602", {"right": plan.process.needs, "process": plan.process.label})]
        if problems := against(connection, plan, context, id):
            return problems
        parts = connection.scalars(
            select(PART.c.number).where(PART.c.run == id, PART.c.is_done).order_by(PART.c.number.desc())
        ).all()
    for part in parts:
        report(part)
        try:
            with engine.begin() as connection:
                tell(connection, context)
                if found := list(used(connection, plan, id, part)):
                    return [_told(plan, each) for each in found]
                _undo_part(connection, plan, id, part)
        except DBAPIError as error:
            if problem := refused(plan.runtime, error.orig):
                return [problem]
            raise
    with engine.begin() as connection:
        ended = update(RUN).where(RUN.c.id == id)
        by = {"undone_at": func.clock_timestamp(), "undone_by": context.operator}
        connection.execute(ended.values(status=UNDONE, **by))
    return []


def against(connection: Connection, plan: Plan, context: Context, run: int) -> list[Problem]:
    """Return what stands against undoing a run: what the operator does not see, else what was used."""
    if hidden := unseen(connection, plan, context, run):
        labels = [plan.runtime.entities[name].entity.label.many for name in hidden]
        return [Problem("R614", {"run": run, "what": ", ".join(labels)})]
    return [_told(plan, each) for each in used(connection, plan, run)]


def _told(plan: Plan, each: Used) -> Problem:
    entity = plan.runtime.entities[plan.made[each.step].entity].entity
    if not each.entity:
        return Problem("R609", {"what": entity.label.one, "id": each.record})
    other = plan.runtime.entities[each.entity].entity.label.one
    return Problem("R610", {"what": entity.label.one, "id": each.record, "other": other})


# ── what was used ─────────────────────────────────────────────────────────────────────────────────


def used(connection: Connection, plan: Plan, run: int, part: int | None = None) -> Iterator[Used]:
    """Yield some records of a run that were used since."""
    for step, entity, ids in _made(connection, run, part):
        compiled = plan.runtime.entities[entity]
        yield from _changed(connection, step, compiled, ids)
        yield from _linked(connection, plan, run, step, compiled, ids)
    yield from _changed_again(connection, plan, run, part)


def _made(connection: Connection, run: int, part: int | None) -> list[tuple[str, str, str]]:
    sql = "SELECT step, entity, CAST(ids AS text) FROM aroeira_process_made WHERE run = :run"
    if part is not None:
        sql += " AND part = :part"
    return [tuple(row) for row in connection.execute(text(sql), {"run": run, "part": part})]


def _changed(connection: Connection, step: str, compiled: CompiledEntity, ids: str) -> Iterator[Used]:
    sql = (
        f'SELECT t.id FROM {_RANGES} x JOIN "{compiled.table.name}" t ON t.id BETWEEN x.low AND x.high '
        f"WHERE t.version <> {FIRST_VERSION} LIMIT {MOST_TOLD}"
    )
    for (id,) in connection.execute(text(sql), {"ids": ids}):
        yield Used(step, id)


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
            f'SELECT t."{field}" FROM {_RANGES} x JOIN "{table}" t ON t."{field}" BETWEEN x.low AND x.high '
            "WHERE NOT EXISTS (SELECT 1 FROM aroeira_process_made m WHERE m.run = :run "
            "AND m.entity = :entity AND m.ids @> t.id) "
            f"AND NOT EXISTS (SELECT 1 FROM {BEFORE.name} b WHERE b.run = :run AND b.entity = :entity "
            "AND b.record = t.id AND jsonb_exists(b.values, :field)) "  # what it was before is put back
            f"LIMIT {MOST_TOLD}"
        )
        words = {"ids": ids, "run": run, "entity": entity, "field": field}
        for (id,) in connection.execute(text(sql), words):
            yield Used(step, id, entity)


def _changed_again(connection: Connection, plan: Plan, run: int, part: int | None) -> Iterator[Used]:
    """Yield records that the run changed and somebody changed since, or removed."""
    for made in plan.made.values():
        if made.step.kind != UPDATE:
            continue
        table = plan.runtime.entities[made.entity].table.name
        sql = (
            f'SELECT b.record FROM {BEFORE.name} b LEFT JOIN "{table}" t ON t.id = b.record '
            "WHERE b.run = :run AND b.step = :step AND t.version IS DISTINCT FROM b.version "
            + ("AND b.part = :part " if part is not None else "")
            + f"LIMIT {MOST_TOLD}"
        )
        for (id,) in connection.execute(text(sql), {"run": run, "step": made.name, "part": part}):
            yield Used(made.name, id)


# ── taking back ───────────────────────────────────────────────────────────────────────────────────


def _undo_part(connection: Connection, plan: Plan, run: int, part: int) -> None:
    rollup = Rollup(connection, plan.runtime.whole)
    made: Mapping[str, list[str]] = {}
    for step, _, ids in _made(connection, run, part):
        made = {**made, step: [*made.get(step, []), ids]}
    for each in reversed(list(plan.made.values())):
        if each.step.kind == INSERT:
            for ids in made.get(each.name, ()):
                _remove(connection, rollup, plan, each.entity, ids)
        elif each.step.kind in (UPDATE, REMOVE):
            _put_back(connection, rollup, plan, each.name, run, part)
    rollup.run()
    for table in (MADE, BEFORE, FIGURE):
        connection.execute(delete(table).where(table.c.run == run, table.c.part == part))
    connection.execute(update(PART).where(PART.c.run == run, PART.c.number == part).values(is_done=False))


def _remove(connection: Connection, rollup: Rollup, plan: Plan, entity: str, ids: str) -> None:
    table = plan.runtime.entities[entity].table.name
    within = f'FROM "{table}" t USING {_RANGES} x WHERE t.id BETWEEN x.low AND x.high'
    found = connection.scalars(
        text(f'SELECT t.id FROM {_RANGES} x JOIN "{table}" t ON t.id BETWEEN x.low AND x.high'), {"ids": ids}
    ).all()
    rollup.before(entity, found, None)
    connection.execute(text(f"DELETE {within}"), {"ids": ids})


def _put_back(connection: Connection, rollup: Rollup, plan: Plan, name: str, run: int, part: int) -> None:
    made = plan.made[name]
    table: Any = plan.runtime.entities[made.entity].table
    words = {"run": run, "part": part, "step": name}
    of_step = "b.run = :run AND b.part = :part AND b.step = :step"
    if made.step.kind == REMOVE:
        # One statement: rows of one table may point to one another.
        connection.execute(
            text(
                f'INSERT INTO "{table.name}" OVERRIDING SYSTEM VALUE SELECT p.* FROM {BEFORE.name} b, '
                f'jsonb_populate_record(NULL::"{table.name}", b.values) p WHERE {of_step}'
            ),
            words,
        )
        found = connection.scalars(text(f"SELECT b.record FROM {BEFORE.name} b WHERE {of_step}"), words).all()
        rollup.after(made.entity, found, None)
        return
    fields = tuple(made.step.set)
    if not fields:
        return
    columns = changed_columns(made, plan.runtime.entities[made.entity].entity)
    found = connection.scalars(text(f"SELECT b.record FROM {BEFORE.name} b WHERE {of_step}"), words).all()
    rollup.before(made.entity, found, fields)
    sets = ", ".join(f'"{field}" = p."{field}"' for field in columns)
    connection.execute(
        text(
            f'UPDATE "{table.name}" t SET {sets}, version = t.version + 1 FROM {BEFORE.name} b, '
            f'jsonb_populate_record(NULL::"{table.name}", b.values) p WHERE {of_step} AND t.id = b.record'
        ),
        words,
    )
    rollup.after(made.entity, found, fields)
