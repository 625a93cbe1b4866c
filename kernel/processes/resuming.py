"""This file lets a run go on: one that stopped, that failed, or that nobody works on any more."""

from __future__ import annotations

from sqlalchemy import Connection

from kernel.processes.queued import put
from kernel.processes.runs import Run, go_on
from kernel.processes.tables import AT_WORK
from kernel.processes.telling import is_expected, is_undoing


def resume(connection: Connection, run: Run) -> bool:
    """Put a run into the queue again with the transaction of the connection; tell whether it may go on."""
    is_lost = run.status in AT_WORK and not is_expected(connection, run.id)
    may = not is_undoing(connection, run.id) and (is_lost or go_on(connection, run.id))
    if may:
        put(connection, run.id)
    return may
