"""This file keeps drafts (one per record, one for each record not saved yet) and questions from the help.

It never touches records. A draft is the form as it stood: every posted name with its texts. A question names
the field only: neither who asked nor what was typed is kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
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
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

METADATA = MetaData()
NEW = "novo"  # the name of the draft of a new record starts with it
NAME = re.compile(rf"{NEW}(-[0-9a-f]{{8}})?|[0-9]{{1,18}}")

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
_DRAFTS = select(DRAFT.c.record, DRAFT.c.posted, DRAFT.c.kept_at)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody typed and did not save, and when it was kept; `record` is its name."""

    record: str
    posted: Posted
    kept_at: datetime


def named() -> str:
    """Return the name of a draft of a record that is being begun."""
    return f"{NEW}-{secrets.token_hex(4)}"


def is_new(record: str) -> bool:
    """Tell whether a draft is of a record not saved yet."""
    return record.startswith(NEW)


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
    statement = _DRAFTS.where(*_of(operator, entity, record))
    row = connection.execute(statement).one_or_none()
    return Draft(*row) if row else None


def begun(connection: Connection, operator: str, entity: str, limit: int = 5) -> list[Draft]:
    """Return the drafts of new records of an entity, latest first."""
    mine = (DRAFT.c.operator == operator, DRAFT.c.entity == entity, DRAFT.c.record.startswith(NEW))
    statement = _DRAFTS.where(*mine).order_by(DRAFT.c.kept_at.desc()).limit(limit)
    return [Draft(*row) for row in connection.execute(statement)]


def forget(connection: Connection, operator: str, entity: str, record: str) -> None:
    """Remove the operator's draft of a record."""
    connection.execute(delete(DRAFT).where(*_of(operator, entity, record)))


def _of(operator: str, entity: str, record: str) -> tuple[Any, ...]:
    return DRAFT.c.operator == operator, DRAFT.c.entity == entity, DRAFT.c.record == record


@dataclass(frozen=True, slots=True)
class Note:
    """That an operator has a draft, with the texts of some fields of it as typed."""

    entity: str
    record: str
    kept_at: datetime
    texts: Mapping[str, str | None]


def notes(connection: Connection, operator: str, fields: Iterable[str] = (), limit: int = 8) -> list[Note]:
    """Return which drafts wait for the operator, latest first, with the texts of the named fields."""
    name = func.unnest(literal(list(fields), ARRAY(Text))).column_valued("name")
    typed = func.jsonb_object_agg(name, DRAFT.c.posted[func.concat("f.", name)][0].astext)
    texts = func.coalesce(select(typed).scalar_subquery(), text("'{}'::jsonb"))
    columns = (DRAFT.c.entity, DRAFT.c.record, DRAFT.c.kept_at, texts)
    statement = select(*columns).where(DRAFT.c.operator == operator).order_by(DRAFT.c.kept_at.desc())
    return [Note(*row) for row in connection.execute(statement.limit(limit))]


def ask(connection: Connection, entity: str, field: str, screen: str) -> None:
    """Note that somebody did not understand a field."""
    connection.execute(QUESTION.insert().values(entity=entity, field=field, screen=screen))
