"""This file makes the triggers that note changes: for each table one function, called once a statement.

What is noted of a field is JSON written as text and read back once a record: building it as jsonb field by
field is slower, and stripping what did not change afterwards would lose nulls within json fields. Versions,
stamps and the searched text are not noted: they follow from what is, and say nothing of their own.
"""

# ruff: noqa: S608 (names come from checked metadata)

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kernel.audit.tables import DELETED, INSERTED, LINKED, SECRECY, UNLINKED, UPDATED
from kernel.storage import names

TRIGGERS = ("aroeira_audit_i", "aroeira_audit_u", "aroeira_audit_d")
NAME = "aroeira_audit"
_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}


@dataclass(frozen=True, slots=True)
class Watch:
    """The triggers of a table; `create` makes them, or makes them anew in place."""

    table: str
    create: str

    @property
    def says(self) -> str:
        """A digest of the definition."""
        return hashlib.sha256(self.create.encode()).hexdigest()[:16]


def of_records(table: str, columns: Sequence[str], owners: Iterable[str] = ()) -> Watch:
    """Return the triggers for a table of records; `owners` are links to the record above."""
    return _watch(
        table,
        (
            ("TG_OP = 'INSERT'", INSERTED, _whole("n", "new_rows", columns, owners)),
            ("TG_OP = 'UPDATE'", UPDATED, _differing(columns, owners)),
            ("TG_OP = 'DELETE'", DELETED, _whole("o", "old_rows", columns, owners)),
        ),
        lambda rows: _literal(table),
    )


def of_pairs(table: str, entity: str, field: str) -> Watch:
    """Return the triggers for the pairs of a many-links field; they are noted at the record that links."""
    return _watch(
        table,
        (
            ("TG_OP <> 'INSERT'", UNLINKED, _targets("old_rows", field)),
            ("TG_OP <> 'DELETE'", LINKED, _targets("new_rows", field)),
        ),
        lambda rows: _literal(entity),
    )


def of_closures(table: str) -> Watch:
    """Return the triggers for the table of closed records; they are noted at the record that is closed."""
    joined = "old_rows o JOIN new_rows n USING (entity, record)"
    return _watch(
        table,
        (
            ("TG_OP = 'INSERT'", UPDATED, _closure("NULL::json", _open_to("r"), "new_rows r")),
            ("TG_OP = 'UPDATE'", UPDATED, _closure(_open_to("o"), _open_to("n"), joined)),
            ("TG_OP = 'DELETE'", UPDATED, _closure(_open_to("r"), "NULL::json", "old_rows r")),
        ),
        lambda rows: f"(SELECT min(r.entity) FROM {rows} r)",  # one record is closed at a time
    )


def _open_to(alias: str) -> str:
    return f"json_build_object('roles', {alias}.roles, 'operators', {alias}.operators)"


def _closure(before: str, after: str, rows: str) -> str:
    changes = f"json_build_object('{SECRECY}', json_build_array({before}, {after}))"
    return f"SELECT record AS id, NULL::bigint AS owner, {changes} AS changes FROM {rows}"


def _whole(alias: str, rows: str, columns: Sequence[str], owners: Iterable[str]) -> str:
    values = ((name, f"{alias}.{_quoted(name)}") for name in columns)
    parts = (
        f"CASE WHEN {value} IS NOT NULL THEN '\"{name}\":' || to_json({value}) END" for name, value in values
    )
    owner = f"{_owner(alias, owners)} AS owner"
    return f"SELECT {alias}.id, {owner}, {_object(parts)} AS changes FROM {rows} {alias}"


def _differing(columns: Sequence[str], owners: Iterable[str]) -> str:
    parts = (
        f"CASE WHEN o.{_quoted(name)} IS DISTINCT FROM n.{_quoted(name)} "
        f"THEN '\"{name}\":' || json_build_array(o.{_quoted(name)}, n.{_quoted(name)}) END"
        for name in columns
    )
    # OFFSET keeps the planner from working the changes out twice: to compare, and to write.
    return (
        f"SELECT made.* FROM (SELECT n.id, {_owner('n', owners)} AS owner, {_object(parts)} AS changes "
        "FROM old_rows o JOIN new_rows n USING (id) OFFSET 0) made WHERE made.changes <> '{}'"
    )


def _targets(rows: str, field: str) -> str:
    listed = f"'{{\"{field}\":' || json_agg(r.target ORDER BY r.target) || '}}'"
    return (
        f"SELECT r.source AS id, NULL::bigint AS owner, {listed} AS changes FROM {rows} r GROUP BY r.source"
    )


def _object(parts: Iterable[str]) -> str:
    return f"'{{' || concat_ws(',', {', '.join(parts) or 'NULL'}) || '}}'"


def _owner(alias: str, owners: Iterable[str]) -> str:
    links = ", ".join(f"{alias}.{_quoted(name)}" for name in sorted(owners))
    return f"coalesce({links})" if links else "NULL::bigint"


def _watch(table: str, parts: Sequence[tuple[str, str, str]], entity: Callable[[str], str]) -> Watch:
    function = _quoted(names.derived(NAME, table))
    noted = "\n".join(
        _noted(condition, operation, made, entity("new_rows" if "new_rows" in made else "old_rows"))
        for condition, operation, made in parts
    )
    # Rows join by id whatever the first statement of a session made the planner expect: a nested loop that is
    # right for one row would be kept for a hundred thousand. What may be in the way of names comes last.
    create = f"""
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET enable_nestloop = off SET timezone = 'UTC' AS $audit$
DECLARE this_act bigint; this_at timestamptz; counted bigint;
BEGIN
{noted}
RETURN NULL;
END $audit$;
DO $audit$ BEGIN
EXECUTE 'ALTER FUNCTION {function}() SET search_path = ' || quote_ident(current_schema()) || ', pg_temp';
END $audit$;
REVOKE ALL ON FUNCTION {function}() FROM PUBLIC"""
    triggers = (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {_quoted(table)} {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for name, (event, rows) in zip(TRIGGERS, _EVENTS.items(), strict=True)
    )
    return Watch(table, ";\n".join((create.strip(), *triggers)))


def _noted(condition: str, operation: str, made: str, entity: str) -> str:
    return f"""IF {condition} THEN
this_act := nextval('aroeira_audit_act_seq'); this_at := clock_timestamp();
INSERT INTO aroeira_audit (act, at, entity, record, owner, changes)
SELECT this_act, this_at, {entity}, found.id, found.owner, found.changes::jsonb FROM ({made}) found;
GET DIAGNOSTICS counted = ROW_COUNT;
PERFORM aroeira_audit_noted(this_act, this_at, {entity}, '{operation}', counted);
END IF;"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
