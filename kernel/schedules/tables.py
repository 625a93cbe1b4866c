"""This file has the tables of schedules: whether each is paused, and every time that it fell due."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()

# since: what fell due before is nobody's business: it was not yet published, or paused.
SCHEDULE = Table(
    "aroeira_schedule", METADATA,
    Column("name", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("is_paused", Boolean, nullable=False),
    Column("changed_by", Text),
    Column("changed_at", DateTime(timezone=True)),
)  # fmt: skip
# Whoever writes the row of a time begins its run with the same transaction: one worker, once.
START = Table(
    "aroeira_schedule_start", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("schedule", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("run", BigInteger),
    Column("by", Text),
    Column("missed", Integer, nullable=False, server_default=text("0")),
    Column("trouble", JSONB(none_as_null=True)),
    UniqueConstraint("schedule", "due_at"),
)  # fmt: skip
