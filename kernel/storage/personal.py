"""This file keeps what belongs to one operator: saved views, tiles of the home page, recent records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

METADATA = MetaData()
KEPT_RECENTS = 60

VIEW = Table(
    "aroeira_view", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("list", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("shared", Boolean, nullable=False, server_default="false"),
    Column("query", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("list", "operator", "name"),
)  # fmt: skip
TILE = Table(
    "aroeira_tile", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("operator", Text, nullable=False),
    Column("list", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("view", BigInteger, ForeignKey("aroeira_view.id", ondelete="CASCADE")),
    UniqueConstraint("operator", "list", "name"),
)  # fmt: skip
RECENT = Table(
    "aroeira_recent", METADATA,
    Column("operator", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Index("aroeira_recent_latest", "operator", "opened_at"),
)  # fmt: skip

TABLES: list[Table] = [VIEW, TILE, RECENT]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter with a name; `query` is the address part that asks for it."""

    id: int
    list: str
    name: str
    operator: str
    shared: bool
    query: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A view on somebody's home page."""

    id: int
    list: str
    name: str
    query: str
    view: int | None


@dataclass(frozen=True, slots=True)
class Recent:
    """A record that an operator opened, and when."""

    entity: str
    record: int
    opened_at: datetime


def views(connection: Connection, operator: str, list_name: str) -> list[SavedView]:
    """Return the views of a list that the operator made or that others share, own ones first."""
    statement = (
        select(VIEW.c.id, VIEW.c.list, VIEW.c.name, VIEW.c.operator, VIEW.c.shared, VIEW.c.query)
        .where(VIEW.c.list == list_name, or_(VIEW.c.operator == operator, VIEW.c.shared))
        .order_by(VIEW.c.operator != operator, VIEW.c.id)
    )
    return [SavedView(*row) for row in connection.execute(statement)]


def save_view(
    connection: Connection,
    operator: str,
    list_name: str,
    name: str,
    query: str,
    *,
    shared: bool,
) -> int:
    """Keep a view under a name; the same name of the same operator is replaced, its tiles follow."""
    values = {"list": list_name, "operator": operator, "name": name, "query": query, "shared": shared}
    statement = (
        insert(VIEW)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["list", "operator", "name"], set_={"query": query, "shared": shared}
        )
        .returning(VIEW.c.id)
    )
    made: int = connection.execute(statement).scalar_one()
    connection.execute(update(TILE).where(TILE.c.view == made).values(query=query))
    return made


def change_view(connection: Connection, operator: str, view_id: int, name: str, *, shared: bool) -> bool:
    """Give an own view another name and share it or not; its tile of the operator follows."""
    own = (VIEW.c.id == view_id, VIEW.c.operator == operator)
    if not connection.execute(update(VIEW).where(*own).values(name=name, shared=shared)).rowcount:
        return False
    ours = (TILE.c.operator == operator, TILE.c.list == select(VIEW.c.list).where(*own).scalar_subquery())
    # The tile of a shipped view may have the name already; the one that is renamed takes its place.
    connection.execute(delete(TILE).where(*ours, TILE.c.name == name, TILE.c.view.is_distinct_from(view_id)))
    connection.execute(update(TILE).where(*ours, TILE.c.view == view_id).values(name=name))
    return True


def remove_view(connection: Connection, operator: str, view_id: int) -> bool:
    """Remove an own view, also from the home pages where it stands; False when it is not the operator's."""
    statement = delete(VIEW).where(VIEW.c.id == view_id, VIEW.c.operator == operator)
    return connection.execute(statement).rowcount > 0


def tiles(connection: Connection, operator: str) -> list[Tile]:
    """Return the tiles of the operator's home page in the order they were put there."""
    statement = (
        select(TILE.c.id, TILE.c.list, TILE.c.name, TILE.c.query, TILE.c.view)
        .where(TILE.c.operator == operator)
        .order_by(TILE.c.id)
    )
    return [Tile(*row) for row in connection.execute(statement)]


def put_tile(
    connection: Connection,
    operator: str,
    list_name: str,
    name: str,
    query: str,
    view: int | None = None,
) -> None:
    """Put a view on the home page; once is enough."""
    values = {"operator": operator, "list": list_name, "name": name, "query": query, "view": view}
    statement = (
        insert(TILE)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["operator", "list", "name"], set_={"query": query, "view": view}
        )
    )
    connection.execute(statement)


def remove_tile(connection: Connection, operator: str, tile_id: int) -> bool:
    """Take a tile from the operator's home page."""
    statement = delete(TILE).where(TILE.c.id == tile_id, TILE.c.operator == operator)
    return connection.execute(statement).rowcount > 0


def opened(connection: Connection, rows: Iterable[tuple[str, str, int, datetime]]) -> None:
    """Note which records were opened: rows of (operator, entity, record, when); the latest time stays."""
    values: list[dict[str, Any]] = [
        {"operator": operator, "entity": entity, "record": record, "opened_at": at}
        for operator, entity, record, at in rows
    ]
    if not values:
        return
    statement = insert(RECENT)
    statement = statement.on_conflict_do_update(
        index_elements=["operator", "entity", "record"], set_={"opened_at": statement.excluded.opened_at}
    )
    connection.execute(statement, values)
    for operator in {value["operator"] for value in values}:
        _forget_old(connection, operator)


def _forget_old(connection: Connection, operator: str) -> None:
    oldest_kept = (
        select(RECENT.c.opened_at)
        .where(RECENT.c.operator == operator)
        .order_by(RECENT.c.opened_at.desc())
        .offset(KEPT_RECENTS)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(delete(RECENT).where(RECENT.c.operator == operator, RECENT.c.opened_at <= oldest_kept))


def recents(connection: Connection, operator: str, limit: int = 8) -> Sequence[Recent]:
    """Return the records opened lately, latest first."""
    statement = (
        select(RECENT.c.entity, RECENT.c.record, RECENT.c.opened_at)
        .where(RECENT.c.operator == operator)
        .order_by(RECENT.c.opened_at.desc())
        .limit(limit)
    )
    return [Recent(*row) for row in connection.execute(statement)]
