"""This file has the tables of the audit: one row for each statement that changed something, and each record.

Both are partitioned by month. Only triggers write them (watch.py); nothing removes their rows, and only
anonymising a person blanks values in them (deed_functions.py), which notes itself.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()
BY_MONTH = "RANGE (at)"
INSERTED, UPDATED, DELETED = "I", "U", "D"
SECRECY = "$secrecy"  # among the changes of a record: to whom it is left open; no field has such a name
LINKED, UNLINKED = "A", "T"  # targets added to, and taken from, a field of many links

# kind: page, api, import, process, command, publication; database for whoever did not say.
# rows: how many records the statement changed.
ACT = Table(
    "aroeira_audit_act", METADATA,
    Column("act", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("transaction", BigInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("database_user", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    postgresql_partition_by=BY_MONTH,
)  # fmt: skip
# owner: the record above, of a row that belongs to one.  changes: by field; of a change [before, after], of
# a new or removed record its values, of many links the targets.
AUDIT = Table(
    "aroeira_audit", METADATA,
    Column("act", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("owner", BigInteger),
    Column("changes", JSONB, nullable=False),
    postgresql_partition_by=BY_MONTH,
)  # fmt: skip
# What was done with data of people without changing a record: shown for a reason, exported, gathered,
# anonymised (deeds.py).  detail: which fields and how many, never a value.
DEED = Table(
    "aroeira_audit_deed", METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("transaction", BigInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("database_user", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger),
    Column("reason", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
)  # fmt: skip

Index("ix_aroeira_audit_deed_record", DEED.c.entity, DEED.c.record)
Index("ix_aroeira_audit_act_operator", ACT.c.operator, ACT.c.act)
Index("ix_aroeira_audit_act_entity", ACT.c.entity, ACT.c.act)
Index("ix_aroeira_audit_act_transaction", ACT.c.transaction)
Index("ix_aroeira_audit_record", AUDIT.c.entity, AUDIT.c.record)
Index(
    "ix_aroeira_audit_owner", AUDIT.c.entity, AUDIT.c.owner, postgresql_where=AUDIT.c.owner.is_not(None)
)  # fmt: skip
# Acts are numbered in order, so a block index finds the records of one; it costs a mass update nothing.
Index(
    "ix_aroeira_audit_act", AUDIT.c.act, postgresql_using="brin", postgresql_with={"pages_per_range": 16}
)  # fmt: skip
