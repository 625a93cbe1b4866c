"""This file compiles a secured query into one SELECT.

The statement depends only on the shape of the query (paths, operators, order), never on its values, so it
is made once per shape and kept with the Runtime; values are bound at each run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    collate,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.types import NullType

from kernel.access.parts import parts
from kernel.context import Context
from kernel.database import PLANNED_ANEW
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition
from kernel.query.conditions import OPERATORS, UNEVEN
from kernel.query.explain import Explain
from kernel.query.plan import Query
from kernel.query.secure import Secured
from kernel.query.sortable import shown_sort_key, sort_key, system_sort_key
from kernel.rules.stored import value as worked_out
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.names import FOUND, SEARCH
from kernel.storage.search import has_trigram, patterns
from kernel.storage.shown import Joins, link_text
from kernel.storage.tables import column_type
from metadata.entity import Field
from metadata.expression.faults import Fault
from metadata.expression.parse import parse

ONE: ColumnElement[Any] = literal_column("1")
LIMIT = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a query decides its SQL.

    is_open: whether nothing in it leads to the rows: no filter, and no word with enough letters for trigrams.
    """

    purpose: str
    entity: str
    columns: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    words: tuple[int, ...]
    order: tuple[str, ...]
    onward: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with the places of its results: id, version, then values and texts as told, then sort keys.

    masks: the columns of which it is told, behind the texts, whether their mask is left out.
    """

    select: Select[Any]
    paths: tuple[str, ...]
    links: tuple[str, ...]
    keys: int
    filter_fields: tuple[Field | None, ...]
    masks: tuple[str, ...] = ()


def shape(runtime: Runtime, query: Query, purpose: str = "page") -> Shape:
    """Return the shape of a query."""
    order = query.order or runtime.entities[query.entity].entity.order or ("id",)
    if purpose in ("count", "count all", "estimate", "ids"):
        order = ()
    words = patterns(query.search)
    return Shape(
        purpose=purpose,
        entity=query.entity,
        columns=query.columns if purpose in ("page", "stream") else (),
        filters=tuple((condition.path, condition.operator) for condition in query.filters),
        words=tuple(len(word) for word in words),
        order=order,
        onward="before" if query.before else "after" if query.after else "",
        is_open=not query.filters and not any(has_trigram(piece) for word in words for piece in word),
    )


def compile(secured: Secured, purpose: str = "page") -> Statement:
    """Return the statement of a secured query.

    purpose: page, stream, count (no further than a limit), count all, estimate, ids.
    """
    runtime = secured.runtime
    key = shape(runtime, secured.query, purpose)
    found: Statement | None = runtime.statements.get(key)
    if found is None:
        divided = parts(runtime, key.entity) if key.purpose == "count" and key.is_open else ()
        found = _in_parts(runtime, key, divided) if divided else _Builder(runtime, key).build()
        runtime.remember(key, found)
    return found


def parameters(statement: Statement, query: Query, context: Context) -> dict[str, Any]:
    """Return the values of filters and search words, and what day it is for computed fields."""
    bound = context.bound()
    pairs = zip(query.filters, statement.filter_fields, strict=True)
    for number, (asked, field) in enumerate(pairs):
        values = OPERATORS[asked.operator][1](asked.values, field)
        bound.update({f"f{number}_{index}": value for index, value in enumerate(values)})
    for number, word in enumerate(patterns(query.search)):
        bound.update({f"w{number}_{index}": pattern for index, pattern in enumerate(word)})
    return bound


def _in_parts(runtime: Runtime, key: Shape, divided: Iterable[Any]) -> Statement:
    """Return how many rows the parts have together, each asked only while those before have not enough.

    A row may be in several parts, so they are told apart by their ids; of none are more than the limit read.
    """
    found: list[CTE] = []
    for number, table in enumerate(divided):
        ids = _Builder(runtime, key, table).ids()
        enough = [select(func.count()).select_from(each).scalar_subquery() < LIMIT for each in found]
        found.append(ids.where(*enough).limit(LIMIT).cte(f"p{number}"))
    every = union(*(select(each.c.id) for each in found)).subquery()
    counted = select(func.count()).select_from(every)
    return Statement(counted.execution_options(**{PLANNED_ANEW: bool(key.words)}), (), (), 0, ())


class _Builder:
    """Builds one SELECT; joins are made as paths ask for them.

    table: a part of what can be read of the entity, else all of it.
    """

    def __init__(self, runtime: Runtime, key: Shape, table: Any = None) -> None:
        self.runtime = runtime
        self.key = key
        self.root = runtime.entities[key.entity]
        self.table: Any = (self.root.table if table is None else table).alias("t")
        entities = {name: compiled.entity for name, compiled in runtime.entities.items()}
        tables = {name: compiled.table for name, compiled in runtime.entities.items()}
        self.joins = Joins(tables, entities, self.table)

    def build(self) -> Statement:
        values = [self.column(path) for path in self.key.columns]
        links = [path for path in self.key.columns if self.is_link(path)]
        texts = [self.text(path) for path in links]
        masks = [path for path in self.key.columns if self.may_be_bare(path)]
        bare = [self.is_bare(path).label(f"b{index}") for index, path in enumerate(masks)]
        keys = self.order_keys()
        conditions = [*self.filters(), *self.search(), *self.onward(keys)]
        names = [value.label(f"v{index}") for index, value in enumerate(values)]
        shown = [text.label(f"s{index}") for index, text in enumerate(texts)]
        marks = [cast(expression, Text).label(f"k{index}") for index, (expression, _) in enumerate(keys)]
        if self.key.purpose != "page":
            marks = []
        chosen = [self.table.c.id, self.table.c.version, *names, *shown, *bare, *marks]
        start = Explain(ONE) if self.key.purpose == "estimate" else select(*chosen)
        statement = self.finished(start.select_from(self.joins.source).where(*conditions), keys)
        if self.key.purpose != "stream" and self.is_uneven():
            statement = statement.execution_options(**{PLANNED_ANEW: True})
        fields = tuple(self.field(path) for path, _ in self.key.filters)
        return Statement(statement, self.key.columns, tuple(links), len(marks), fields, tuple(masks))

    def ids(self) -> Select[Any]:
        """Return the ids of the rows."""
        conditions = [*self.filters(), *self.search()]
        return select(self.table.c.id).select_from(self.joins.source).where(*conditions)

    def finished(self, statement: Select[Any], keys: list[tuple[ColumnElement[Any], bool]]) -> Select[Any]:
        if self.key.purpose == "estimate":
            return statement
        if self.key.purpose in ("count", "count all"):
            inner: Any = statement.with_only_columns(ONE, maintain_column_froms=True)
            limited = inner.limit(LIMIT).subquery()
            return select(func.count()).select_from(limited)
        backwards = self.key.onward == "before"
        ordered = statement.order_by(*((e.desc() if down != backwards else e.asc()) for e, down in keys))
        return ordered.limit(LIMIT) if self.key.purpose == "page" else ordered

    def is_uneven(self) -> bool:
        """Tell whether how many rows meet the query depends on its values by orders of magnitude."""
        return bool(self.key.words) or not UNEVEN.isdisjoint(operator for _, operator in self.key.filters)

    def walk(self, path: str) -> tuple[CompiledEntity, Any, str]:
        """Return entity and table at the end of the links of a path, and its last name."""
        current, table = self.root, self.table
        steps = path.split(".")
        for position, step in enumerate(steps[:-1]):
            field = current.fields[step]
            reached = "".join(f".{name}" for name in steps[: position + 1])
            table = self.joins.reach(reached, field.to, table.c[step])
            current = self.runtime.entities[field.to]
        return current, table, steps[-1]

    def field(self, path: str) -> Field | None:
        current = self.root
        *links, last = path.split(".")
        for step in links:
            current = self.runtime.entities[current.fields[step].to]
        return current.fields.get(last)

    def is_link(self, path: str) -> bool:
        field = self.field(path)
        return field is not None and field.type == "link"

    def column(self, path: str) -> ColumnElement[Any]:
        current, table, last = self.walk(path)
        return self.value(current, table, path, last)

    def value(self, current: CompiledEntity, table: Any, path: str, last: str) -> ColumnElement[Any]:
        """Return the column of a field, or what is computed in its place."""
        field = current.fields.get(last)
        if field is None or field.has_column or not field.is_ or last in table.c:
            return table.c[last]  # type: ignore[no-any-return]
        return worked_out(self.runtime, current.name, last, self.source(current, table, path))

    def source(self, current: CompiledEntity, table: Any, path: str) -> Source:
        """Return the records at the end of the links of a path, as expressions read them."""
        links = path.rpartition(".")[0]
        return Source(self.runtime, current.name, self.joins, table, path=f".{links}" if links else "")

    def may_be_bare(self, path: str) -> bool:
        field = self.field(path)
        return field is not None and field.is_masked and bool(field.hidden_when)

    def is_bare(self, path: str) -> ColumnElement[bool]:
        """Tell whether nothing stands in place of a masked value."""
        current, table, last = self.walk(path)
        node = parse(current.fields[last].hidden_when)
        assert not isinstance(node, Fault), "conditions are checked before"
        return condition(node, self.source(current, table, path))

    def text(self, path: str) -> ColumnElement[str]:
        current, table, last = self.walk(path)
        return link_text(current.fields[last], table.c[last], self.joins, f".{path}")

    def order_keys(self) -> list[tuple[ColumnElement[Any], bool]]:
        keys = [(self.key_of(name.removeprefix("-")), name.startswith("-")) for name in self.key.order]
        if self.key.order and not any(name.removeprefix("-") == "id" for name in self.key.order):
            keys.append((self.table.c.id, keys[0][1]))
        return keys

    def key_of(self, path: str) -> ColumnElement[Any]:
        current, table, last = self.walk(path)
        field = current.fields.get(last)
        if last == "id":
            return table.c.id  # type: ignore[no-any-return]
        if field is None:
            return system_sort_key(last, table.c[last])
        if field.type == "link":
            return shown_sort_key(self.text(path))
        return sort_key(field, self.value(current, table, path, last))

    def filters(self) -> list[ColumnElement[Any]]:
        conditions = []
        for number, (path, operator) in enumerate(self.key.filters):
            field = self.field(path)
            if field is not None and not field.has_column and not field.is_:
                conditions.append(self.presence(path, operator))
                continue
            column = self.column(path)
            kind = column.type if field is None else column_type(field)
            conditions.append(OPERATORS[operator][0](column, f"f{number}", kind))
        return conditions

    def presence(self, path: str, operator: str) -> ColumnElement[Any]:
        """Tell whether there are rows behind a children or many-links field."""
        current, table, last = self.walk(path)
        if last in current.children:
            child = current.children[last]
            rows = self.runtime.entities[child.entity].table.alias()
            found = exists().where(rows.c[child.by] == table.c.id)
        else:
            pairs = current.bridges[last].alias()
            found = exists().where(pairs.c.source == table.c.id)
        return found if operator == "filled" else ~found

    def search(self) -> list[ColumnElement[Any]]:
        if self.key.words and SEARCH not in self.table.c:
            return [literal_column("false")]
        column = self.table.c.get(SEARCH)
        if column is None:
            return []
        searched = [column, self.table.c[FOUND]] if FOUND in self.table.c else [column]
        return [
            or_(*(each.like(bindparam(f"w{number}_{index}"), escape="\\") for index in range(count)))
            for number, count in enumerate(self.key.words)
            for each in searched
        ]

    def onward(self, keys: list[tuple[ColumnElement[Any], bool]]) -> list[ColumnElement[Any]]:
        """Return the condition that a row lies beyond the cursor."""
        if not self.key.onward or not keys:
            return []
        backwards = self.key.onward == "before"
        marks = [_mark(index, expression) for index, (expression, _) in enumerate(keys)]
        if len({down for _, down in keys}) == 1:
            ours, theirs = tuple_(*(expression for expression, _ in keys)), tuple_(*marks)
            return [ours < theirs if keys[0][1] != backwards else ours > theirs]
        chain = []
        for index, (expression, down) in enumerate(keys):
            equal = [keys[before][0] == marks[before] for before in range(index)]
            beyond = expression < marks[index] if down != backwards else expression > marks[index]
            chain.append(and_(*equal, beyond))
        return [or_(*chain)]


def _mark(index: int, expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the key of the cursor, of the type of the expression that it is compared with."""
    bound = bindparam(f"c{index}", type_=Text)
    if isinstance(expression.type, Text | NullType):  # functions of ours give text and do not say so
        return collate(bound, "C")
    return cast(bound, expression.type)
