"""This file reads what was left out of a run: how much for which reason, and the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from kernel.processes.tables import LEFT_OUT

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Reason:
    """How many rows were left out at a step for one reason."""

    step: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row that was left out, as it is kept."""

    id: int
    step: str
    reason: str
    entity: str
    record: int | None
    unit: int | None
    facts: Any


def reasons(connection: Connection, run: int) -> list[Reason]:
    """Return the reasons of a run, the most frequent first."""
    table, count = LEFT_OUT.c, func.count()
    query = select(table.step, table.reason, count).where(table.run == run)
    query = query.group_by(table.step, table.reason).order_by(count.desc(), table.step, table.reason)
    return [Reason(*row) for row in connection.execute(query)]


def rows(
    connection: Connection, run: int, step: str = "", reason: str = "", after: int = 0, limit: int = 50
) -> list[Row]:
    """Return rows of a run in their order: of one reason of a step, or of all."""
    return [Row(*row) for row in connection.execute(_query(run, step, reason, after).limit(limit))]


def every(connection: Connection, run: int, step: str = "", reason: str = "") -> Iterator[list[Row]]:
    """Yield all rows, some at a time."""
    after = 0
    while found := rows(connection, run, step, reason, after, AT_ONCE):
        yield found
        after = found[-1].id


def _query(run: int, step: str, reason: str, after: int) -> Select[Any]:
    table = LEFT_OUT.c
    columns = (table.id, table.step, table.reason, table.entity, table.record, table.unit, table.facts)
    query = select(*columns).where(table.run == run, table.id > after).order_by(table.id)
    return query.where(table.step == step, table.reason == reason) if reason else query
