"""This file finds the record before or after another in the order of a list, through the gate of the list."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from kernel.context import Context
from kernel.query import cursor
from kernel.query.compile import compile, parameters
from kernel.query.plan import Filter, Query
from kernel.query.run import page
from kernel.query.secure import secure
from kernel.runtime import Runtime


def neighbour(
    connection: Connection, runtime: Runtime, context: Context, query: Query, record: int, *, forward: bool
) -> int | None:
    """Return the id of the record after (or before) `record` among the rows of `query`, None at the end."""
    here = replace(
        query, columns=(), filters=(*query.filters, Filter("id", "is", (record,))), after="", before=""
    )
    secured = secure(runtime, context, here)
    statement = compile(secured)
    row = connection.execute(
        statement.select, parameters(statement, secured.query, context) | {"limit": 1}
    ).first()
    if row is None:
        return None
    mark = cursor.write(tuple(row[len(row) - statement.keys :]))
    onward = replace(
        query, columns=(), limit=1, after=mark if forward else "", before="" if forward else mark
    )
    rows = page(connection, runtime, context, onward).rows
    return rows[0].id if rows else None
