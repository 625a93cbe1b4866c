"""This file tells of schedules: how each stands, when it comes next, what came of it, and pauses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from kernel.context import Context
from kernel.processes.tables import RUN
from kernel.runtime import Runtime
from kernel.schedules.due import State, days_off, states
from kernel.schedules.tables import SCHEDULE, START
from kernel.schedules.times import after
from metadata.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Begun:
    """A time at which a schedule fell due, and what came of it.

    by: who began it by hand.  missed: how many times before it nobody worked.  status: of the run; empty
    where there is none: then `trouble` says why, or it was let go.
    """

    due_at: datetime
    run: int | None
    by: str | None
    missed: int
    trouble: Mapping[str, Any] | None
    status: str


@dataclass(frozen=True, slots=True)
class Told:
    """A schedule as it stands; `next` is empty while it is paused."""

    schedule: Schedule
    is_paused: bool
    changed_by: str
    changed_at: datetime | None
    next: datetime | None
    last: Begun | None


def told(
    connection: Connection, runtime: Runtime, schedules: Iterable[Schedule], now: datetime
) -> list[Told]:
    """Return how schedules stand."""
    wanted = {schedule.name: schedule for schedule in schedules}
    known = states(connection, wanted, now)
    asked = select(SCHEDULE.c.name, SCHEDULE.c.changed_by, SCHEDULE.c.changed_at)
    changed = {name: (by or "", at) for name, by, at in connection.execute(asked)}
    lasts = {name: found[0] for name in wanted if (found := begun_of(connection, name, 1))}
    return [
        Told(
            schedule, known[name].is_paused, *changed.get(name, ("", None)),
            _next(connection, runtime, schedule, known[name], now), lasts.get(name),
        )
        for name, schedule in wanted.items()
    ]  # fmt: skip


def _next(
    connection: Connection, runtime: Runtime, schedule: Schedule, state: State, now: datetime
) -> datetime | None:
    if state.is_paused:
        return None
    return after(schedule, now, days_off(connection, runtime.whole, schedule, now))


def begun_of(connection: Connection, name: str, limit: int = 20) -> list[Begun]:
    """Return the times at which a schedule fell due, newest first."""
    columns = (START.c.due_at, START.c.run, START.c.by, START.c.missed, START.c.trouble, RUN.c.status)
    asked = select(*columns).outerjoin(RUN, RUN.c.id == START.c.run).where(START.c.schedule == name)
    found = connection.execute(asked.order_by(START.c.due_at.desc()).limit(limit))
    return [
        Begun(due, run, by, missed, trouble, status or "") for due, run, by, missed, trouble, status in found
    ]


def pause(connection: Connection, context: Context, name: str, *, is_paused: bool) -> bool:
    """Pause a schedule or let it go on, from now on; tell whether that changed anything."""
    change = update(SCHEDULE).where(SCHEDULE.c.name == name, SCHEDULE.c.is_paused != is_paused)
    values = {"is_paused": is_paused, "changed_by": context.operator, "changed_at": context.now}
    since = {} if is_paused else {"since": context.now}
    return connection.execute(change.values(**values, **since)).rowcount > 0
