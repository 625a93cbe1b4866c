"""This file keeps which records an operator chose lately in links, and which are favourites."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, DateTime, MetaData, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert

METADATA = MetaData()
KEPT_CHOICES = 20
"""Of one operator and entity; a lookup shows fewer."""

CHOICE = Table(
    "aroeira_choice", METADATA,
    Column("operator", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("chosen_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip
FAVOURITE = Table(
    "aroeira_favourite", METADATA,
    Column("operator", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)  # fmt: skip


def chosen(connection: Connection, rows: Iterable[tuple[str, str, int, datetime]]) -> None:
    """Note which records were chosen: rows of (operator, entity, record, when); the latest time stays."""
    values: list[dict[str, Any]] = [
        {"operator": operator, "entity": entity, "record": record, "chosen_at": at}
        for operator, entity, record, at in sorted(rows, key=lambda row: row[:3])
    ]
    if not values:
        return
    statement = insert(CHOICE)
    statement = statement.on_conflict_do_update(
        index_elements=["operator", "entity", "record"], set_={"chosen_at": statement.excluded.chosen_at}
    )
    connection.execute(statement, values)
    for operator, entity in dict.fromkeys((value["operator"], value["entity"]) for value in values):
        _forget_old(connection, operator, entity)


def _forget_old(connection: Connection, operator: str, entity: str) -> None:
    mine = (CHOICE.c.operator == operator, CHOICE.c.entity == entity)
    latest = select(CHOICE.c.chosen_at).where(*mine).order_by(CHOICE.c.chosen_at.desc())
    oldest_kept = latest.offset(KEPT_CHOICES).limit(1).scalar_subquery()
    connection.execute(delete(CHOICE).where(*mine, CHOICE.c.chosen_at <= oldest_kept))


def mark(connection: Connection, operator: str, entity: str, record: int) -> None:
    """Make a record a favourite; once is enough."""
    values = {"operator": operator, "entity": entity, "record": record}
    connection.execute(insert(FAVOURITE).values(**values).on_conflict_do_nothing())


def unmark(connection: Connection, operator: str, entity: str, record: int) -> None:
    """Make a record no favourite any more."""
    mine = (FAVOURITE.c.operator == operator, FAVOURITE.c.entity == entity, FAVOURITE.c.record == record)
    connection.execute(delete(FAVOURITE).where(*mine))


def favourites(connection: Connection, operator: str, entity: str, records: Iterable[int]) -> frozenset[int]:
    """Return which of the records are favourites."""
    asked = list(records)
    if not asked:
        return frozenset()
    mine = (FAVOURITE.c.operator == operator, FAVOURITE.c.entity == entity)
    found = select(FAVOURITE.c.record).where(*mine, FAVOURITE.c.record.in_(asked))
    return frozenset(connection.scalars(found))
