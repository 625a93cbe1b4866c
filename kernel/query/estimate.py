"""This file asks the planner how many rows a secured query has, and only where its answer deserves belief.

The planner knows each column of a table by itself: how often which value occurs. So it is believed for a
whole table and for conditions on one of its own columns. It multiplies where two columns are asked at once,
spreads evenly what lies behind links, and guesses at fragments of texts; there the answer is None.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from kernel.context import Context
from kernel.query.compile import compile, parameters
from kernel.query.conditions import UNEVEN
from kernel.query.secure import Secured
from kernel.runtime import Runtime

FIGURES = 2  # significant ones: the planner is within a few per cent, more would pretend
KNOWN = text("""
SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(:table) AND reltuples >= 0)
   AND (:field = '' OR EXISTS (SELECT FROM pg_stats WHERE schemaname = current_schema()
                                                      AND tablename = :table AND attname = :field))
""")


def estimate(connection: Connection, context: Context, secured: Secured) -> int | None:
    """Return about how many rows there are, rounded; None where the planner could only guess."""
    query = secured.query
    paths = {condition.path for condition in query.filters}
    if query.search or len(paths) > 1 or any(each.operator in UNEVEN for each in query.filters):
        return None
    runtime = secured.runtime
    entity, field = runtime.entities[query.entity], next(iter(paths), "")
    if entity.table is not runtime.whole.entities[query.entity].table:  # what a profile sees of it
        return None
    if field and field not in entity.table.c:
        return None
    if not _is_known(connection, runtime, entity.table.name, field):
        return None
    statement = compile(secured, "estimate")
    (plan,) = connection.execute(statement.select, parameters(statement, query, context)).scalar_one()
    return rounded(int(plan["Plan"]["Plan Rows"]))


def _is_known(connection: Connection, runtime: Runtime, table: str, field: str) -> bool:
    """Tell whether there are statistics; where there are, there will be, so that is asked once."""
    asked = ("has statistics", table, field)
    if asked in runtime.statements:
        return True
    found = bool(connection.execute(KNOWN, {"table": table, "field": field}).scalar_one())
    if found:
        runtime.remember(asked, found)
    return found


def rounded(value: int) -> int:
    """Return a number with its first figures only: 98347 → 98000."""
    return round(value, FIGURES - len(str(value))) if value > 0 else 0
