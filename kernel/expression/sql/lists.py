"""Rows behind a record as SQL: a query for what they come to, EXISTS for what some or every one meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, exists, func, literal_column, null, select

from kernel.expression.sql import source as sources
from kernel.expression.sql.logic import by_code_point, opposite
from kernel.expression.sql.source import Source
from kernel.expression.sql.writing import BOOLEAN, NUMERIC, SQL, infix, is_null
from kernel.runtime import Runtime
from metadata.expression import builtins as b
from metadata.expression.sets.terms import Aggregate, Rows


@dataclass(frozen=True)
class Listed:
    """The rows of a list, in a query of their own: how each is reached, and which column names its owner."""

    row: Source
    owner: SQL
    tables: tuple[Any, ...]

    def query(self, *columns: SQL, conditions: tuple[SQL, ...] = (), of: SQL | None = None) -> Any:
        """Return the SELECT over the rows, of one owner only if it is given."""
        made = select(*columns).select_from(self.row.from_).where(*conditions)
        if of is not None:
            made = made.where(self.owner == of)
        return made.correlate_except(*self.tables, *self.row.joins.reached.values())

    def of_each(self, item: SQL, use: Callable[[SQL], SQL], conditions: tuple[SQL, ...], owner: SQL) -> Any:
        """Return the SELECT of an aggregate whose item is the same for each row.

        An aggregate of nothing but what stands outside would be one of the query outside.
        """
        inner = self.query(item.label("x"), conditions=conditions, of=owner).subquery()
        return select(use(inner.c.x)).select_from(inner).correlate_except(inner)


def listed(runtime: Runtime, rows: Rows, name: str) -> Listed:
    """Return the rows behind a field of a record."""
    compiled = runtime.entities[rows.record.shape.entity]
    if rows.field in compiled.children:
        child = compiled.children[rows.field]
        table: Any = runtime.entities[child.entity].table.alias(name)
        row = sources.rows(runtime, child.entity, table, table, f"{name}j")
        return Listed(row, table.c[child.by], (table,))
    target = compiled.fields[rows.field].to
    pairs: Any = compiled.bridges[rows.field].alias(f"{name}p")
    table = runtime.entities[target].table.alias(name)
    base = pairs.join(table, table.c.id == pairs.c.target)
    return Listed(sources.rows(runtime, target, table, base, f"{name}j"), pairs.c.source, (pairs, table))


# ── what rows come to ─────────────────────────────────────────────────────────────────────────────

Total = Callable[[Aggregate, SQL], SQL]


def aggregated(term: Aggregate, item: SQL | None) -> SQL:
    """Return the aggregate over the rows; an item that is null makes it null; PostgreSQL would skip it."""
    found = reduced(term, item)
    if item is None or not term.rows.item.shape.nullable:
        return found
    return case((all_there(item), found), else_=null())


def reduced(term: Aggregate, item: SQL | None) -> SQL:
    """Return the aggregate as PostgreSQL has it, over the items that are not null."""
    return func.count() if item is None else _FUNCTIONS[term.function](term, item)


def all_there(item: SQL) -> SQL:
    """Tell whether no item is null."""
    return infix(func.count(), "=", func.count(item), BOOLEAN)


def _extreme(function: str) -> Total:
    def made(term: Aggregate, item: SQL) -> SQL:
        is_text = term.shape.kind == b.TEXT
        found: SQL = getattr(func, function)(by_code_point(item) if is_text else item, type_=item.type)
        return found

    return made


_FUNCTIONS: dict[str, Total] = {
    "sum": lambda term, item: func.sum(item, type_=NUMERIC),
    "min": _extreme("min"),
    "max": _extreme("max"),
}


def decided(decisive: bool, is_open: bool, query: Callable[..., Any], condition: SQL) -> SQL:
    """Return `some` or `every`: decided by one row, open while another says neither yes nor no."""
    found = exists(query(condition if decisive else opposite(condition)))
    if not is_open:
        return found if decisive else opposite(found)
    unknown = exists(query(is_null(condition)))
    yes, no = literal_column("true", BOOLEAN), literal_column("false", BOOLEAN)
    return case((found, yes if decisive else no), (unknown, null()), else_=no if decisive else yes)
