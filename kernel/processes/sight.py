"""This file says what of a run an operator sees: whether they may be told of it, and take it back.

A run works with the rights of its process. Whoever looks at it, or undoes it, has only their own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.access.profile import READ
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.processes.plan import Plan
from kernel.processes.runs import Run
from kernel.processes.tables import BEFORE, MADE
from kernel.rules.needs import target
from kernel.runtime import Runtime
from metadata.process import Process


def may_be_told(
    connection: Connection, runtime: Runtime, context: Context, process: Process, run: Run
) -> bool:
    """Tell whether every record that the answers of a run name is one that the operator sees."""
    if context.access.profile is None:
        return True
    seen = seen_by(runtime.whole, context.access.profile)
    for name, field in process.ask.items():
        entity, said = target(field), run.answers.get(name)
        if not entity or said in (None, []):
            continue
        ids = [int(id) for id in (said if isinstance(said, list) else [said])]
        if entity not in seen.entities:
            return False
        table = seen.entities[entity].table
        named = select(func.count()).where(
            table.c.id == any_(bindparam("named", ids, type_=ARRAY(BigInteger)))
        )
        if connection.scalar(named, context.bound()) != len(set(ids)):
            return False
    return True


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
