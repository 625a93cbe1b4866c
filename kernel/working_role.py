"""This file has the role as which the application works: it reads and writes records, and never the audit.

The account that connects owns the tables: it publishes. On the product's own server the application signs in
as the role itself, so that nothing it is made to say can take it back; elsewhere it becomes the role within
its account's connection, which keeps out mistakes and single statements, not whoever can say anything there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from psycopg import errors
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from kernel import database
from kernel.audit.ground import CALLED
from kernel.database import Settings

ROLE = "aroeira_app"
_CLOSED = "^aroeira_(audit|ledger)"  # tables that only triggers write

_STATE = """
SELECT to_regrole(:role) IS NOT NULL AS there,
  (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS may_make,
  CASE WHEN to_regrole(:role) IS NOT NULL THEN pg_has_role(:role, 'MEMBER') ELSE false END AS may_become
"""
_TABLES = """
SELECT quote_ident(c.relname) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'S')
  AND CASE WHEN :sequences THEN c.relkind = 'S' ELSE c.relkind <> 'S' END
  AND (c.relname ~ :closed) = :is_closed AND pg_has_role(c.relowner, 'MEMBER')
  AND NOT CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(:role, c.oid, 'USAGE')
    WHEN :is_closed THEN has_table_privilege(:role, c.oid, 'SELECT')
    ELSE has_table_privilege(:role, c.oid, 'INSERT') END
"""
_TOO_MUCH = """
SELECT quote_ident(c.relname) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND c.relname ~ :closed
  AND has_table_privilege(:role, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
"""


@contextlib.contextmanager
def working(owner: Engine, settings: Settings) -> Iterator[Engine]:
    """Yield an engine for the application; where its account may make no role, the one of the owner."""
    if not ready(owner):
        yield owner
        return
    made = database.working_as(owner, ROLE, by_name=not settings.url)
    try:
        yield made
    finally:
        made.dispose()


def ready(owner: Engine) -> bool:
    """Make the role and bring its rights up to date; tell whether the account may do so."""
    with owner.begin() as connection:
        if not _made(connection):
            return False
        grant(connection)
    return True


def _made(connection: Connection) -> bool:
    state = connection.execute(text(_STATE), {"role": ROLE}).one()
    if state.there:
        if not state.may_become and state.may_make:
            return _tried(connection, f"GRANT {ROLE} TO CURRENT_USER")
        return bool(state.may_become)
    if not state.may_make or not _tried(connection, f"CREATE ROLE {ROLE} LOGIN"):
        return False
    # Who makes a role may not become it everywhere; a superuser needs no grant.
    return _tried(connection, f"GRANT {ROLE} TO CURRENT_USER")


def _tried(connection: Connection, statement: str) -> bool:
    apart = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        apart.rollback()
        # Roles are of the whole server: another database may have made it this moment.
        return isinstance(error.orig, errors.DuplicateObject | errors.UniqueViolation)
    apart.commit()
    return True


def grant(connection: Connection) -> None:
    """Grant what the application needs, table by table: what is not named here is closed to it.

    Where there is no such role nothing is granted.
    """
    if connection.scalar(text("SELECT to_regrole(:role) IS NULL"), {"role": ROLE}):
        return
    schema, name = connection.execute(
        text("SELECT quote_ident(current_schema()), quote_ident(current_database())")
    ).one()
    rights = [f"USAGE ON SCHEMA {schema}"]
    for right, is_closed, sequences in (
        ("SELECT, INSERT, UPDATE, DELETE", False, False),
        ("USAGE, SELECT", False, True),
        ("SELECT", True, False),
    ):
        found = connection.scalars(
            text(_TABLES),
            {"role": ROLE, "closed": _CLOSED, "is_closed": is_closed, "sequences": sequences},
        ).all()
        if found:
            rights.append(f"{right} ON {'SEQUENCE' if sequences else 'TABLE'} {', '.join(found)}")
    if too_much := connection.scalars(text(_TOO_MUCH), {"role": ROLE, "closed": _CLOSED}).all():
        connection.exec_driver_sql(
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON {', '.join(too_much)} FROM PUBLIC, {ROLE}"
        )
    for right in rights:
        connection.exec_driver_sql(f"GRANT {right} TO {ROLE}")
    _tried(connection, f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {ROLE}")
    for function in CALLED:
        if connection.scalar(text("SELECT to_regprocedure(:function) IS NOT NULL"), {"function": function}):
            connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function} TO {ROLE}")
