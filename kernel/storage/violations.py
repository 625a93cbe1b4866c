"""This file turns what the database refuses into problems with a field and a next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from kernel.context import Context
from kernel.query.lookup import texts
from kernel.runtime import CompiledEntity, Reference, Runtime
from metadata.problems import Problem

_CODES = {"uq": "R160", "ex": "R161", "fk": "R162"}
UNIQUE, EXCLUSION, FOREIGN_KEY = "23505", "23P01", "23503"
CAUGHT = frozenset({UNIQUE, EXCLUSION, FOREIGN_KEY})


def is_violation(error: DBAPIError) -> bool:
    """Tell whether a database error is a violation of a key, a period or a link."""
    return getattr(error.orig, "sqlstate", None) in CAUGHT


def explain(runtime: Runtime, error: DBAPIError, path_of: Mapping[str, str] | None = None) -> Problem:
    """Return the problem behind a violation on writing.

    path_of: entity → prefix of the paths of its fields, where only one row of it was written.
    """
    diag: Any = getattr(error.orig, "diag", None)
    name, table = getattr(diag, "constraint_name", "") or "", getattr(diag, "table_name", "") or ""
    compiled = runtime.entities.get(table)
    fields = compiled.constraints.get(name) if compiled else None
    if compiled is None or fields is None:
        return Problem("R163", {"constraint": name or "?"})
    keys = fields[:-2] if name.startswith("ex") else fields  # a period's own dates are not what must differ
    labels = " e ".join(compiled.fields[field].label for field in keys or fields)
    facts = {"labels": labels, "entity": compiled.entity.label.one.lower()}
    return Problem(_CODES[name[:2]], facts, field=(path_of or {}).get(table, "") + fields[-1])


def users(
    connection: Connection, runtime: Runtime, context: Context, compiled: CompiledEntity, id: int
) -> list[Problem]:
    """Return who still uses a record, one problem per kind of user, with counts and an example."""
    return [
        Problem("R164", facts)
        for reference in compiled.references
        if (facts := _used_by(connection, runtime, context, reference, id))
    ]


def _used_by(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    reference: Reference,
    id: int,
) -> dict[str, Any]:
    user = runtime.entities[reference.entity]
    if reference.field in user.bridges:
        pairs = user.bridges[reference.field]
        statement = select(func.count(), func.min(pairs.c.source)).where(pairs.c.target == id)
    else:
        table = user.table
        statement = select(func.count(), func.min(table.c.id)).where(table.c[reference.field] == id)
    count, first = connection.execute(statement).one()
    if not count:
        return {}
    label = user.entity.label.one if count == 1 else user.entity.label.many
    example = texts(connection, runtime, context, reference.entity, (first,)).get(first, "")
    return {
        "count": count,
        "label": label.lower(),
        "field": user.fields[reference.field].label,
        "example": example,
    }
