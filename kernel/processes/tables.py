"""This file has the tables of processes: runs, the parts they are shared out in, and what came of each.

Which records a part made is kept as ranges of ids, not row by row: a million of them are a few ranges.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB

METADATA = MetaData()

WAITING, RUNNING, FINISHED, CANCELLED, FAILED, UNDONE = (
    "waiting", "running", "finished", "cancelled", "failed", "undone",
)  # fmt: skip
AT_WORK = (WAITING, RUNNING)

RUN = Table(
    "aroeira_process_run", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("process", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answers", JSONB, nullable=False),
    Column("key", Text, nullable=False),
    Column("is_dry", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("today", Text, nullable=False),
    Column("origin", JSONB, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("stop_asked_by", Text),
    Column("doing", JSONB(none_as_null=True)),
    Column("trouble", JSONB(none_as_null=True)),
    Column("only_of", BigInteger),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text),
    Index("ix_aroeira_process_run_process", "process", "id"),
    # One run of a key at a time, whoever asks and on whichever server.
    Index(
        "uq_aroeira_process_run_key", "process", "key", unique=True,
        postgresql_where=text("status IN ('waiting', 'running') AND NOT is_dry"),
    ),
)  # fmt: skip
PART = Table(
    "aroeira_process_part", METADATA,
    Column("run", ForeignKey("aroeira_process_run.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("low", BigInteger),
    Column("high", BigInteger),
    Column("rows", BigInteger, nullable=False),
    Column("is_done", Boolean, nullable=False, server_default=text("false")),
    Column("finished_at", DateTime(timezone=True)),
    Column("steps", JSONB(none_as_null=True)),
)  # fmt: skip
# Who wants to be told how a run ends, until they have seen it.
WATCHER = Table(
    "aroeira_process_watcher", METADATA,
    Column("run", ForeignKey("aroeira_process_run.id", ondelete="CASCADE"), primary_key=True),
    Column("operator", Text, primary_key=True),
    Index("ix_aroeira_process_watcher_operator", "operator", "run"),
)  # fmt: skip
# What a run that is finished has begun: the run called, or why there is none.
CALL = Table(
    "aroeira_process_call", METADATA,
    Column("run", ForeignKey("aroeira_process_run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("process", Text, nullable=False),
    Column("called", BigInteger),
    Column("trouble", JSONB(none_as_null=True)),
    Index("ix_aroeira_process_call_called", "called"),
)  # fmt: skip
_PART = ("run", "part")


def _of_part() -> list[Column[Any]]:
    return [
        Column("run", ForeignKey("aroeira_process_run.id", ondelete="CASCADE"), nullable=False),
        Column("part", Integer, nullable=False),
        Column("step", Text, nullable=False),
    ]


LEFT_OUT = Table(
    "aroeira_process_left_out", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    *_of_part(),
    Column("reason", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger),
    Column("unit", BigInteger),
    Column("facts", JSONB, nullable=False),
    Index("ix_aroeira_process_left_out_run", "run", "step", "reason", "id"),
)  # fmt: skip
MADE = Table(
    "aroeira_process_made", METADATA,
    *_of_part(),
    Column("entity", Text, nullable=False),
    Column("ids", INT8MULTIRANGE, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Index("ix_aroeira_process_made_run", "run", "part"),
    Index("ix_aroeira_process_made_ids", "ids", postgresql_using="gist"),
)  # fmt: skip
# Of each part what runs are compared by: one row for each record, and one of all together (unit 0).
FIGURE = Table(
    "aroeira_process_figure", METADATA,
    Column("run", ForeignKey("aroeira_process_run.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("split", JSONB, nullable=False),
    Index("ix_aroeira_process_figure_run", "run", "unit"),
)  # fmt: skip
# The rows of reports, of dry runs as well; `row` has the values in the order of the report's columns.
REPORTED = Table(
    "aroeira_process_reported", METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    *_of_part(),
    Column("row", JSONB, nullable=False),
    Index("ix_aroeira_process_reported_run", "run", "step", "id"),
)  # fmt: skip
# What changed records were before, for undoing; `version` is the one that the run gave them.
BEFORE = Table(
    "aroeira_process_before", METADATA,
    *_of_part(),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("values", JSONB, nullable=False),
    Index("ix_aroeira_process_before_run", "run", "part"),
    Index("ix_aroeira_process_before_record", "entity", "record"),
)  # fmt: skip
