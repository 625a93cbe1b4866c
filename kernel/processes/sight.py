"""This file says what of a run an operator sees: whether they may be told of it, and take it back.

A run works with the rights of its process. Whoever looks at it, or undoes it, has only their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONPATH

from kernel.access.profile import READ
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.processes.plan import Plan
from kernel.processes.runs import Run
from kernel.processes.tables import BEFORE, MADE, RUN
from kernel.rules.needs import target
from kernel.runtime import Runtime
from metadata.process import Process

# The ids in an answer, be it one or several; a text is the answer of a question that was another one then.
_NUMBERS = cast('$[*] ? (@.type() == "number")', JSONPATH)


@dataclass(frozen=True, slots=True)
class Told:
    """The runs of which an operator may be told, as a condition on their table; `words` are bound in it."""

    condition: ColumnElement[bool]
    words: Mapping[str, Any]


def told(runtime: Runtime, context: Context, processes: Iterable[Process]) -> Told:
    """Return the runs of some processes in whose answers every record is one that the operator sees."""
    conditions = [and_(RUN.c.process == each.name, *_named(runtime, context, each)) for each in processes]
    return Told(or_(false(), *conditions), context.bound())


def may_be_told(
    connection: Connection, runtime: Runtime, context: Context, process: Process, run: Run
) -> bool:
    """Tell whether a run is one of those; `process` as it was when the run began."""
    open_ = told(runtime, context, [process])
    asked = select(RUN.c.id).where(RUN.c.id == run.id, open_.condition)
    return connection.scalar(asked, open_.words) is not None


def _named(runtime: Runtime, context: Context, process: Process) -> Iterator[ColumnElement[bool]]:
    """Yield, for each question for records, that no answer names one out of sight."""
    profile = context.access.profile
    if profile is None:
        return
    seen = seen_by(runtime.whole, profile)
    for name, field in process.ask.items():
        if entity := target(field):
            answered = func.jsonb_path_query(RUN.c.answers[name], _NUMBERS).table_valued("id")
            asked = answered.render_derived(name=f"asked_{name}")
            gone: Select[Any] = select(literal_column("1")).select_from(asked)
            if entity in seen.entities:
                table = seen.entities[entity].table.alias(f"seen_{name}")
                is_seen = select(table.c.id).where(table.c.id == cast(asked.c.id, BigInteger))
                gone = gone.where(~is_seen.correlate_except(table).exists())
            yield ~gone.correlate_except(asked).exists()


def unseen(connection: Connection, plan: Plan, context: Context, run: int) -> list[str]:
    """Return the entities of which a run made, changed or removed records that the operator does not see."""
    profile = context.access.profile
    if profile is None:
        return []
    touched = {
        entity
        for table in (MADE, BEFORE)
        for entity in connection.scalars(select(table.c.entity).where(table.c.run == run).distinct())
    }
    limited = [
        name
        for name in sorted(touched)
        if name not in profile.entities or not profile.entities[name].record(READ).is_everything
    ]
    return [name for name in limited if _has_unseen(connection, plan, context, run, name)]


def _has_unseen(connection: Connection, plan: Plan, context: Context, run: int, entity: str) -> bool:
    """Tell whether some record of an entity is out of sight; one that is gone is, for whoever has limits."""
    seen = seen_by(plan.runtime.whole, context.access.profile)
    if entity not in seen.entities:
        return True
    whole, mine = plan.runtime.whole.entities[entity].table.alias("t"), seen.entities[entity].table.alias("s")
    is_seen = exists().where(mine.c.id == whole.c.id)
    of_run = select(func.unnest(MADE.c.ids).label("ids")).where(MADE.c.run == run, MADE.c.entity == entity)
    ranges = of_run.subquery("r")
    within = and_(whole.c.id >= func.lower(ranges.c.ids), whole.c.id < func.upper(ranges.c.ids))
    made: Select[Any] = select(literal_column("1")).select_from(ranges.join(whole, within)).where(~is_seen)
    before: Select[Any] = (
        select(literal_column("1"))
        .select_from(BEFORE.outerjoin(whole, whole.c.id == BEFORE.c.record))
        .where(BEFORE.c.run == run, BEFORE.c.entity == entity, or_(whole.c.id.is_(None), ~is_seen))
    )
    return bool(connection.scalar(select(or_(made.exists(), before.exists())), context.bound()))
