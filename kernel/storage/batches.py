"""This file keeps changes of one field of many records: what was planned, what became of each record.

The plan is stored before anything changes, so a batch goes on after a crash and can be undone later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()

BATCH = Table(
    "aroeira_batch", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("operator", Text, nullable=False),
    Column("list", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", JSONB(none_as_null=True)),
    Column("undoing", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)  # fmt: skip
BATCH_ROW = Table(
    "aroeira_batch_row", METADATA,
    Column("batch", BigInteger, ForeignKey("aroeira_batch.id", ondelete="CASCADE"), primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("old", JSONB(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("says", Text, nullable=False, server_default=""),
    Index("aroeira_batch_row_state", "batch", "state", "record"),
)  # fmt: skip
TABLES: list[Table] = [BATCH, BATCH_ROW]

# waiting → done | refused; same: had the value already; done → undone | left (changed since, not undone)
WAITING, DONE, SAME, REFUSED, UNDONE, LEFT = "waiting", "done", "same", "refused", "undone", "left"


@dataclass(frozen=True, slots=True)
class Batch:
    """One change of one field of many records; `value` is in JSON form."""

    id: int
    operator: str
    list: str
    entity: str
    field: str
    value: Any
    undoing: bool


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One record of a batch: the version it was planned or changed on, its old value, what became of it.

    says: why it was refused; of one that waits, why it would be; of one that is done, what rules warn of.
    """

    record: int
    version: int
    old: Any
    state: str
    says: str = ""


def plan(
    connection: Connection,
    operator: str,
    list_name: str,
    entity: str,
    field: str,
    value: Any,
    rows: Iterable[BatchRow],
) -> int:
    """Store a plan and return its number."""
    values = {"operator": operator, "list": list_name, "entity": entity, "field": field, "value": value}
    made: int = connection.execute(insert(BATCH).values(**values).returning(BATCH.c.id)).scalar_one()
    listed = [
        {"batch": made, "record": row.record, "version": row.version, "old": row.old, "state": row.state}
        | {"says": row.says}
        for row in rows
    ]
    if listed:
        connection.execute(insert(BATCH_ROW), listed)
    return made


def find(connection: Connection, operator: str, batch: int) -> Batch | None:
    """Return a batch of the operator's own."""
    columns = (BATCH.c[name] for name in ("id", "operator", "list", "entity", "field", "value", "undoing"))
    row = connection.execute(
        select(*columns).where(BATCH.c.id == batch, BATCH.c.operator == operator)
    ).one_or_none()
    return Batch(*row) if row else None


def counts(connection: Connection, batch: int) -> dict[str, int]:
    """Return how many rows are in each state."""
    statement = (
        select(BATCH_ROW.c.state, func.count()).where(BATCH_ROW.c.batch == batch).group_by(BATCH_ROW.c.state)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def told(connection: Connection, batch: int, state: str) -> int:
    """Return how many rows of a state have something to say: why they would be refused, what is warned of."""
    those = (BATCH_ROW.c.batch == batch, BATCH_ROW.c.state == state, BATCH_ROW.c.says != "")
    return int(connection.execute(select(func.count()).where(*those)).scalar_one())


def rows(connection: Connection, batch: int, states: Sequence[str], limit: int) -> list[BatchRow]:
    """Return rows in some states, first those with something to say, in the order of the records."""
    columns = (BATCH_ROW.c[name] for name in ("record", "version", "old", "state", "says"))
    statement = (
        select(*columns)
        .where(BATCH_ROW.c.batch == batch, BATCH_ROW.c.state.in_(states))
        .order_by(BATCH_ROW.c.says == "", BATCH_ROW.c.record)
        .limit(limit)
    )
    return [BatchRow(*row) for row in connection.execute(statement)]


def settle(connection: Connection, batch: int, settled: Sequence[BatchRow]) -> None:
    """Note what became of some rows."""
    if not settled:
        return
    statement = (
        update(BATCH_ROW)
        .where(BATCH_ROW.c.batch == batch, BATCH_ROW.c.record == bindparam("of"))
        .values(state=bindparam("now"), says=bindparam("told"), version=bindparam("at"))
    )
    connection.execute(
        statement,
        [{"of": row.record, "now": row.state, "told": row.says, "at": row.version} for row in settled],
    )


def turn_back(connection: Connection, batch: int) -> None:
    """Begin to undo: from now on the batch puts the old values back, and what still waited is left alone."""
    connection.execute(update(BATCH).where(BATCH.c.id == batch).values(undoing=True))
    waiting = (BATCH_ROW.c.batch == batch, BATCH_ROW.c.state == WAITING)
    connection.execute(update(BATCH_ROW).where(*waiting).values(state=LEFT, says=""))
