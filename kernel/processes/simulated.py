"""This file finds the simulation that still says what a run for good would come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, exists, select

from kernel.context import Context
from kernel.processes.runs import Run, run_of, said_of
from kernel.processes.tables import FINISHED, RUN
from kernel.runtime import Runtime
from metadata.process import Process


def fresh(
    connection: Connection, runtime: Runtime, context: Context, process: Process, answers: Mapping[str, Any]
) -> Run | None:
    """Return the newest simulation with these answers, of this day and version; none if one ran since."""
    later = RUN.alias("later")
    ran = exists().where(later.c.process == process.name, later.c.id > RUN.c.id, ~later.c.is_dry)
    query = select(RUN.c.id).where(
        RUN.c.process == process.name,
        RUN.c.is_dry,
        RUN.c.status == FINISHED,
        RUN.c.answers == said_of(process, answers),
        RUN.c.version == runtime.version,
        RUN.c.today == context.today.isoformat(),
        ~ran,
    )
    found = connection.scalar(query.order_by(RUN.c.id.desc()).limit(1))
    return run_of(connection, found) if found is not None else None
