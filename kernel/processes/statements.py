"""This file compiles the statements of a process, once for a version, to texts with places for values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    CursorResult,
    MetaData,
    Table,
    Text,
    case,
    cast,
    distinct,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import ClauseElement

from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition, translated
from kernel.processes import passing, reports
from kernel.processes.figures import compared
from kernel.processes.held import node_of
from kernel.processes.needed import Columns, read
from kernel.processes.plan import FACTS, FAULT, OF, UNIT, Plan
from kernel.processes.reads import Fields, read_by
from kernel.processes.records import writing
from kernel.processes.relation import Reason, relation
from kernel.processes.rows import rows_of
from kernel.processes.sought import Sought, sought
from metadata.entity import Field
from metadata.process import RELATION, Process, pieces
from metadata.steps.walk import Made

Clauses = tuple[ClauseElement, ...]
_DIALECT = postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as text; the values that belong to it, beside those of the run."""

    text: str
    own: Mapping[str, Any]

    def run(self, connection: Connection, words: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        """Execute the statement; words that it does not ask for do no harm."""
        return connection.exec_driver_sql(self.text, {**words, **self.own})


def compiled(statement: Any, of: str = "own") -> Statement:
    """Return a statement as text; `of` sets its own values apart from those of another in one text."""
    made = statement.compile(dialect=_DIALECT)
    own = {name: value for name, value in made.params.items() if not made.binds[name].required}
    names = {name: f"{of}_{name}" for name in own}
    text = str(made)
    for name, renamed in names.items():
        text = text.replace(f"%({name})s", f"%({renamed})s")
    return Statement(text, {names[name]: value for name, value in own.items()})


@dataclass(frozen=True)
class StepStatements:
    """The statements of one step, in the order in which they are executed.

    create, fill: the step's table; without `create` it has none, and `fill` is the SELECT that whoever goes
    through it begins with.  left: the rows that are left out; `drop` takes them away.  doubled: a
    row for which a lookup found more than one; then `several` mark them all.  total: sums of the amounts
    that are written.  sought: what the fill and the write find rows by.  reads: the fields of records that
    the fill reads.  known: the columns of the step's table that some step finds rows by.
    """

    made: Made
    create: Statement | None
    fill: Statement
    reasons: tuple[Reason, ...] = ()
    left: Statement | None = None
    drop: Statement | None = None
    doubled: Statement | None = None
    several: tuple[Statement, ...] = ()
    keep: Statement | None = None
    write: Statement | None = None
    numbered: tuple[Field, ...] = ()
    lacking: Statement | None = None
    total: Statement | None = None
    totals: tuple[str, ...] = ()
    sought: Sought = frozenset()
    reads: Fields = frozenset()
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statements:
    """All statements of a process; `shares` counts rows by unit, `refusals` ask whether a run may begin."""

    steps: tuple[StepStatements, ...]
    shares: Statement | None
    refusals: tuple[tuple[str, Statement], ...]


def statements(plan: Plan, *, of_nothing: bool = False) -> Statements:
    """Return the statements of a plan; `of_nothing`: for the rows that belong to no unit."""
    key = ("statements", of_nothing)
    found: Statements | None = plan.runtime.views.get(key)
    if found is None:
        steps = _steps(plan, of_nothing)
        everywhere = frozenset[tuple[str, str]]().union(*(step.sought for step in steps))
        known = tuple(replace(step, known=_known(plan, step, everywhere)) for step in steps)
        found = Statements(known, _shares(plan), tuple(_refusals(plan)))
        plan.runtime.views[key] = found
    return found


def _known(plan: Plan, step: StepStatements, everywhere: Sought) -> tuple[str, ...]:
    own = plan.tables[step.made.name].name
    return tuple(sorted(column for table, column in everywhere if table == own))


def _steps(plan: Plan, of_nothing: bool) -> list[StepStatements]:
    """Return the statements of all steps, made from the last to the first: what none reads is not kept."""
    steps: list[StepStatements] = []
    reads = {(plan.tables[step].name, column) for step, column in _told(plan.process)}
    readers = {table: {("", False)} for table, _ in reads}  # who reads a table: see `passing`
    read_on_the_way: dict[str, list[StepStatements]] = {}  # by the name of the step that reads them
    for made in reversed(tuple(plan.made.values())):
        table = plan.tables[made.name]
        wanted = frozenset(column.name for column in table.c if (table.name, column.name) in reads)
        reader = passing.reader_of(made, plan.made, readers.get(table.name, set()))
        if made.step.kind == RELATION:
            step, clauses = _relation(plan, made, of_nothing, wanted, passes=bool(reader))
        else:
            step, clauses = _writing(plan, made)
        steps.insert(0, step)
        if reader:
            read_on_the_way.setdefault(reader, []).insert(0, step)
        for place, clause in enumerate(clauses):
            found = set(read(clause))
            reads |= found
            for name in {name for name, _ in found}:
                readers.setdefault(name, set()).add((made.name, place == 0))
    return list(_woven(plan, steps, read_on_the_way))


def _woven(
    plan: Plan, steps: Iterable[StepStatements], read_on_the_way: Mapping[str, Sequence[StepStatements]]
) -> Iterator[StepStatements]:
    """Yield the steps; those that read others on the way begin with these."""
    fills: dict[str, Statement] = {}
    for step in steps:
        first = {
            plan.tables[each.made.name].name: fills[each.made.name]
            for each in read_on_the_way.get(step.made.name, ())
        }
        own = {name: value for each in (step.fill, *first.values()) for name, value in each.own.items()}
        selects = [(table, select.text) for table, select in first.items()]
        fill = Statement(passing.beginning(step.fill.text, selects), own)
        fills[step.made.name] = fill
        yield replace(step, fill=fill)


def _told(process: Process) -> Iterator[tuple[str, str]]:
    """Yield steps, with columns of them that are read once all steps are done."""
    yield from compared(process)
    yield from reports.columns(process)


def _created(table: Table, columns: Iterable[str]) -> Statement:
    """Return how the table of a step is made, with some of its columns."""
    kept = [Column(column.name, column.type) for column in table.c if column.name in columns]
    made = Table(table.name, MetaData(), *kept, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    return Statement(str(CreateTable(made).compile(dialect=_DIALECT)), {})


def _writing(plan: Plan, made: Made) -> tuple[StepStatements, Clauses]:
    found = writing(plan, made)
    table = plan.tables[made.name]
    fields = plan.runtime.entities[made.entity].fields
    sums = tuple(name for name in made.step.set if fields[name].type == "money")
    required = [
        table.c[name].is_(None)
        for name in made.step.set
        if fields[name].required and not fields[name].hidden_when
    ]
    clauses = (found.lay, found.write) if found.keep is None else (found.lay, found.keep, found.write)
    step = StepStatements(
        made,
        create=_created(table, table.c.keys()),
        fill=compiled(found.lay),
        keep=None if found.keep is None else compiled(found.keep),
        write=compiled(found.write),
        numbered=found.numbered,
        lacking=compiled(select(table.c.id).where(or_(*required))) if required else None,
        total=compiled(select(*(func.sum(table.c[name]) for name in sums))) if sums else None,
        totals=sums,
        sought=sought(plan, made, found.lay, found.write),
        reads=read_by(plan, found.lay),
    )
    return step, clauses


def _relation(
    plan: Plan, made: Made, of_nothing: bool, wanted: Columns, *, passes: bool
) -> tuple[StepStatements, Clauses]:
    found = relation(plan, made, wanted, of_nothing=of_nothing)
    table: Any = plan.tables[made.name]
    if passes:
        apart = compiled(found.select, f"own_{made.name}")
        step = StepStatements(
            made,
            create=None,
            fill=apart,
            sought=sought(plan, made, found.select),
            reads=read_by(plan, found.select),
        )
        return step, (found.select,)
    fill = table.insert().from_select(list(found.columns), found.select)
    left = select(table.c[FAULT], table.c[OF], table.c[UNIT], table.c[FACTS]).where(
        table.c[FAULT].is_not(None)
    )
    several = list(_several(table, found.several))
    step = StepStatements(
        made,
        create=_created(table, found.columns),
        fill=compiled(fill),
        reasons=found.reasons,
        left=compiled(left.distinct()) if found.reasons else None,
        drop=compiled(table.delete().where(table.c[FAULT].is_not(None))) if found.reasons else None,
        doubled=compiled(_doubled(table, func.count()).limit(1)) if several else None,
        several=tuple(compiled(each) for each in several),
        sought=sought(plan, made, found.select),
        reads=read_by(plan, found.select),
    )
    return step, (found.select,)


def _doubled(table: Any, count: Any) -> Any:
    """Return the ids that stand more than once, counted in some way."""
    return select(table.c.id).group_by(table.c.id).having(count > 1)


def _several(table: Any, several: Sequence[tuple[str, int]]) -> Iterator[Any]:
    """Yield what marks doubled rows: with the lookup that found more than one, else with the first."""
    counts = [(number, func.count(distinct(table.c[name]))) for name, number in several]
    for number, count in [*counts, *((number, func.count()) for number, _ in counts[:1])]:
        told = func.coalesce(table.c[FACTS].op("->")(cast(str(number), Text)), func.jsonb_build_array())
        mark = table.update().where(table.c.id.in_(_doubled(table, count)), table.c[FAULT].is_(None))
        yield mark.values({FAULT: number, FACTS: told})


def _shares(plan: Plan) -> Statement | None:
    """Return how many rows belong to each unit, in order of units, over all steps that bring rows in."""
    if not plan.process.together:
        return None
    counts = [_counted(plan, made) for made in plan.made.values() if _brings_rows_in(plan, made)]
    each = union_all(*counts).subquery("each")
    rows = cast(func.sum(each.c.rows), BigInteger).label("rows")
    return compiled(select(each.c.unit, rows).group_by(each.c.unit).order_by(each.c.unit))


def _brings_rows_in(plan: Plan, made: Made) -> bool:
    """Tell whether a step goes through what no earlier step made."""
    return not set(made.step.from_) & set(plan.made) and plan.process.together in made.step.columns


def _counted(plan: Plan, made: Made) -> Any:
    rows = rows_of(plan, made)
    where = (condition(node_of(made.step.where), rows.source),) if made.step.where else ()
    query = select(rows.unit.label("unit"), func.count().label("rows")).select_from(rows.source.from_)
    return query.where(*where).group_by(rows.unit)


def _refusals(plan: Plan) -> Any:
    """Yield for each refusal whether it holds, with what its message says; answers lead on to records."""
    nothing = select(literal_column("1").label("one")).subquery("answers")
    for name, refusal in plan.process.refuse.items():
        source = Source.of_columns(plan.runtime, "", {}, nothing, names=plan.answers())
        facts = [translated(node_of(text), source) for text in pieces(refusal.message)[1::2]]
        met = case((condition(node_of(refusal.when), source), True), else_=False)
        yield name, compiled(select(met, func.jsonb_build_array(*facts)).select_from(source.from_))
