"""This file lays the ground of ledgers: what asks at the end of a transaction whether entries balance.

The rows that ask are written by triggers only, so what they name can be trusted to be a function of ours.
"""

# ruff: noqa: S608 (names are constants)

from __future__ import annotations

from sqlalchemy import Connection, text

from kernel.ledger.tables import CLOSING, DUE

SETTLED = "aroeira_ledger_settled"
"""The constraint trigger; `settle.py` has it fire before the transaction ends."""
SETTLE, CLOSES = "aroeira_ledger_settle", "aroeira_ledger_closes"
LOCK = 1635084906
"""The first number of the locks that keep postings and closings apart; the second is the table of periods."""

_SETTLE = f"""
CREATE OR REPLACE FUNCTION {SETTLE}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $ledger$
DECLARE asked record;
BEGIN
FOR asked IN WITH taken AS (DELETE FROM {DUE.name} RETURNING checks, entries)
  SELECT taken.checks, range_agg(part) AS entries FROM taken, unnest(taken.entries) part GROUP BY 1 LOOP
  EXECUTE format('SELECT %I($1)', asked.checks) USING asked.entries;
END LOOP;
RETURN NULL;
END $ledger$
"""
# Postings hold the lock shared until their transaction ends: so none is under way when a period changes, and
# whoever comes later sees the change. Who posts by a snapshot from before cannot: for them it is counted.
_CLOSES = f"""
CREATE OR REPLACE FUNCTION {CLOSES}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $ledger$
BEGIN
PERFORM pg_advisory_xact_lock({LOCK}, hashtext(TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME));
UPDATE {CLOSING.name} SET writes = writes + 1 WHERE periods = TG_TABLE_NAME;
RETURN NULL;
END $ledger$
"""
_TRIGGER = f"""
CREATE CONSTRAINT TRIGGER {SETTLED} AFTER INSERT ON {DUE.name} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION {SETTLE}()
"""
_FUNCTIONS = {SETTLE: _SETTLE, CLOSES: _CLOSES}
_PRESENT = """
SELECT proname || ' ' || prosrc FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proname = ANY(:names)
"""
_HAS_TRIGGER = """
SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname = :name
  AND tgrelid = to_regclass(quote_ident(current_schema()) || '.' || :table))
"""


def lay(connection: Connection) -> None:
    """Make what is missing, or different, around the tables of ledgers."""
    present = set(connection.scalars(text(_PRESENT), {"names": list(_FUNCTIONS)}))
    for name, definition in _FUNCTIONS.items():
        if f"{name} {definition.split('$ledger$')[1]}" not in present:
            connection.exec_driver_sql(definition.replace("%", "%%"))
            for statement in fenced(f"{name}()"):
                connection.exec_driver_sql(statement)
    if not connection.scalar(text(_HAS_TRIGGER), {"name": SETTLED, "table": DUE.name}):
        connection.exec_driver_sql(_TRIGGER)


def fenced(signature: str) -> tuple[str, str]:
    """Return the statements that fix where a function looks for names, and keep others from calling it."""
    literal = signature.replace("'", "''")
    path = f"'ALTER FUNCTION {literal} SET search_path = ' || quote_ident(current_schema()) || ', pg_temp'"
    return (
        f"DO $path$ BEGIN EXECUTE {path}; END $path$",
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
    )
