"""This file has the tables by which the database holds ledgers: entries to be checked, closings.

Only triggers write them: working_role.py gives nobody else the right.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE

METADATA = MetaData()

# Entries that this transaction touched: one row a statement, gone again before the transaction ends.
DUE = Table(
    "aroeira_ledger_due", METADATA,
    Column("checks", Text, nullable=False),
    Column("entries", INT8MULTIRANGE, nullable=False),
)  # fmt: skip
# How often periods were written: whoever posts by an older snapshot is told to begin again.
CLOSING = Table(
    "aroeira_ledger_closing", METADATA,
    Column("periods", Text, primary_key=True),
    Column("writes", BigInteger, nullable=False),
)  # fmt: skip
