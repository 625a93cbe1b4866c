"""This file keeps what was refused to whom, counted by operator, thing and hour: no flood fills a disk.

A thing is an entity, a field of it, or a page: what the configuration and the application have, never what
somebody wrote into an address. So there are as many rows as things, whatever is tried and however often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Engine,
    Identity,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from kernel.context import Context
from metadata.problems import Problem

METADATA = MetaData()
# level: what was refused: to read, add, change, remove, open.  record, address, route: of the last time.
REFUSAL = Table(
    "aroeira_refusal", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("hour", DateTime(timezone=True), nullable=False),
    Column("login", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("times", BigInteger, nullable=False, server_default="1"),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("record", BigInteger),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("route", Text, nullable=False),
    UniqueConstraint("hour", "login", "level", "entity", "field", "page"),
)  # fmt: skip
_KEY = ("hour", "login", "level", "entity", "field", "page")
_LAST = ("at", "record", "kind", "address", "route")
LEVELS = {"R420": "add", "R421": "remove", "R422": "change", "R425": "change", "R426": "change"}
LONGEST_ROUTE = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused: a level on an entity, a field of it or a page; record: which one was asked for."""

    level: str
    entity: str = ""
    field: str = ""
    page: str = ""
    record: int | None = None


def note(engine: Engine, context: Context, refused: Iterable[Refused]) -> None:
    """Count refusals of an operator; nobody waits for the disk."""
    hour = context.now.replace(minute=0, second=0, microsecond=0)
    origin = context.origin
    rows = [
        {
            "hour": hour, "login": context.operator, "level": each.level, "entity": each.entity,
            "field": each.field, "page": each.page, "first_at": context.now, "at": context.now,
            "record": each.record, "kind": origin.kind, "address": origin.address,
            "route": origin.route[:LONGEST_ROUTE],
        }
        for each in dict.fromkeys(refused)
    ]  # fmt: skip
    if not rows:
        return
    counted = insert(REFUSAL)
    later = {name: counted.excluded[name] for name in _LAST} | {"times": REFUSAL.c.times + 1}
    statement = counted.on_conflict_do_update(index_elements=_KEY, set_=later)
    with engine.begin() as connection:
        connection.execute(select(func.set_config("synchronous_commit", "off", True)))
        for row in sorted(
            rows, key=lambda row: [str(row[name]) for name in _KEY]
        ):  # in one order: no deadlock
            connection.execute(statement, row)


def of_save(
    engine: Engine, context: Context, entity: str, record: int | None, problems: Iterable[Problem]
) -> None:
    """Count what the roles of an operator kept from being saved, removed, closed or opened."""
    if context.access.profile is None:
        return
    refused = (
        Refused(LEVELS[problem.code], entity, (problem.field or "").partition("/")[0], record=record)
        for problem in problems
        if problem.code in LEVELS
    )
    note(engine, context, refused)
