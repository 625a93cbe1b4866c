"""This file tells whether a simulation still says what a run for good would come to, and what ran since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, exists, select

from kernel.context import Context
from kernel.processes.runs import Run, run_of
from kernel.processes.tables import CANCELLED, FAILED, FINISHED, RUN, UNDONE
from kernel.runtime import Runtime

_NOT_DONE = (CANCELLED, FAILED, UNDONE)


def fresh(
    connection: Connection, runtime: Runtime, context: Context, process: str, said: Mapping[str, Any]
) -> Run | None:
    """Return the newest simulation with these answers, of this day and version; none if one ran since."""
    later = RUN.alias("later")
    ran = exists().where(later.c.process == process, later.c.id > RUN.c.id, ~later.c.is_dry)
    query = select(RUN.c.id).where(
        RUN.c.process == process,
        RUN.c.is_dry,
        RUN.c.status == FINISHED,
        RUN.c.answers == said,
        RUN.c.version == runtime.version,
        RUN.c.today == context.today.isoformat(),
        ~ran,
    )
    found = connection.scalar(query.order_by(RUN.c.id.desc()).limit(1))
    return run_of(connection, found) if found is not None else None


def ran_since(connection: Connection, run: Run) -> Run | None:
    """Return the run for good, done or at work, that began with the answers of a simulation after it."""
    query = select(RUN.c.id).where(
        RUN.c.process == run.process,
        RUN.c.id > run.id,
        ~RUN.c.is_dry,
        RUN.c.only_of.is_(None),
        RUN.c.answers == run.answers,
        RUN.c.status.not_in(_NOT_DONE),
    )
    found = connection.scalar(query.order_by(RUN.c.id).limit(1))
    return run_of(connection, found) if found is not None else None
