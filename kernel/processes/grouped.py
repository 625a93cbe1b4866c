"""This file writes what groups of rows come to: true aggregates, by the same terms as sums over children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal_column, null, select, table

from kernel.expression.sql.lists import reduced
from kernel.expression.sql.source import Source
from kernel.expression.sql.writer import Writer
from kernel.expression.sql.writing import TYPES
from kernel.processes.plan import Plan
from kernel.processes.rows import Rows
from kernel.storage.shown import Joins
from metadata.expression.sets.terms import Aggregate, Term
from metadata.steps.seen import LOOP, Seen

SQL = ColumnElement[Any]
Place = Callable[[SQL], SQL]
GROUPS = "g"


class OverRows(Writer):
    """Writes terms about a group; an aggregate of its rows goes where `place` puts it."""

    def __init__(self, source: Source, row: Source, place: Place, over: Callable[[Any], Any]) -> None:
        super().__init__(source)
        self.rows[LOOP] = row
        self.place_of = place
        self.over = over

    def aggregate(self, term: Aggregate) -> SQL:
        """What the rows of the group come to; of other lists, what Writer says."""
        if term.rows.loop != LOOP:
            return super().aggregate(term)
        item = self.item(term)
        conditions = tuple(self.condition(each) for each in term.rows.conditions)

        def filtered(made: Any) -> Any:
            return self.over(made.filter(*conditions) if conditions else made)

        found: SQL = filtered(reduced(term, item))
        if item is not None and term.rows.item.shape.nullable:
            found = case((filtered(func.count()) == filtered(func.count(item)), found), else_=null())
        made = self.place_of(found)
        made.type = BigInteger() if item is None else TYPES[term.shape.kind]
        return made


class Groups:
    """The groups of a step: their SELECT grows as expressions ask for what the rows come to."""

    def __init__(self, plan: Plan, seen: Seen, group: tuple[str, ...], rows: Rows) -> None:
        self.rows = rows
        self.keys = {name: rows.source.column(name) for name in group}
        self.asked: list[SQL] = []
        g = table(GROUPS)
        joins = Joins(
            {name: each.table for name, each in plan.runtime.entities.items()},
            {name: each.entity for name, each in plan.runtime.entities.items()},
            g,
        )
        columns = {name: self.column(f"k_{name}", key) for name, key in self.keys.items()}
        self.source = replace(
            Source(plan.runtime, seen.entity, joins, None, columns),
            names=plan.answers(), terms=seen.terms,
        )  # fmt: skip

    def column(self, name: str, like: SQL) -> SQL:
        """Return a column of the groups, by name."""
        return literal_column(f'{GROUPS}."{name}"', like.type)

    def place(self, aggregate: SQL) -> SQL:
        """Put an aggregate among the columns of the groups."""
        self.asked.append(aggregate)
        return self.column(f"a_{len(self.asked)}", aggregate)

    def writer(self) -> Writer:
        """Return the writer of expressions about the groups."""
        return OverRows(self.source, self.rows.source, self.place, lambda made: made)

    def named(self, term: Term) -> SQL:
        """Return what an expression about a group comes to."""
        return self.writer().value(term)

    @property
    def unit(self) -> SQL:
        """By what the work is shared out: all rows of a group belong to one part."""
        return self.place(func.min(self.rows.unit))

    def select(self, *columns: SQL) -> Any:
        """Return the SELECT over the groups."""
        keys = [key.label(f"k_{name}") for name, key in self.keys.items()]
        made = [each.label(f"a_{number}") for number, each in enumerate(self.asked, 1)]
        inner = select(*keys, *made).select_from(self.rows.source.from_).where(*self.rows.conditions)
        inner = inner.group_by(*self.keys.values()) if keys else inner
        return select(*columns).select_from(self.source.from_).add_cte(inner.cte(GROUPS))
