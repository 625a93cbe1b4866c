"""This file turns what the database refuses into problems with a field and a next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Select,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.exc import DBAPIError

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.ledger.refused import is_refusal, refused
from kernel.query.lookup import texts
from kernel.runtime import CompiledEntity, Reference, Runtime
from metadata.problems import Problem

_CODES = {"uq": "R160", "ex": "R161", "fk": "R162"}
UNIQUE, EXCLUSION, FOREIGN_KEY = "23505", "23P01", "23503"
CAUGHT = frozenset({UNIQUE, EXCLUSION, FOREIGN_KEY})
TOLD = 4
"""Kinds of users that are told one by one; a record of the base may have forty."""


def is_violation(error: DBAPIError) -> bool:
    """Tell whether a database error is a violation of a key, a period or a link, or of a ledger."""
    return getattr(error.orig, "sqlstate", None) in CAUGHT or is_refusal(error)


def explain(runtime: Runtime, error: DBAPIError, path_of: Mapping[str, str] | None = None) -> Problem:
    """Return the problem behind a violation on writing.

    path_of: entity → prefix of the paths of its fields, where only one row of it was written.
    """
    if told := refused(runtime, error.orig, path_of or {}):
        return told
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
    """Return who still uses a record: the kinds with most records one by one, the rest in one sentence.

    The facts of R164 have `entity` and `path` too: the records whose field `path` is this record.
    """
    seen, runtime = seen_by(runtime, context.access.profile), runtime.whole
    if not compiled.references:
        return []
    counts = union_all(
        *(_count(runtime, reference, place) for place, reference in enumerate(compiled.references))
    )
    found = [row for row in connection.execute(counts, {"id": id}) if row.users]
    found.sort(key=lambda row: (-row.users, row.place))
    told = [
        _used_by(connection, seen, context, compiled.references[row.place], row.users, row.first)
        for row in found[:TOLD]
        if _is_seen(seen, compiled.references[row.place])
    ]
    others = [(compiled.references[row.place], row.users) for row in found[TOLD:]]
    told += _rest([each for each in others if _is_seen(seen, each[0])], runtime)
    return told or ([Problem("R423", {})] if found else [])


def _is_seen(seen: Runtime, reference: Reference) -> bool:
    return reference.entity in seen.entities and reference.field in seen.entities[reference.entity].fields


def _count(runtime: Runtime, reference: Reference, place: int) -> Select[Any]:
    user = runtime.entities[reference.entity]
    id: Any = bindparam("id", type_=BigInteger)
    if reference.field in user.bridges:
        pairs = user.bridges[reference.field]
        record, condition = pairs.c.source, pairs.c.target == id
    else:
        record, condition = user.table.c.id, user.table.c[reference.field] == id
    columns: list[Any] = [
        literal(place, Integer).label("place"),
        func.count().label("users"),
        func.min(record).label("first"),
    ]
    return select(*columns).where(condition)


def _used_by(
    connection: Connection, runtime: Runtime, context: Context, reference: Reference, count: int, first: int
) -> Problem:
    user = runtime.entities[reference.entity]
    facts = {
        "count": count,
        "label": _label(user, count),
        "field": user.fields[reference.field].label,
        "example": texts(connection, runtime, context, reference.entity, (first,)).get(first, ""),
        "entity": reference.entity,
        "path": reference.field,
    }
    return Problem("R164", facts)


def _rest(others: Sequence[tuple[Reference, int]], runtime: Runtime) -> list[Problem]:
    if not others:
        return []
    kinds = ", ".join(
        f"{count} {_label(runtime.entities[reference.entity], count)}" for reference, count in others
    )
    return [Problem("R166", {"count": sum(count for _, count in others), "kinds": kinds})]


def _label(user: CompiledEntity, count: int) -> str:
    return (user.entity.label.one if count == 1 else user.entity.label.many).lower()
