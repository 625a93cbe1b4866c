"""This file undoes a run, part by part, as long as nobody has used what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.access.rights import called
from kernel.audit.origin import tell
from kernel.context import Context
from kernel.ledger.refused import refused
from kernel.processes.plan import Plan, planned
from kernel.processes.records import changed_columns
from kernel.processes.runs import run_of
from kernel.processes.sight import unseen
from kernel.processes.tables import BEFORE, CANCELLED, FAILED, FIGURE, FINISHED, MADE, PART, RUN, UNDONE
from kernel.processes.used import RANGES, Used, made_by, used
from kernel.rules.rollup import Rollup
from kernel.runtime import Runtime
from metadata.problems import Problem
from metadata.process import INSERT, REMOVE, UPDATE

ENDED = (FINISHED, CANCELLED, FAILED)


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
            return [
                Problem(
                    "R602",
                    {
                        "right": called(plan.runtime.whole.configuration, plan.process.needs),
                        "process": plan.process.label,
                    },
                )
            ]
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
    facts = {"what": entity.label.one, "id": each.record}
    if not each.entity and each.fields:
        labels = [entity.fields[name].label for name in each.fields]
        return Problem("R609", {**facts, "fields": ", ".join(labels)})
    if not each.entity:
        return Problem("R641", facts)
    facts["other"] = plan.runtime.entities[each.entity].entity.label.one
    if each.later is None:
        return Problem("R610", facts)
    return Problem("R616", {**facts, "run": each.later.run, "process": each.later.label})


# ── taking back ───────────────────────────────────────────────────────────────────────────────────


def _undo_part(connection: Connection, plan: Plan, run: int, part: int) -> None:
    rollup = Rollup(connection, plan.runtime.whole)
    made: Mapping[str, list[str]] = {}
    for step, ids in made_by(connection, run, part):
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
    within = f'FROM "{table}" t USING {RANGES} x WHERE t.id BETWEEN x.low AND x.high'
    found = connection.scalars(
        text(f'SELECT t.id FROM {RANGES} x JOIN "{table}" t ON t.id BETWEEN x.low AND x.high'), {"ids": ids}
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
