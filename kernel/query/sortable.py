"""This file says by which key a column is sorted: never NULL, so that pages can go on from a key.

Text is sorted without accents and capitals (aroeira_fold) in code-point order, close to the Brazilian
order and the same on every server; empty values come first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, String, cast, collate, func, literal_column

from metadata.entity import Field

_SYSTEM_STORAGE = {
    "id": "bigint", "version": "bigint", "created_at": "timestamptz", "updated_at": "timestamptz",
    "created_by": "text", "updated_by": "text",
}  # fmt: skip


def _folded(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return collate(func.coalesce(func.aroeira_fold(column), literal_column("''")), "C")


def _or(lowest: str) -> Callable[[ColumnElement[Any]], ColumnElement[Any]]:
    return lambda column: func.coalesce(column, literal_column(lowest))


_KEYS: dict[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    "text": _folded,
    "bigint": _or("'-9223372036854775808'::bigint"),
    "link": _or("'-9223372036854775808'::bigint"),
    "file": _or("'-9223372036854775808'::bigint"),
    "numeric": _or("'-Infinity'::numeric"),
    "date": _or("'-infinity'::date"),
    "timestamptz": _or("'-infinity'::timestamptz"),
    "time": _or("'00:00'::time"),
    "boolean": _or("false"),
    "jsonb": lambda column: func.coalesce(cast(column, String), literal_column("''")),
}


def sort_key(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the sort key of a field's column."""
    return _KEYS[field.kind.storage](column)


def system_sort_key(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the sort key of a column that every table has."""
    return _KEYS[_SYSTEM_STORAGE[name]](column)


def shown_sort_key(shown: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the sort key of a link: the text by which people know its target."""
    return _folded(shown)
