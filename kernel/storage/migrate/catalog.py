"""This file reads from the database how its tables really look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Connection, text

from kernel.audit.watch import TRIGGERS
from kernel.ledger.watch import GROUPS
from kernel.storage.migrate.shape import MARK, TABLE_MARK, Column, Kind, Part, Table
from kernel.storage.since import TRIGGERS as STATES

# As the planner does: rows per page when last counted, times the pages of now.
_TABLES = """
SELECT c.oid, c.relname, pg_relation_size(c.oid) AS size,
  coalesce(obj_description(c.oid, 'pg_class'), '') AS note,
  CASE WHEN c.reltuples > 0 AND c.relpages > 0
    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int)
    ELSE pg_relation_size(c.oid) / 80 END::bigint AS rows
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""
_COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
  coalesce(col_description(a.attrelid, a.attnum), '') AS note
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = """
SELECT k.conrelid, k.conname, k.contype::text AS kind, k.convalidated AS valid,
  k.confdeltype::text = 'c' AS cascades, coalesce(t.relname, '') AS target,
  coalesce(obj_description(k.oid, 'pg_constraint'), '') AS note,
  ARRAY(SELECT a.attname::text FROM pg_depend d JOIN pg_attribute a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.refobjid = k.conrelid
      AND d.refobjsubid > 0 ORDER BY array_position(k.conkey, d.refobjsubid::smallint)) AS columns
FROM pg_constraint k LEFT JOIN pg_class t ON t.oid = k.confrelid
WHERE k.connamespace = current_schema()::regnamespace AND k.contype IN ('u', 'f', 'x', 'c')
  AND k.conparentid = 0
"""
_INDEXES = """
SELECT i.indrelid, c.relname, i.indisvalid AND i.indisready AS valid, i.indisunique,
  coalesce(obj_description(c.oid, 'pg_class'), '') AS note,
  ARRAY(SELECT a.attname::text FROM pg_depend d JOIN pg_attribute a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjid = i.indrelid
      AND d.refobjsubid > 0) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('u', 'x', 'p'))
"""
_TRIGGERS = """
SELECT t.tgrelid, count(*) = :all AND bool_and(t.tgenabled = 'O') AS valid,
  coalesce(max(obj_description(t.oid, 'pg_trigger')), '') AS note
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND t.tgname = ANY(:names) GROUP BY t.tgrelid
"""
_KINDS: dict[str, Kind] = {"u": "unique", "f": "link", "x": "period", "c": "filled"}
_OWN_NAMES = ("ix_", "uq_")
_GROUPS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("audit", TRIGGERS),
    *(("ledger", names) for names in GROUPS),
    ("states", STATES),
)


def read(connection: Connection) -> dict[str, Table]:
    """Return the tables of the schema by name, with those constraints and indexes that are ours."""
    columns: dict[int, dict[str, Column]] = defaultdict(dict)
    for row in connection.execute(text(_COLUMNS)):
        columns[row.attrelid][row.attname] = Column(row.attname, row.type, row.attnotnull, _said(row.note))
    tables = connection.execute(text(_TABLES)).all()
    names = {row.oid: row.relname for row in tables}
    parts: dict[int, dict[str, Part]] = defaultdict(dict)
    for table, part in (
        *_constraints(connection, names),
        *_indexes(connection, names),
        *_triggers(connection, names),
    ):
        parts[table][part.name] = part
    return {
        row.relname: Table(
            row.relname, columns[row.oid], parts[row.oid], row.rows, row.size, row.note.startswith(TABLE_MARK)
        )
        for row in tables
    }


def _said(note: str) -> str:
    return note.removeprefix(MARK) if note.startswith(MARK) else ""


def _constraints(connection: Connection, names: dict[int, str]) -> list[tuple[int, Part]]:
    return [
        (
            row.conrelid,
            Part(
                row.conname, _KINDS[row.kind], names[row.conrelid], tuple(row.columns), _said(row.note),
                row.target, row.cascades, row.valid,
            ),
        )
        for row in connection.execute(text(_CONSTRAINTS))
        if row.note.startswith(MARK)
    ]  # fmt: skip


def _indexes(connection: Connection, names: dict[int, str]) -> list[tuple[int, Part]]:
    return [(row.indrelid, _index(row, names)) for row in connection.execute(text(_INDEXES)) if _is_ours(row)]


def _is_ours(row: Any) -> bool:
    """An index whose making was interrupted has no comment yet."""
    return cast("bool", row.note.startswith(MARK)) or row.relname.startswith(_OWN_NAMES)


def _index(row: Any, names: dict[int, str]) -> Part:
    kind: Kind = "unique index" if row.indisunique else "index"
    columns = tuple(dict.fromkeys(row.columns))
    return Part(row.relname, kind, names[row.indrelid], columns, _said(row.note), is_valid=row.valid)


def _triggers(connection: Connection, names: dict[int, str]) -> Iterator[tuple[int, Part]]:
    """Yield each group of triggers as one part; where one is missing or switched off it is not valid."""
    for kind, group in _GROUPS:
        for row in connection.execute(text(_TRIGGERS), {"names": list(group), "all": len(group)}):
            part = Part(group[0], kind, names[row.tgrelid], (), _said(row.note), is_valid=row.valid)
            yield row.tgrelid, part
