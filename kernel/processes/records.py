"""This file makes the statements that write records: first laid out in a table of the step, then written.

So a step knows the ids of what it makes before it does, and others can point to them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, REGCLASS, distinct_on
from sqlalchemy.types import DateTime

from kernel.expression.sql.source import Source, termed
from kernel.expression.sql.writer import Writer
from kernel.processes.grouped import Groups
from kernel.processes.held import held, node_of
from kernel.processes.plan import GROUP, OF, ROW, UNIT, Plan
from kernel.processes.rows import Rows, rows_of
from kernel.processes.tables import BEFORE
from kernel.rules.stored import stored_of, value
from kernel.storage.names import SEARCH
from kernel.storage.search import search_text
from metadata.entity import Entity, Field
from metadata.process import INSERT, UPDATE
from metadata.steps.walk import Made

SQL = ColumnElement[Any]
NOW, BY, RUN, PART_NUMBER = "run_now", "run_by", "run_id", "part_number"


@dataclass(frozen=True)
class Writing:
    """The statements of a step that writes.

    lay: the records into the step's table.  keep: what changed records were before.  write: into the table
    of the entity.  numbered: fields that get a number.
    """

    lay: Any
    keep: Any
    write: Any
    numbered: tuple[Field, ...] = ()


def writing(plan: Plan, made: Made) -> Writing:
    """Return the statements of a step that writes records."""
    if made.step.kind == INSERT:
        return _insert(plan, made)
    return _update(plan, made) if made.step.kind == UPDATE else _remove(plan, made)


def sequence_of(made: Made) -> str:
    """Return under which word the sequence of ids of the records is bound."""
    return f"sequence_{made.entity}"


# ── new records ───────────────────────────────────────────────────────────────────────────────────


def _insert(plan: Plan, made: Made) -> Writing:
    rows = rows_of(plan, made)
    table, target = plan.tables[made.name], plan.runtime.entities[made.entity]
    id = func.nextval(cast(bindparam(sequence_of(made), type_=Text()), REGCLASS), type_=BigInteger)
    found: dict[str, SQL] = {"id": id}
    if made.grouped:
        groups = Groups(plan, made.grouped, made.step.group, rows)
        found |= {f"{GROUP}{name}": groups.source.column(name) for name in made.step.group}
        found[UNIT] = groups.unit
        values = {
            name: groups.writer().value(held(termed(node_of(text), groups.source), target.fields[name]))
            for name, text in made.step.set.items()
        }
        known = _known(made, target.table, values)
        query = groups.select(*(sql.label(name) for name, sql in (found | values).items())).where(*known)
    else:
        found |= {ROW: rows.id, OF: rows.of, UNIT: rows.unit}
        values = _values(made, rows, target.fields)
        known = _known(made, target.table, values)
        query = select(*(sql.label(name) for name, sql in (found | values).items()))
        query = query.select_from(rows.source.from_).where(*rows.conditions, *known)
    lay = table.insert().from_select([*found, *values], query)
    numbered = tuple(
        field for field in target.columns if field.type == "sequence" and field.name not in values
    )
    return Writing(lay, None, _written(plan, made, table, values, numbered), numbered)


def _values(made: Made, rows: Rows, fields: Any) -> dict[str, SQL]:
    return {
        name: Writer(rows.source).value(held(termed(node_of(text), rows.source), fields[name]))
        for name, text in made.step.set.items()
    }


def _known(made: Made, table: Any, values: dict[str, SQL]) -> list[SQL]:
    """Return that no record has the key yet."""
    if not made.step.key:
        return []
    other = table.alias("known")
    same = and_(*(other.c[name] == values[name] for name in made.step.key))
    there = select(literal_column("1")).select_from(other).where(same).correlate_except(other).exists()
    return [not_(there)]


def _written(plan: Plan, made: Made, table: Any, values: dict[str, SQL], numbered: tuple[Field, ...]) -> Any:
    target = plan.runtime.entities[made.entity]
    found: dict[str, SQL] = {"id": table.c.id}
    found |= {name: table.c[name] for name in values}
    found |= {field.name: table.c[field.name] for field in numbered}
    for field in target.columns:
        if field.name not in found and field.name in target.defaults:
            found[field.name] = literal(target.defaults[field.name], target.table.c[field.name].type)
    source = Source.of_columns(plan.runtime, made.entity, {**found}, table)
    for name, formula in target.rules.defaults.items():
        if name not in found and target.fields[name].has_column:
            found[name] = Writer(source).value(held(termed(formula.node, source), target.fields[name]))
    found |= _worked_out(plan, made, source, found)
    found |= _stamps(target.table, "created") | _stamps(target.table, "updated")
    if target.entity.search:
        found[SEARCH] = search_text(target.entity, lambda name: found.get(name, cast(null(), Text)))
    query = select(*(sql.label(name) for name, sql in found.items())).select_from(source.from_)
    # Rows lie in the order of their ids, but for those whose numbers were written after them.
    return target.table.insert().from_select(list(found), query.order_by(table.c.id) if numbered else query)


def _worked_out(plan: Plan, made: Made, source: Source, found: dict[str, SQL]) -> dict[str, SQL]:
    """Return stored computed fields as they follow from the record; what its rows come to comes later."""
    worked: dict[str, SQL] = {}
    for level in stored_of(plan.runtime.whole).levels:
        for name in level.get(made.entity, ()):
            worked[name] = value(
                plan.runtime, made.entity, name, replace(source, columns={**found, **worked})
            )
    return worked


def _stamps(table: Any, kind: str) -> dict[str, SQL]:
    return {
        f"{kind}_at": bindparam(NOW, type_=DateTime(timezone=True)),
        f"{kind}_by": bindparam(BY, type_=Text()),
    }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# ── records that change or go ─────────────────────────────────────────────────────────────────────


def _update(plan: Plan, made: Made) -> Writing:
    rows = rows_of(plan, made)
    table, target = plan.tables[made.name], plan.runtime.entities[made.entity]
    values = _values(made, rows, target.fields)
    lay = _laid(made, rows, table, values)
    into = target.table
    differs = or_(false(), *(into.c[name].is_distinct_from(table.c[name]) for name in values))
    keep = _kept(made, table, into, changed_columns(made, target.entity), differs, becomes=into.c.version + 1)
    sets: dict[str, Any] = {name: table.c[name] for name in values}
    sets |= {"version": into.c.version + 1} | _stamps(into, "updated")
    if SEARCH in changed_columns(made, target.entity):
        sets[SEARCH] = search_text(
            target.entity, lambda name: table.c[name] if name in values else into.c[name]
        )
    write = into.update().values(sets).where(into.c.id == table.c.id, differs).returning(into.c.id)
    return Writing(lay, keep, write)


def changed_columns(made: Made, entity: Entity) -> tuple[str, ...]:
    """Return the columns that a step changes: its fields, and what is searched where one of them is."""
    fields = tuple(made.step.set)
    return (*fields, SEARCH) if set(entity.search) & set(fields) else fields


def _remove(plan: Plan, made: Made) -> Writing:
    rows = rows_of(plan, made)
    table, target = plan.tables[made.name], plan.runtime.entities[made.entity]
    lay = _laid(made, rows, table, {})
    into = target.table
    columns = tuple(column.name for column in into.c)
    keep = _kept(made, table, into, columns, literal_column("true"), becomes=literal(0, Integer()))
    write = into.delete().where(into.c.id == table.c.id).returning(into.c.id)
    return Writing(lay, keep, write)


def _laid(made: Made, rows: Rows, table: Any, values: dict[str, SQL]) -> Any:
    """Return the records that change, each once: by the first of the rows that lead to it."""
    record = Writer(rows.source).value(termed(node_of(made.step.record), rows.source))
    found = {"id": record, OF: rows.of, UNIT: rows.unit, **values}
    query = select(*(sql.label(name) for name, sql in found.items())).select_from(rows.source.from_)
    query = (
        query.where(*rows.conditions, record.is_not(None)).ext(distinct_on(record)).order_by(record, rows.id)
    )
    return table.insert().from_select(list(found), query)


def _kept(made: Made, table: Any, into: Any, names: tuple[str, ...], which: SQL, *, becomes: Any) -> Any:
    values = func.jsonb_build_object(
        *(part for name in names for part in (literal(name, Text()), into.c[name])), type_=JSONB
    )
    if len(names) > 45:  # a function of PostgreSQL takes a hundred arguments
        values = func.to_jsonb(literal_column(_quoted(into.name)), type_=JSONB)
    columns = {
        "run": bindparam(RUN, type_=BigInteger), "part": bindparam(PART_NUMBER, type_=Integer),
        "step": literal(made.name, Text()), "entity": literal(made.entity, Text()), "record": into.c.id,
        "version": becomes, "values": values,
    }  # fmt: skip
    query = (
        select(*(sql.label(name) for name, sql in columns.items()))
        .select_from(into)
        .join(table, table.c.id == into.c.id)
    )
    return BEFORE.insert().from_select(list(columns), query.where(which))
