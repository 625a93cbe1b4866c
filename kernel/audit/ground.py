"""This file lays the ground of the audit: numbers, partitions, and what keeps others from writing it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from kernel.audit import deed_functions
from kernel.audit.watch import TRIGGERS, Watch

CALLED = ("aroeira_audit_ahead(integer, date)", *deed_functions.CALLED)
"""Functions that the application's role may call."""
MONTHS_AHEAD = 3
NEXT_MONTH = 1  # is enough for a publication: whoever serves makes the others
_MARK = "aroeira: "

# Called by the functions of watch.py, with their rights and their search path.
_NOTED = """
CREATE OR REPLACE FUNCTION aroeira_audit_noted(
  act bigint, at timestamptz, entity text, operation text, counted bigint
) RETURNS void LANGUAGE plpgsql AS $audit$
DECLARE
  told text := nullif(current_setting('aroeira.origin', true), '');
  said jsonb := coalesce(told::jsonb, '{"kind": "database"}');
BEGIN
IF counted > 0 THEN
INSERT INTO aroeira_audit_act VALUES (act, at, pg_current_xact_id()::text::bigint,
  coalesce(said ->> 'operator', ''), coalesce(said ->> 'kind', ''), coalesce(said ->> 'address', ''),
  coalesce(said ->> 'route', ''), coalesce(said ->> 'session', ''), session_user, entity, operation, counted);
END IF;
END $audit$
"""
# A month that has rows in the default partition already takes them along: nothing is lost, and nothing stays
# where later months would be in its way. To attach a table stops nobody who writes the other months.
_AHEAD = """
CREATE OR REPLACE FUNCTION aroeira_audit_ahead(months integer, day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET timezone = 'UTC' AS $audit$
DECLARE made integer := 0; parent text; month timestamptz; part text; spare text; within text;
BEGIN
PERFORM pg_advisory_xact_lock(1635084905, hashtext(current_schema()));
FOREACH parent IN ARRAY ARRAY['aroeira_audit', 'aroeira_audit_act'] LOOP
  spare := parent || '_other';
  IF to_regclass(spare) IS NULL THEN
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', spare, parent);
  END IF;
  FOR step IN 0 .. months LOOP
    month := date_trunc('month', day::timestamp) + make_interval(months => step);
    part := parent || to_char(month, '_YYYY_MM');
    CONTINUE WHEN to_regclass(part) IS NOT NULL;
    within := format('at >= %L AND at < %L', month, month + interval '1 month');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', spare);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
      spare, within, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
      parent, part, month, month + interval '1 month');
    made := made + 1;
  END LOOP;
END LOOP;
RETURN made;
END $audit$
"""
_FUNCTIONS = {
    **deed_functions.FUNCTIONS,
    "aroeira_audit_noted": ("(bigint, timestamptz, text, text, bigint)", _NOTED),
    "aroeira_audit_ahead": ("(integer, date)", _AHEAD),
}
_HOW = """
SELECT proname || ' ' || prosrc FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proname = ANY(:names)
"""
_WATCHED = """
SELECT coalesce(obj_description(t.oid, 'pg_trigger'), '') FROM pg_trigger t
WHERE t.tgrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident(:table))
  AND t.tgname = :name
"""


def lay(connection: Connection, watches: Iterable[Watch] = ()) -> None:
    """Make what is missing, or different, around the tables of the audit.

    watches: the triggers of the product's own tables.
    """
    present = set(connection.scalars(text(_HOW), {"names": list(_FUNCTIONS)}))
    for name, (arguments, definition) in _FUNCTIONS.items():
        body = definition.split("$audit$")[1]
        if f"{name} {body}" not in present:
            _make(connection, name + arguments, definition)
    make_ahead(connection, NEXT_MONTH)
    for watch in watches:
        if (
            connection.scalar(text(_WATCHED), {"table": watch.table, "name": TRIGGERS[0]})
            != _MARK + watch.says
        ):
            connection.exec_driver_sql(watch.create)
            connection.exec_driver_sql(
                f"COMMENT ON TRIGGER {TRIGGERS[0]} ON {watch.table} IS '{_MARK}{watch.says}'"
            )


def _make(connection: Connection, signature: str, definition: str) -> None:
    connection.exec_driver_sql("CREATE SEQUENCE IF NOT EXISTS aroeira_audit_act_seq")
    connection.exec_driver_sql(definition.replace("%", "%%"))  # the driver would take % for a parameter
    path = f"'ALTER FUNCTION {signature} SET search_path = ' || quote_ident(current_schema()) || ', pg_temp'"
    connection.exec_driver_sql(f"DO $path$ BEGIN EXECUTE {path}; END $path$")
    connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")


def make_ahead(connection: Connection, months: int = MONTHS_AHEAD) -> int:
    """Make the partitions of this month and the next ones; return how many were missing."""
    asked = text("SELECT aroeira_audit_ahead(:months, (now() AT TIME ZONE 'UTC')::date)")
    return int(connection.scalar(asked, {"months": months}) or 0)
