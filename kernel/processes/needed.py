"""This file finds which columns statements read, so that the tables of steps keep no others.

Each column costs time for every row, and long processes hand many of them on that no later step asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, FromClause, Select, Table
from sqlalchemy.sql.elements import ClauseElement

Columns = frozenset[str]


def read(*statements: ClauseElement) -> Iterator[tuple[str, str]]:
    """Yield tables and columns that statements read, some of them more than once."""
    for part in _parts(statements):
        table = _table_of(part)
        if isinstance(table, Table):
            yield table.name, part.name


def read_of(table: FromClause | None, statement: ClauseElement) -> Columns:
    """Return the columns of a subquery that a statement around it reads."""
    return frozenset(part.name for part in _parts([statement]) if getattr(part, "table", None) is table)


def _parts(statements: Any) -> Iterator[Any]:
    """Yield each part of statements once; not the columns that a table has, only those that are named."""
    waiting, known = list(statements), set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in known:
            continue
        known.add(id(part))
        yield part
        if isinstance(_stands_for(part), Table):
            continue
        if isinstance(part, Select):
            waiting += part.inner_columns  # a table that is selected whole is all its columns
        waiting += part.get_children()


def _table_of(part: Any) -> Any:
    return _stands_for(part.table) if isinstance(part, Column) else None


def _stands_for(part: Any) -> Any:
    return getattr(part, "element", part)  # of an alias, its table
