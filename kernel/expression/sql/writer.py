"""This file writes terms as SQL, over the joins of one SELECT; each kind of term has a line in its table."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Integer, bindparam, cast, literal_column

from kernel.expression.sql import calendar, dates, lengths, logic, numbers, registers, texts
from kernel.expression.sql.conditions import positive
from kernel.expression.sql.forms import FORMS
from kernel.expression.sql.holidays import selects
from kernel.expression.sql.lists import Listed, aggregated, decided, listed
from kernel.expression.sql.settings import setting
from kernel.expression.sql.source import Source, termed
from kernel.expression.sql.writing import NUMERIC, SQL, TYPES, constant, number, written
from metadata.expression import builtins as b
from metadata.expression.nodes import Node
from metadata.expression.sets.terms import (
    Aggregate,
    Apply,
    Bound,
    Column,
    Constant,
    Here,
    Linked,
    Picked,
    Row,
    Rows,
    Setting,
    Some,
    Term,
)  # fmt: skip
from metadata.expression.sets.values import boolean

FAMILIES = (calendar, dates, lengths, logic, numbers, registers, texts)
TODAY, NOW = "feel_today", "feel_now"
_INSTANT = DateTime(timezone=True)
ONE: SQL = literal_column("1")


class Writer:
    """Writes the terms of one SELECT; rows of lists are queries within it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows: dict[int, Source] = {}
        self.lists = count(1)

    def value(self, term: Term) -> SQL:
        """Return a term as SQL."""
        return _TERMS[type(term)](self, term)

    def number(self, term: Term) -> SQL:
        """Return a number as SQL of the type numeric, with which arithmetic is exact."""
        if isinstance(term, Constant):
            value = constant(term)
            return written(None, b.NUMBER) if value is None else number(value)
        made = self.value(term)
        return cast(made, NUMERIC) if isinstance(made.type, Integer) else made

    def constant(self, term: Constant) -> SQL:
        """A written value."""
        return written(constant(term), term.shape.kind)

    def bound(self, term: Bound) -> SQL:
        """A value that comes with the run, or that the caller knows the SQL of."""
        if term.name in self.source.names:
            return self.source.names[term.name][1]
        return bindparam(TODAY, type_=Date()) if term.name == "today" else bindparam(NOW, type_=_INSTANT)

    def column(self, term: Column) -> SQL:
        """A field; the id of a linked record is what the link holds, so nothing is joined for it."""
        if term.name == "id" and isinstance(term.record, Linked):
            return self.place(term.record.record).column(term.record.field)
        if term.name == "id" and isinstance(term.record, Bound):
            return self.bound(term.record)
        if term.name == "id" and isinstance(term.record, Picked):
            return self.value(term.record.id)
        return self.place(term.record).column(term.name)

    def place(self, record: Term) -> Source:
        """Return how a record is reached."""
        if isinstance(record, Linked):
            return self.place(record.record).linked(record.field)
        if isinstance(record, Bound):
            return self.source.given(record.name)
        if isinstance(record, Picked):
            loops = [part.loop for part in record.walk() if isinstance(part, Row)]
            around = self.rows[max(loops)] if loops else self.source
            return around.picked(record, self.value(record.id))
        return self.rows[record.loop] if isinstance(record, Row) else self.source

    def apply(self, term: Apply) -> SQL:
        """An operation."""
        return FORMS[term.operation](self, term)

    def holidays(self) -> tuple[Any, ...]:
        """Return the SELECTs of the days that are holidays."""
        runtime = self.source.runtime.whole

        def condition(node: Node, source: Source) -> SQL:
            return Writer(source).condition(boolean(termed(node, source)))

        return tuple(selects(runtime, condition))

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────

    def open(self, rows: Rows) -> tuple[Listed, tuple[SQL, ...]]:
        """Return a query over rows, with the conditions on them."""
        made = listed(self.source.runtime, rows, f"l{next(self.lists)}")
        self.rows[rows.loop] = made.row
        return made, tuple(self.condition(condition) for condition in rows.conditions)

    def owner(self, rows: Rows) -> SQL:
        """Return the id of the record that has the rows."""
        if isinstance(rows.record, Linked):
            return self.place(rows.record.record).column(rows.record.field)
        if isinstance(rows.record, Bound):
            return self.bound(rows.record)
        if isinstance(rows.record, Picked):
            return self.value(rows.record.id)
        return self.place(rows.record).column("id")

    def aggregate(self, term: Aggregate) -> SQL:
        """What rows come to."""
        owner = self.owner(term.rows)
        made, conditions = self.open(term.rows)
        item = self.item(term)
        if item is not None and not _looks_at(term.rows):
            query = made.of_each(item, lambda each: aggregated(term, each), conditions, owner)
        else:
            query = made.query(aggregated(term, item), conditions=conditions, of=owner)
        found: SQL = query.scalar_subquery()
        found.type = BigInteger() if item is None else TYPES[term.shape.kind]
        return found

    def item(self, term: Aggregate) -> SQL | None:
        """Return what of each row an aggregate is about; nothing where it only counts."""
        if term.function == "count":
            return None
        item = term.rows.item
        return self.number(item) if item.shape.kind == b.NUMBER else self.value(item)

    def some(self, term: Some) -> SQL:
        """Whether some or every row meets a condition, or nobody knows."""
        owner = self.owner(term.rows)
        made, conditions = self.open(term.rows)
        condition = self.value(term.condition)
        return decided(
            term.decisive,
            term.condition.shape.nullable,
            lambda wanted: made.query(ONE, conditions=(*conditions, wanted), of=owner),
            condition,
        )

    # ── where only what is true counts ────────────────────────────────────────────────────────────

    def condition(self, term: Term) -> SQL:
        """Return a condition of which only `true` counts; written so that indexes can serve it."""
        return positive(self, term)


def _looks_at(rows: Rows) -> bool:
    """Tell whether what is meant of each row depends on the row."""
    return any(isinstance(part, Row) and part.loop == rows.loop for part in rows.item.walk())


_TERMS: dict[type[Term], Callable[[Writer, Any], SQL]] = {
    Constant: Writer.constant, Bound: Writer.bound, Column: Writer.column, Apply: Writer.apply,
    Aggregate: lambda writer, term: writer.aggregate(term),
    Some: lambda writer, term: writer.some(term),
    Setting: lambda writer, term: setting(term.name, term.shape.kind, writer.value(term.day)),
    Here: lambda writer, term: writer.source.column("id"),
    Linked: lambda writer, term: writer.place(term.record).column(term.field),
    Row: lambda writer, term: writer.rows[term.loop].column("id"),
    Picked: lambda writer, term: writer.value(term.id),
}  # fmt: skip
