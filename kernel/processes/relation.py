"""This file makes the SELECT of a relation: which rows a step takes, with which columns, which it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    and_,
    case,
    cast,
    exists,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from kernel.expression.sql.source import Source, termed
from kernel.expression.sql.translate import condition, translated
from kernel.expression.sql.writer import Writer
from kernel.expression.sql.writing import BOOLEAN, infix
from kernel.processes.grouped import Groups, OverRows
from kernel.processes.held import held, node_of
from kernel.processes.needed import Columns, read_of
from kernel.processes.plan import FACTS, FAULT, OF, UNIT, Plan
from kernel.processes.rows import SQL, rows_of
from metadata.entity import Entity, Field
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.sets import values as v
from metadata.expression.sets.lengths import stored
from metadata.expression.sets.shapes import Shape, of_field
from metadata.expression.sets.terms import Apply, Bound, Term
from metadata.process import ColumnOf, Lookup, pieces
from metadata.steps.walk import Made

NAMELESS = ColumnOf(**{"is": "null"})
NOTHING_KNOWN: Mapping[str, Columns] = {}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows are left out: the name of a refusal or lookup, and its message."""

    name: str
    message: str


@dataclass(frozen=True)
class Relation:
    """The SELECT of a relation into its table, and the reasons by number.

    unique: the names of lookups of which there may be one, with the number of their reason.
    """

    columns: tuple[str, ...]
    select: Any
    reasons: tuple[Reason, ...]
    several: tuple[tuple[str, int], ...]


class _Making:
    """One SELECT under way.

    only: the columns that it reads of rows of several steps.  only_of: those of lookups of which it takes the
    first record, by their names.  What is not known yet is all of them.  picked: these lookups.
    """

    def __init__(
        self, plan: Plan, made: Made, wanted: Columns, of_nothing: bool, only: Columns | None = None,
        only_of: Mapping[str, Columns] = NOTHING_KNOWN,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.made = made
        self.wanted = wanted
        self.only, self.only_of = only, only_of
        self.picked: dict[str, Any] = {}
        self.rows = rows_of(plan, made, of_nothing=of_nothing, only=only)
        self.faults: list[tuple[SQL, SQL]] = []
        self.reasons: list[Reason] = []
        self.several: list[tuple[str, int]] = []
        self.doubled: dict[int, SQL] = {}  # values of messages, for rows that turn out to be doubled
        self.columns: dict[str, SQL] = {}

    def make(self) -> Relation:
        """Return the relation."""
        step = self.made.step
        self._inherit()
        if step.where:
            self.where(condition(node_of(step.where), self.rows.source))
        for name, lookup in step.lookup.items():
            self._lookup(name, lookup)
        if step.group:
            return self._grouped()
        for name in step.windows:
            self.name(name, self._window(name))
        for name, column in step.columns.items():
            self.name(
                name, _held(node_of(column.is_), self.rows.source, self._field(name), bool(column.type))
            )
        for name, refusal in step.refuse.items():
            self._refuse(name, refusal.message, condition(node_of(refusal.when), self.rows.source))
        many = any(lookup.expect == "many" for lookup in step.lookup.values())
        id = func.row_number().over() if many else self.rows.id
        found = self._system(id, self.rows.of, self.rows.unit) | self._kept(self.columns)
        made = select(*(sql.label(name) for name, sql in found.items()))
        made = made.select_from(self.rows.source.from_).where(*self.rows.conditions)
        return Relation(tuple(found), made, tuple(self.reasons), tuple(self.several))

    def where(self, met: SQL) -> None:
        """Take only rows that meet a condition."""
        self.rows = replace(self.rows, conditions=(*self.rows.conditions, met))

    def name(self, name: str, sql: SQL) -> None:
        """Make a column, which those after it may name."""
        field = self._field(name)
        self.columns[name] = sql
        if self.made.step.columns.get(name, NAMELESS).is_ == name:
            return  # the column is the field of that name, which is seen already
        shape = self.made.outer.shapes.get(name) or of_field(field)
        if shape is not None:
            self.rows = self.rows.naming(**{name: (shape, sql)})

    def _field(self, name: str) -> Field:
        return self.plan.steps.entities[self.made.entity].fields[name]

    def _inherit(self) -> None:
        """Take over the columns of the rows of an earlier step."""
        if "." in self.rows.source.entity and not self.made.step.group:
            for field in self.plan.runtime.entities[self.rows.source.entity].columns:
                if self.only is None or field.name in self.only:
                    self.columns[field.name] = self.rows.source.column(field.name)

    def _kept(self, columns: dict[str, SQL]) -> dict[str, SQL]:
        """Return the columns that are read later on, or that tell which lookup found more than one."""
        asked = self.wanted.union(name for name, _ in self.several)
        return {name: sql for name, sql in columns.items() if name in asked}

    def _system(self, id: SQL, of: SQL, unit: SQL) -> dict[str, SQL]:
        found: dict[str, SQL] = {"id": id, OF: of, UNIT: unit}
        if self.faults:
            numbers: list[Any] = [
                (met, literal_column(str(place))) for place, (met, _) in enumerate(self.faults)
            ]
            found[FAULT] = case(*numbers, else_=cast(null(), Integer))
            found[FACTS] = case(*self.faults, else_=self._of_doubled())
        return found

    def _of_doubled(self) -> SQL:
        """Return the values that a row is told with where it is doubled, by the number of the reason."""
        pairs = [each for number, facts in self.doubled.items() for each in (str(number), facts)]
        return func.jsonb_build_object(*pairs, type_=JSONB) if pairs else cast(null(), JSONB)

    # ── rows that are left out ────────────────────────────────────────────────────────────────────

    def _refuse(self, name: str, message: str, met: SQL) -> None:
        self.reasons.append(Reason(name, message))
        facts = [translated(node_of(text), self.rows.source) for text in pieces(message)[1::2]]
        self.faults.append((met, func.jsonb_build_array(*facts, type_=JSONB)))

    def _lookup(self, name: str, lookup: Lookup) -> None:
        entity = self.plan.made[lookup.in_].entity if lookup.in_ in self.plan.made else lookup.in_
        table: Any = self.plan.runtime.entities[entity].table.alias(f"f_{name}")
        shape = Shape(k.RECORD, entity=entity)
        source = self.rows.source
        inner = self._within(name, lookup, shape, table)

        def met() -> SQL:
            found = [_strict(Writer(inner), termed(node_of(lookup.where), inner))]
            if lookup.at:
                found.append(_dated(self._entity(entity), table, translated(node_of(lookup.at), source)))
            return and_(*found)

        if lookup.expect == "none":
            source.joins.reached[f"={name}"] = table
            there = exists(
                select(literal_column("1")).select_from(table).where(met()).correlate_except(table)
            )
            if lookup.otherwise:
                self._refuse(name, lookup.otherwise, there)
            else:
                self.where(not_(there))
            return
        if lookup.order:
            table = self._first(name, lookup, entity, source, shape)
        else:
            source.joins.found(f"={name}", table, met, inner=lookup.expect == "many")
        self.rows = self.rows.naming(**{name: (shape, table.c.id)})
        self.columns[name] = table.c.id
        if lookup.expect in ("one", "first"):
            missing = table.c.id.is_(None)
            if lookup.otherwise:
                self._refuse(name, lookup.otherwise, missing)
            else:
                self.where(not_(missing))
        if lookup.expect in ("one", "maybe") and not lookup.order:
            message = lookup.several or SEVERAL
            facts = [translated(node_of(text), source) for text in pieces(message)[1::2]]
            if facts:
                self.doubled[len(self.reasons)] = func.jsonb_build_array(*facts, type_=JSONB)
            self.several.append((name, len(self.reasons)))
            self.reasons.append(Reason(several_of(name), message))
            self.faults.append((literal_column("false", BOOLEAN), cast(null(), JSONB)))

    def _within(self, name: str, lookup: Lookup, shape: Shape, table: Any) -> Source:
        """Return what a condition sees: fields of the record looked for, and the record by two names."""
        source, beside = self.rows.source, Bound(shape, name)
        called = {lookup.in_: beside} if lookup.in_ not in self.made.seen.kinds else {}
        names = {**source.names, name: (shape, table.c.id)}
        return replace(source, names=names, terms={**source.terms, **called}, beside=beside)

    def _first(self, name: str, lookup: Lookup, entity: str, source: Source, shape: Shape) -> Any:
        """Join the first record in an order, found for each row."""
        table: Any = self.plan.runtime.entities[entity].table.alias(f"c_{name}")
        inner = self._within(name, lookup, shape, table)
        source.joins.reached[f"={name}"] = table
        met = [_strict(Writer(inner), termed(node_of(lookup.where), inner))]
        if lookup.at:
            met.append(_dated(self._entity(entity), table, translated(node_of(lookup.at), source)))
        order = [
            table.c[each.removesuffix(" desc")].desc() if each.endswith(" desc") else table.c[each]
            for each in lookup.order
        ]
        read = self.only_of.get(name)
        told = [
            column
            for column in table.c
            if column.name not in (FAULT, FACTS) and (read is None or column.name in read)
        ]
        picked: Any = select(*told).where(*met).order_by(*order, table.c.id).limit(1)
        picked = picked.correlate_except(table).lateral(f"f_{name}")
        source.joins.reached[f"={name}"] = self.picked[name] = picked
        source.joins.source = source.joins.source.outerjoin(picked, literal_column("true"))
        return picked

    def _entity(self, name: str) -> Entity:
        return self.plan.steps.entities[name]

    # ── windows and groups ────────────────────────────────────────────────────────────────────────

    def _window(self, name: str) -> SQL:
        window = self.made.step.windows[name]
        row = self.rows.source
        by = [row.column(each) for each in window.by]
        order = [
            row.column(each.removesuffix(" desc")).desc() if each.endswith(" desc") else row.column(each)
            for each in window.order
        ]

        def over(made: Any) -> Any:
            return made.over(partition_by=by or None, order_by=order or None)

        if not window.is_:
            return cast(over(func.row_number()), BigInteger)
        key = f"{self.plan.process.name}.{self.made.name}.{name}.group"
        seen = self.plan.steps.groups[key]
        columns = {each: row.column(each) for each in window.by}
        source = replace(row, entity=key, table=None, columns=columns, terms=seen.terms)
        term = termed(node_of(window.is_), source)
        return OverRows(source, row, lambda made: made, over).value(stored(term))

    def _grouped(self) -> Relation:
        step, seen = self.made.step, self.made.grouped
        assert seen is not None
        groups = Groups(self.plan, seen, step.group, self.rows)
        found: dict[str, SQL] = {name: groups.source.columns[name] for name in step.group}
        for name, column in step.columns.items():
            field = self._field(name)
            sql = _held(node_of(column.is_), groups.source, field, bool(column.type), groups.writer())
            found[name] = sql
            shape = of_field(field)
            if shape is not None:
                groups.source = replace(groups.source, names={**groups.source.names, name: (shape, sql)})
        for name, refusal in step.refuse.items():
            term = termed(node_of(refusal.when), groups.source)
            facts = [
                groups.writer().value(stored(termed(node_of(text), groups.source)))
                for text in pieces(refusal.message)[1::2]
            ]
            self.reasons.append(Reason(name, refusal.message))
            self.faults.append(
                (groups.writer().condition(v.boolean(term)), func.jsonb_build_array(*facts, type_=JSONB))
            )
        id = func.row_number().over()
        system = self._system(id, cast(null(), BigInteger), groups.unit)
        columns = system | self._kept(found)
        made = groups.select(*(sql.label(name) for name, sql in columns.items()))
        return Relation(tuple(columns), made, tuple(self.reasons), ())


def several_of(lookup: str) -> str:
    """Return the name of the reason that a lookup found more than one."""
    return f"{lookup}.several"


SEVERAL = "Há mais de um registro para esta linha, e não se pode saber qual vale."


def relation(plan: Plan, made: Made, wanted: Columns, *, of_nothing: bool = False) -> Relation:
    """Return the SELECT of a relation; `of_nothing`: of the rows that belong to no part.

    wanted: the columns that later steps read.
    """
    making = _Making(plan, made, wanted, of_nothing)
    found = making.make()
    is_union = len(made.step.from_) > 1
    if not (is_union or making.picked):
        return found
    taken = read_of(making.rows.source.table, found.select) if is_union else None
    of_picked = {name: read_of(table, found.select) | {"id"} for name, table in making.picked.items()}
    return _Making(plan, made, wanted, of_nothing, taken, of_picked).make()


def _held(node: n.Node, source: Source, field: Field, is_typed: bool, writer: Writer | None = None) -> SQL:
    """Return a value as its column holds it; rounded where the column has a type of its own."""
    term = termed(node, source)
    return (writer or Writer(source)).value(held(term, field) if is_typed else stored(term))


def _strict(writer: Writer, term: Term) -> SQL:
    """Return a condition by which records are found: what is empty finds nothing, so indexes serve it."""
    if isinstance(term, Apply) and term.operation == "and":
        return and_(*(_strict(writer, each) for each in term.arguments))
    if isinstance(term, Apply) and term.operation == "=":
        left, right = (writer.value(each) for each in term.arguments)
        return infix(left, "=", right, BOOLEAN)
    return writer.condition(v.boolean(term))


def _dated(entity: Entity, table: Any, day: SQL) -> SQL:
    valid = entity.valid
    assert valid is not None
    from_, to = table.c[valid.from_], table.c[valid.to]
    return and_(from_ <= day, or_(to.is_(None), to >= day))
