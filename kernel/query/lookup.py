"""This file finds a record by fragments, for lookups and the palette: few answers, fast, best first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.database import PLANNED_ANEW
from kernel.query.conditions import OPERATORS
from kernel.query.plan import Filter, Hit, Query
from kernel.query.secure import secure
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.names import FOUND, SEARCH
from kernel.storage.search import patterns
from kernel.storage.shown import Joins, printed, shown_text

CANDIDATES = 400
"""Rows looked at before ordering: a fragment that fits a hundred thousand people must not sort them all."""
SEPARATOR = " · "


def lookup(
    connection: Connection,
    runtime: Runtime,
    context: Context,
    entity: str,
    text: str,
    where: Mapping[str, Any] | None = None,
    limit: int = 12,
) -> tuple[Hit, ...]:
    """Return the records that have every fragment of `text`, those that start with it first.

    where: field of the entity → value it must have, or a tuple of those that it may have.
    """
    secured = secure(runtime, context, Query(entity, filters=narrowing(where or {}), search=text))
    runtime, query = secured.runtime, secured.query
    words = patterns(query.search)
    key = ("lookup", entity, tuple((f.path, f.operator) for f in query.filters), tuple(map(len, words)))
    statement = runtime.statements.get(key)
    if statement is None:
        statement = _statement(runtime, runtime.entities[entity], query, words)
        statement = statement.execution_options(**{PLANNED_ANEW: bool(words)})
        runtime.remember(key, statement)
    bound = context.bound() | {"limit": limit}
    for number, word in enumerate(words):
        bound.update({f"w{number}_{index}": pattern for index, pattern in enumerate(word)})
    for number, condition in enumerate(query.filters):
        values = OPERATORS[condition.operator][1](condition.values, None)
        bound.update({f"f{number}_{index}": value for index, value in enumerate(values)})
    if words:
        bound["start"] = words[0][0].removeprefix("%")
    return tuple(Hit(row[0], row[1] or "", row[2] or "") for row in connection.execute(statement, bound))


def narrowing(where: Mapping[str, Any]) -> tuple[Filter, ...]:
    """Return the filters by which a lookup is narrowed: a value that a field must have, or several."""
    return tuple(
        Filter(name, "one of", value) if isinstance(value, tuple) else Filter(name, "is", (value,))
        for name, value in where.items()
        if value is not None
    )


def having(
    connection: Connection, runtime: Runtime, context: Context, entities: tuple[str, ...], text: str
) -> tuple[str, ...]:
    """Return which of the entities have any record with every fragment of `text`, asked in one statement."""
    if not entities:
        return ()
    words = patterns(text)
    runtime = seen_by(runtime, context.access.profile)
    queries = [secure(runtime, context, Query(name, search=text)).query for name in entities]
    shapes = tuple(tuple((f.path, f.operator) for f in query.filters) for query in queries)
    key = ("having", entities, shapes, tuple(map(len, words)))
    statement = runtime.statements.get(key)
    if statement is None:
        statement = union_all(*(_any(runtime, n, query, words) for n, query in enumerate(queries)))
        runtime.remember(key, statement)
    bound = context.bound()
    for number, word in enumerate(words):
        bound.update({f"w{number}_{index}": pattern for index, pattern in enumerate(word)})
    for place, query in enumerate(queries):
        for number, condition in enumerate(query.filters):
            values = OPERATORS[condition.operator][1](condition.values, None)
            bound.update({f"e{place}f{number}_{index}": value for index, value in enumerate(values)})
    return tuple(row[0] for row in connection.execute(statement, bound))


def _any(runtime: Runtime, place: int, query: Query, words: tuple[tuple[str, ...], ...]) -> Select[Any]:
    table = runtime.entities[query.entity].table.alias()
    wanted = [*conditions(table, query, f"e{place}"), *_fragments(table, words)]
    return select(literal_column(f"'{query.entity}'")).where(exists().where(*wanted).correlate(None))


def texts(
    connection: Connection, runtime: Runtime, context: Context, entity: str, ids: tuple[int, ...]
) -> dict[int, str]:
    """Return the display text of records by id; ids that the operator may not see are left out."""
    if not ids:
        return {}
    runtime = seen_by(runtime, context.access.profile)
    if entity not in runtime.entities:
        return {}
    query = secure(runtime, context, Query(entity)).query
    key = ("texts", entity, tuple((f.path, f.operator) for f in query.filters))
    statement = runtime.statements.get(key)
    if statement is None:
        compiled = runtime.entities[entity]
        table = compiled.table.alias("t")
        joins = joins_of(runtime, table)
        text = shown_text(compiled.entity, table, joins)
        ids_asked: Any = bindparam("ids", expanding=False)
        wanted = [table.c.id == func.any(ids_asked), *conditions(table, query)]
        statement = select(table.c.id, text).select_from(joins.source).where(*wanted)
        runtime.remember(key, statement)
    bound = context.bound() | {"ids": list(ids)}
    for number, condition in enumerate(query.filters):
        values = OPERATORS[condition.operator][1](condition.values, None)
        bound.update({f"f{number}_{index}": value for index, value in enumerate(values)})
    return {row[0]: row[1] or "" for row in connection.execute(statement, bound)}


def joins_of(runtime: Runtime, table: Any) -> Joins:
    """Return the joins that a display text will ask for, starting at a table."""
    entities = {name: compiled.entity for name, compiled in runtime.entities.items()}
    tables = {name: compiled.table for name, compiled in runtime.entities.items()}
    return Joins(tables, entities, table)


def conditions(table: Any, query: Query, prefix: str = "") -> list[Any]:
    """Return the conditions of a secured query on a table; values are bound as prefix, f, number."""
    return [
        OPERATORS[condition.operator][0](
            table.c[condition.path], f"{prefix}f{number}", table.c[condition.path].type
        )
        for number, condition in enumerate(query.filters)
    ]


def _statement(
    runtime: Runtime, compiled: CompiledEntity, query: Query, words: tuple[tuple[str, ...], ...]
) -> Select[Any]:
    base = compiled.table.alias("b")
    wanted = conditions(base, query)
    if words:
        wanted += _fragments(base, words)
    candidates = select(base).where(*wanted).limit(CANDIDATES).subquery("t")
    joins = joins_of(runtime, candidates)
    text = shown_text(compiled.entity, candidates, joins)
    folded = func.coalesce(func.aroeira_fold(text), literal_column("''")).collate("C")
    order: list[Any] = [folded, candidates.c.id]
    if words and SEARCH in compiled.table.c:
        order.insert(0, case((folded.like(bindparam("start", type_=Text), escape="\\"), 0), else_=1))
    more = second_line(compiled, candidates)
    found = select(candidates.c.id, text, more).select_from(joins.source).order_by(*order)
    return found.limit(bindparam("limit", type_=Integer))


def _fragments(base: Any, words: tuple[tuple[str, ...], ...]) -> list[Any]:
    if SEARCH not in base.c:
        return [literal_column("false")]
    searched = [base.c[name] for name in (SEARCH, FOUND) if name in base.c]
    return [
        or_(*(column.like(bindparam(f"w{number}_{index}"), escape="\\") for index in range(len(word))))
        for number, word in enumerate(words)
        for column in searched
    ]


def second_line(compiled: CompiledEntity, table: Any) -> Any:
    """Return what tells homonyms apart: searched fields that are not in the display text, and birth dates."""
    entity = compiled.entity
    inside = set(entity.shown_pieces[1::2])
    names = [name for name in entity.search if name not in inside]
    names += [
        field.name
        for field in compiled.columns
        if field.type == "date" and field.privacy and not field.is_masked and field.name not in inside
    ]
    parts = [
        literal(f"{entity.fields[name].column_label}: ")
        + func.nullif(printed(entity.fields[name], table.c[name]), "")
        for name in names[:3]
    ]
    return func.concat_ws(SEPARATOR, *parts) if parts else literal_column("''")
