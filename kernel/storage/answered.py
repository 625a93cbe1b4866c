"""This file keeps what came of requests that may come twice, so that what they ask for is done once.

The key is claimed in the transaction that does the work: a second request with it waits, in whichever
process, until the first is committed, and finds its answer; where the first was rolled back it goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

METADATA = MetaData()
ANSWERED = Table(
    "aroeira_answered", METADATA,
    Column("operator", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("answer", JSONB(none_as_null=True)),
    PrimaryKeyConstraint("operator", "key"),
    Index("aroeira_answered_at", "at"),
)  # fmt: skip
KEPT = timedelta(days=7)
FORGOTTEN = 100  # old ones at a time


@dataclass(frozen=True, slots=True)
class Once:
    """A request that may come twice: its key, and a digest of what it asks for."""

    key: str
    asked: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an earlier request; `is_same` tells whether it asked for the same."""

    is_same: bool
    answer: Mapping[str, Any]


def find(connection: Connection, operator: str, once: Once) -> Answer | None:
    """Return what came of a request with this key, None where none was done."""
    found = select(ANSWERED).where(ANSWERED.c.operator == operator, ANSWERED.c.key == once.key)
    row = connection.execute(found).one_or_none()
    return Answer(row.asked == once.asked, row.answer or {}) if row else None


def claim(connection: Connection, operator: str, once: Once, at: datetime) -> Answer | None:
    """Take a key for this transaction, or return what came of the request that has it."""
    row = {"operator": operator, "key": once.key, "asked": once.asked, "at": at}
    taken = insert(ANSWERED).values(row).on_conflict_do_nothing().returning(ANSWERED.c.key)
    if connection.execute(taken).one_or_none() is None:
        return find(connection, operator, once)
    old = select(ANSWERED.c.operator, ANSWERED.c.key).where(ANSWERED.c.at < at - KEPT).limit(FORGOTTEN)
    gone = old.with_for_update(skip_locked=True).cte("gone")
    connection.execute(
        delete(ANSWERED).where(ANSWERED.c.operator == gone.c.operator, ANSWERED.c.key == gone.c.key)
    )
    return None


def keep(connection: Connection, operator: str, once: Once, answer: Mapping[str, Any]) -> None:
    """Keep what came of the request, beside what it did."""
    own = (ANSWERED.c.operator == operator, ANSWERED.c.key == once.key)
    connection.execute(update(ANSWERED).where(*own).values(answer=dict(answer)))


def without_words(
    connection: Connection, records: Mapping[str, Collection[int]], texts: Iterable[str]
) -> None:
    """Take the words out of answers about some records, or with some texts; what was made stays told."""
    texts = list(texts)
    for row in connection.execute(select(ANSWERED).where(ANSWERED.c.answer.is_not(None))).all():
        lists = [each for each in row.answer.values() if isinstance(each, list)]
        made = [each for one in lists for each in one if isinstance(each, dict)]
        about = any(each.get("id") in records.get(str(each.get("entity")), ()) for each in made)
        if about or any(text in str(row.answer) for text in texts):
            bare = [{"entity": each["entity"], "id": each["id"], "text": ""} for each in made]
            own = (ANSWERED.c.operator == row.operator, ANSWERED.c.key == row.key)
            answer = dict.fromkeys(row.answer, bare)
            connection.execute(update(ANSWERED).where(*own).values(answer=answer))
