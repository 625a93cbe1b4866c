"""This file knows who wants to be told how a run ends, and which ends somebody has not seen yet."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from kernel.processes.tables import AT_WORK, RUN, WATCHER


def watch(connection: Connection, run: int, operators: Iterable[str]) -> None:
    """Have operators told how a run ends."""
    rows = [{"run": run, "operator": operator} for operator in operators]
    if rows:
        connection.execute(insert(WATCHER).values(rows).on_conflict_do_nothing())


def ended(connection: Connection, operator: str, processes: Iterable[str], limit: int = 6) -> list[int]:
    """Return the runs that are over and whose end an operator has not seen, newest first."""
    asked = select(RUN.c.id).join(WATCHER, WATCHER.c.run == RUN.c.id)
    asked = asked.where(WATCHER.c.operator == operator, RUN.c.process.in_(list(processes)))
    over = asked.where(RUN.c.status.not_in(AT_WORK), RUN.c.finished_at.is_not(None))
    return list(connection.scalars(over.order_by(RUN.c.finished_at.desc()).limit(limit)))


def seen(connection: Connection, run: int, operator: str) -> None:
    """Note that an operator has seen how a run ended."""
    connection.execute(delete(WATCHER).where(WATCHER.c.run == run, WATCHER.c.operator == operator))
