"""This file lets the planner know how full the tables are that a run fills, while it fills them.

The server looks by itself only once a minute; until then it takes a table that was empty for an empty one,
and joins it row by row.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from kernel.within import Transactions

# Only the owner of a table may analyse it, and the application is not the owner.
_FUNCTION = """
CREATE OR REPLACE FUNCTION aroeira_analyse(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $analyse$
BEGIN EXECUTE format('ANALYZE {schema}.%I', name); END $analyse$
"""
_THERE = "SELECT to_regprocedure('aroeira_analyse(text)') IS NOT NULL"


def lay(connection: Connection) -> None:
    """Make the function where it is missing."""
    if not connection.scalar(text(_THERE)):
        schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
        connection.exec_driver_sql(_FUNCTION.format(schema=schema).replace("%", "%%"))


def tell(engine: Transactions, tables: list[str]) -> None:
    """Have the planner look at some tables."""
    with engine.begin() as connection:
        for table in sorted(set(tables)):
            connection.execute(text("SELECT aroeira_analyse(:name)"), {"name": table})
