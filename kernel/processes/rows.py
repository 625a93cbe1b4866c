"""This file reaches the rows that a step goes through, with all that its expressions may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    all_,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import translated
from kernel.processes.held import node_of
from kernel.processes.needed import Columns
from kernel.processes.plan import GROUP, OF, ROW, UNIT, Plan
from kernel.storage.shown import Joins
from kernel.storage.tables import column_type
from metadata.expression import nodes as n
from metadata.expression.sets.shapes import Shape
from metadata.process import INSERT, NUMBER, RELATION, pieces
from metadata.steps.seen import Seen
from metadata.steps.walk import Made

SQL = ColumnElement[Any]
LOW, HIGH, REFUSED = "part_low", "part_high", "refused_units"


@dataclass(frozen=True)
class Rows:
    """What a step goes through, under way to its SELECT.

    of: the record that a row is about.  unit: by what the work is shared out.  id: of the row.
    """

    source: Source
    id: SQL
    of: SQL
    unit: SQL
    conditions: tuple[SQL, ...] = ()

    def naming(self, **names: tuple[Shape, SQL]) -> Rows:
        """Return the same with more names for expressions."""
        return replace(self, source=replace(self.source, names={**self.source.names, **names}))


def rows_of(plan: Plan, made: Made, *, of_nothing: bool = False, only: Columns | None = None) -> Rows:
    """Return the rows that a step goes through; `of_nothing`: those that belong to nothing.

    only: of the rows of several steps, what is taken; without it, all columns.
    Bind `part_low`, `part_high` and `refused_units` where the work is shared out.
    """
    step = made.step
    if step.numbers:
        found = _of_numbers(plan, made, of_nothing)
    elif len(step.from_) > 1:
        found = _several(plan, made, only)
    elif step.from_[0] in plan.made:
        found = _of_step(plan, made, plan.made[step.from_[0]])
    else:
        found = _of_entity(plan, made, step.from_[0], of_nothing)
    return _with_others(plan, made, replace(found, source=_seeing(plan, found.source, made.seen)))


def _seeing(plan: Plan, source: Source, seen: Seen) -> Source:
    return replace(source, names={**source.names, **plan.answers()}, terms=seen.terms)


def _of_entity(plan: Plan, made: Made, entity: str, of_nothing: bool) -> Rows:
    """Return records of an entity: those of the part, where the work is shared out."""
    source = Source.of_table(plan.runtime, entity)
    id = source.column("id")
    return _shared(plan, made, Rows(source, id, id, cast(null(), BigInteger)), of_nothing)


def _of_numbers(plan: Plan, made: Made, of_nothing: bool) -> Rows:
    """Return numbers from 1 on, as many as the answers say: those of the part, where work is shared out."""
    answers = Source(plan.runtime, "", None, None, names=plan.answers())  # type: ignore[arg-type]
    last = cast(translated(node_of(made.step.numbers), answers), BigInteger)
    series = func.generate_series(cast(literal_column("1"), BigInteger), last)
    rows = series.table_valued(column(NUMBER, BigInteger)).render_derived("n")
    numbered = select(rows.c[NUMBER].label("id"), rows.c[NUMBER]).subquery("t")
    source = Source.of_table(plan.runtime, made.seen.entity, numbered)
    nothing: SQL = cast(null(), BigInteger)
    return _shared(plan, made, Rows(source, numbered.c.id, nothing, nothing), of_nothing)


def _shared(plan: Plan, made: Made, rows: Rows, of_nothing: bool) -> Rows:
    """Return only the rows of the part, where the work is shared out."""
    together = made.step.columns.get(plan.process.together)
    if together is None:
        return rows
    unit = translated(node_of(together.is_), _seeing(plan, rows.source, made.seen))
    return replace(rows, unit=unit, conditions=(unit.is_(None) if of_nothing else _in_part(unit),))


def _in_part(unit: SQL) -> SQL:
    low, high = bindparam(LOW, type_=BigInteger), bindparam(HIGH, type_=BigInteger)
    return and_(unit >= low, unit <= high, unit != all_(bindparam(REFUSED, type_=ARRAY(BigInteger))))


def _of_step(plan: Plan, made: Made, before: Made) -> Rows:
    table = plan.tables[before.name]
    if before.step.kind == RELATION:
        rows = table.alias("t")
        source = Source.of_table(plan.runtime, before.entity, rows)
        return Rows(source, rows.c.id, rows.c[OF], rows.c[UNIT])
    rows = table.alias("w")
    records = plan.runtime.entities[before.entity].table.alias("t")
    base: Any = rows.join(records, records.c.id == rows.c.id)
    joins = Joins(
        {name: each.table for name, each in plan.runtime.entities.items()},
        {name: each.entity for name, each in plan.runtime.entities.items()},
        base,
    )
    source = Source.of_table(plan.runtime, before.entity, records, joins=joins)
    return Rows(source, rows.c.id, rows.c.id, rows.c[UNIT])


def _several(plan: Plan, made: Made, only: Columns | None) -> Rows:
    """Return the rows of several steps one after the other, numbered anew."""
    entity = plan.runtime.entities[made.seen.entity]
    selects = []
    for name in made.step.from_:
        table = plan.tables[name]
        columns = [
            cast(table.c[field.name] if field.name in table.c else null(), column_type(field)).label(
                field.name
            )
            for field in entity.columns
            if only is None or field.name in only
        ]
        selects.append(select(table.c[OF], table.c[UNIT], *columns))
    together = union_all(*selects).subquery("u")
    numbered = select(func.row_number().over().label("id"), *together.c).subquery("t")
    source = Source.of_table(plan.runtime, entity.name, numbered)
    return Rows(source, numbered.c.id, numbered.c[OF], numbered.c[UNIT])


def _with_others(plan: Plan, made: Made, found: Rows) -> Rows:
    """Join the records that earlier steps made of these rows, where an expression names them."""
    used = {part.name for node in nodes(made) for part in node.walk() if isinstance(part, n.Name)}
    for name, other in plan.made.items():
        if name not in used or name not in made.seen.shapes or other.step.kind != INSERT:
            continue
        table = plan.tables[name].alias(f"o_{name}")
        joins = found.source.joins

        # A row whose record was left out (its key is there already) is left out as well.
        joins.found(f"={name}", table, partial(_same, found, table, other), inner=True)
        found = found.naming(**{name: (made.seen.shapes[name], table.c.id)})
        joins.reached.pop(f"={name}")  # its fields are those of the record, joined when asked for
    return found


def _same(found: Rows, table: Any, other: Made) -> SQL:
    """Return that a record was made of a row, or of the group that it is in."""
    if not other.step.group:
        return table.c[ROW] == found.id  # type: ignore[no-any-return]
    pairs = ((table.c[f"{GROUP}{key}"], found.source.column(key)) for key in other.step.group)
    return and_(*(_comparable(one) == _comparable(two) for one, two in pairs))


def _comparable(value: SQL) -> SQL:
    """Return a value that equals itself where it is null, and that a hash join can compare."""
    nothing = _NOTHING.get(type(value.type).__name__)
    if nothing is None:
        return func.coalesce(cast(value, Text), literal_column("E'\\x01'"))
    return func.coalesce(value, literal_column(nothing))


_NOTHING = {
    "BigInteger": "-9223372036854775808", "Numeric": "'NaN'::numeric", "Date": "'-infinity'::date",
    "Text": "E'\\x01'", "DateTime": "'-infinity'::timestamptz",
}  # fmt: skip


def nodes(made: Made) -> Iterator[n.Node]:
    """Yield all expressions of a step."""
    step = made.step
    texts = [step.numbers, step.where, step.record, *step.set.values()]
    texts += [column.is_ for column in step.columns.values()]
    texts += [window.is_ for window in step.windows.values()]
    for lookup in step.lookup.values():
        texts += [lookup.where, lookup.at, *pieces(lookup.otherwise)[1::2]]
    for refusal in step.refuse.values():
        texts += [refusal.when, *pieces(refusal.message)[1::2]]
    for text in texts:
        if text:
            yield node_of(text)
