"""This file runs queries: a page, a count, a lookup, a stream. Every one passes the gate first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from kernel.context import Context
from kernel.query import cursor
from kernel.query.compile import Statement, compile, parameters
from kernel.query.estimate import estimate
from kernel.query.plan import Count, Filter, Line, Page, Query
from kernel.query.secure import secure
from kernel.runtime import Runtime
from metadata.problems import Problem, Problems

MAX_LIMIT = 1000
CHUNK = 2000


def page(connection: Connection, runtime: Runtime, context: Context, query: Query) -> Page:
    """Return a page of rows with the cursors of its neighbours.

    Errors: Problems (R401 to R403).
    """
    secured = secure(runtime, context, query)
    statement = compile(secured)
    bound = parameters(statement, secured.query, context)
    limit = max(1, min(query.limit, MAX_LIMIT))
    bound["limit"] = limit + 1
    mark = query.before or query.after
    if mark:
        bound |= cursor.read(mark, statement.keys)
    rows = _fetch(connection, statement, bound)
    more = len(rows) > limit
    rows = rows[:limit]
    if query.before:
        rows.reverse()
    lines = tuple(_line(statement, row) for row in rows)
    has_next = bool(query.before) or more
    has_previous = more if query.before else bool(query.after)
    keys = [tuple(row[len(row) - statement.keys :]) for row in rows]
    return Page(
        lines,
        cursor.write(keys[-1]) if keys and has_next else "",
        cursor.write(keys[0]) if keys and has_previous else "",
    )


def _fetch(connection: Connection, statement: Statement, bound: Mapping[str, Any]) -> list[Any]:
    try:
        return list(connection.execute(statement.select, bound).fetchall())
    except DataError as error:
        connection.rollback()
        raise Problems([Problem("R403", {})]) from error


def _line(statement: Statement, row: Any) -> Line:
    first = 2 + len(statement.paths)
    values = dict(zip(statement.paths, row[2:first], strict=True))
    second = first + len(statement.links)
    shown = dict(zip(statement.links, row[first:second], strict=True))
    if not statement.masks:
        return Line(row[0], row[1], values, shown)
    told = zip(statement.masks, row[second : second + len(statement.masks)], strict=True)
    return Line(row[0], row[1], values, shown, frozenset(path for path, is_bare in told if is_bare))


def count(
    connection: Connection, runtime: Runtime, context: Context, query: Query, at_most: int = 1000
) -> Count:
    """Return how many rows there are, counting no further than `at_most` (0 counts all): then by estimate."""
    secured = secure(runtime, context, query)
    statement = compile(secured, "count" if at_most else "count all")
    bound = parameters(statement, secured.query, context) | {"limit": at_most + 1 if at_most else None}
    found = connection.execute(statement.select, bound).scalar_one()
    if at_most and found > at_most:
        about = estimate(connection, context, secured) or 0
        return Count(at_most, exact=False, about=about if about > at_most else 0)
    return Count(found, exact=True)


def stream(connection: Connection, runtime: Runtime, context: Context, query: Query) -> Iterator[Line]:
    """Yield every row in order, from the first on, fetched in chunks, so that memory stays flat."""
    secured = secure(runtime, context, replace(query, after="", before=""))
    statement = compile(secured, "stream")
    bound = parameters(statement, secured.query, context)
    # Per statement: set on the connection it would stay there and make every later one a cursor.
    for row in connection.execute(statement.select, bound, execution_options={"yield_per": CHUNK}):
        yield _line(statement, row)


def equal_to(values: Mapping[str, Any]) -> tuple[Filter, ...]:
    """Return filters that ask for exactly these values."""
    return tuple(
        Filter(path, "empty") if value is None else Filter(path, "is", (value,))
        for path, value in values.items()
    )
