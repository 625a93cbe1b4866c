"""This file has the product's own tables: published versions, seeded data, counters, settings.

Tables of entities are made by kernel.storage.tables; those of operators and drafts stand in their own files.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)

from kernel.storage import batches, drafts, personal, preferred

METADATA = MetaData()

PUBLICATION = Table(
    "aroeira_publication", METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("published_by", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)  # fmt: skip
FILE = Table(
    "aroeira_file", METADATA,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip
PUBLICATION_FILE = Table(
    "aroeira_publication_file", METADATA,
    Column("version", ForeignKey("aroeira_publication.version"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("sha256", ForeignKey("aroeira_file.sha256"), nullable=False),
)  # fmt: skip
SEED = Table(
    "aroeira_seed", METADATA,
    Column("document", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seeded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)  # fmt: skip
COUNTER = Table(
    "aroeira_counter", METADATA,
    Column("name", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)  # fmt: skip
SETTING = Table(
    "aroeira_setting", METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)  # fmt: skip

ALL = (METADATA, batches.METADATA, drafts.METADATA, personal.METADATA, preferred.METADATA)


def is_present(connection: Connection) -> bool:
    """Tell whether anything was ever published here."""
    # Not by the search path: another schema of this database may have been published to.
    table = "quote_ident(current_schema()) || '.aroeira_publication'"
    return connection.scalar(text(f"SELECT to_regclass({table}) IS NOT NULL")) is True


def create(connection: Connection) -> None:
    """Make the tables that are missing in the schema; those of others along the search path do not count."""
    names = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    present = set(connection.scalars(names))
    for metadata in ALL:
        missing = [table for table in metadata.sorted_tables if table.name not in present]
        metadata.create_all(connection, tables=missing, checkfirst=False)
