"""This file keeps drafts, one per operator and record, and the questions sent from the help.

It never touches records. A draft is the form as it stood: every posted name with its texts. A question names
the field only: neither who asked nor what was typed is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

METADATA = MetaData()
NEW = "novo"

DRAFT = Table(
    "aroeira_draft", METADATA,
    Column("operator", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("posted", JSONB, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip
QUESTION = Table(
    "aroeira_question", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("entity", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("answered_at", DateTime(timezone=True)),
)  # fmt: skip

TABLES: list[Table] = [DRAFT, QUESTION]

Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody typed and did not save, and when it was kept."""

    posted: Posted
    kept_at: datetime


def keep(
    connection: Connection, operator: str, entity: str, record: str, posted: Posted, at: datetime
) -> None:
    """Keep the form as it stands, in place of the draft before."""
    values = {"posted": dict(posted), "kept_at": at}
    statement = insert(DRAFT).values(operator=operator, entity=entity, record=record, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["operator", "entity", "record"], set_=values)
    )


def find(connection: Connection, operator: str, entity: str, record: str) -> Draft | None:
    """Return the operator's draft of a record."""
    statement = select(DRAFT.c.posted, DRAFT.c.kept_at).where(*_of(operator, entity, record))
    row = connection.execute(statement).one_or_none()
    return Draft(row.posted, row.kept_at) if row else None


def forget(connection: Connection, operator: str, entity: str, record: str) -> None:
    """Remove the operator's draft of a record."""
    connection.execute(delete(DRAFT).where(*_of(operator, entity, record)))


def _of(operator: str, entity: str, record: str) -> tuple[Any, ...]:
    return DRAFT.c.operator == operator, DRAFT.c.entity == entity, DRAFT.c.record == record


def ask(connection: Connection, entity: str, field: str, screen: str) -> None:
    """Note that somebody did not understand a field."""
    connection.execute(QUESTION.insert().values(entity=entity, field=field, screen=screen))
