"""This file finds what an operator prefers of an entity, for a lookup in which nothing is typed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, func, literal_column, null, select, union_all

from kernel.context import Context
from kernel.query.conditions import OPERATORS
from kernel.query.lookup import conditions, joins_of, narrowing, second_line
from kernel.query.plan import Hit, Query
from kernel.query.secure import secure
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.personal import RECENT
from kernel.storage.preferred import CHOICE, FAVOURITE
from kernel.storage.shown import shown_text

CONSIDERED = 100
"""Favourites and recent records looked at: those that do not fit the other fields of the form fall out."""


@dataclass(frozen=True, slots=True)
class Preferred:
    """A record that the operator marked, or else used lately."""

    hit: Hit
    is_favourite: bool


def preferred(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    entity: str,
    where: Mapping[str, Any],
    limit: int,
) -> tuple[Preferred, ...]:
    """Return favourites, then what was chosen or opened lately, the latest first; in one statement.

    where: field of the entity → value it must have, or a tuple of those that it may have.
    """
    secured = secure(runtime, context, Query(entity, filters=narrowing(where)))
    runtime, query = secured.runtime, secured.query
    key = ("preferred", entity, tuple((f.path, f.operator) for f in query.filters))
    statement = runtime.statements.get(key)
    if statement is None:
        statement = _statement(runtime, runtime.entities[entity], query)
        runtime.remember(key, statement)
    bound = context.bound() | {"operator": context.operator, "entity": entity, "limit": limit}
    for number, condition in enumerate(query.filters):
        values = OPERATORS[condition.operator][1](condition.values, None)
        bound.update({f"f{number}_{index}": value for index, value in enumerate(values)})
    rows = connection.execute(statement, bound)
    return tuple(Preferred(Hit(row[0], row[1] or "", row[2] or ""), row[3] is not None) for row in rows)


def _statement(runtime: Runtime, compiled: CompiledEntity, query: Query) -> Select[Any]:
    used = _used()
    table = compiled.table.alias("t")
    joins = joins_of(runtime, table)
    columns: list[Any] = [
        table.c.id,
        shown_text(compiled.entity, table, joins),
        second_line(compiled, table),
        used.c.marked_at,
    ]
    return (
        select(*columns)
        .select_from(joins.source.join(used, used.c.record == table.c.id))
        .where(*conditions(table, query))
        .order_by(used.c.marked_at.desc().nulls_last(), used.c.used_at.desc(), table.c.id)
        .limit(bindparam("limit"))
    )


def _used() -> Any:
    """Make the records of an operator in an entity: when marked, or null, and when used last."""
    sources = ((FAVOURITE, "marked_at"), (CHOICE, "chosen_at"), (RECENT, "opened_at"))
    parts = []
    for table, at in sources:
        marked = table.c[at] if table is FAVOURITE else null()
        columns: list[Any] = [table.c.record, marked.label("marked_at"), table.c[at].label("used_at")]
        mine = (
            table.c.operator == bindparam("operator", type_=Text),
            table.c.entity == bindparam("entity", type_=Text),
        )
        parts.append(select(*columns).where(*mine))
    every = union_all(*parts).subquery("every")
    latest = func.max(every.c.used_at)
    marked_at = func.max(every.c.marked_at)
    return (
        select(every.c.record, marked_at.label("marked_at"), latest.label("used_at"))
        .group_by(every.c.record)
        .order_by(marked_at.desc().nulls_last(), latest.desc())
        .limit(literal_column(str(CONSIDERED)))
        .subquery("used")
    )
