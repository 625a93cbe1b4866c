"""This file has the product's own tables: published versions, seeded data, counters, parameters.

Tables of entities are made by kernel.storage.tables; those of accounts, operators, drafts in their own files.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateColumn

from kernel import jobs
from kernel.accounts import tables as accounts
from kernel.audit import ground, refusals, watch
from kernel.audit import tables as audit
from kernel.ledger import ground as ledger_ground
from kernel.ledger import tables as ledgers
from kernel.processes import statistics
from kernel.processes import tables as processes
from kernel.schedules import tables as schedules
from kernel.storage import answered, batches, closed, drafts, personal, preferred

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
PARAMETER = Table(
    "aroeira_parameter", METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("parameter", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("value", JSONB(none_as_null=True)),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("taken_back", Boolean, nullable=False, server_default=false()),
    Column("reason", Text, nullable=False, server_default=""),
)  # fmt: skip

ALL = (
    METADATA, accounts.METADATA, audit.METADATA, refusals.METADATA, answered.METADATA,
    batches.METADATA, closed.METADATA, drafts.METADATA, personal.METADATA, preferred.METADATA,
    processes.METADATA, ledgers.METADATA, schedules.METADATA,
)  # fmt: skip
# The product's own tables whose changes the audit notes, as those of entities.
WATCHED = (
    watch.of_records(PARAMETER.name, [made.name for made in PARAMETER.c if made.name != "id"]),
    watch.of_closures(closed.CLOSED.name),
)


def is_present(connection: Connection) -> bool:
    """Tell whether anything was ever published here."""
    # Not by the search path: another schema of this database may have been published to.
    table = "quote_ident(current_schema()) || '.aroeira_publication'"
    return connection.scalar(text(f"SELECT to_regclass({table}) IS NOT NULL")) is True


_COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
)


def create(connection: Connection) -> None:
    """Make the tables and columns that are missing in the schema; those of others do not count.

    A column that comes to a table later has a default, or may be empty.
    """
    present: dict[str, set[str]] = {}
    for table, column in connection.execute(_COLUMNS):
        present.setdefault(table, set()).add(column)
    for metadata in ALL:
        missing = [table for table in metadata.sorted_tables if table.name not in present]
        metadata.create_all(connection, tables=missing, checkfirst=False)
        for known in metadata.sorted_tables:
            for made in known.c if known.name in present else ():
                if made.name not in present[known.name]:
                    written = CreateColumn(made).compile(dialect=connection.dialect)
                    connection.execute(text(f'ALTER TABLE "{known.name}" ADD COLUMN {written}'))
    jobs.lay(connection)
    statistics.lay(connection)
    ground.lay(connection, WATCHED)
    ledger_ground.lay(connection)
