"""This file does one part of a run: all steps in one transaction, judged, then kept or taken back.

So an invoice never exists without its items, a killed run has nothing half done, and a dry run does exactly
what a run does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, text

from kernel.context import Context
from kernel.ledger.settle import settle
from kernel.processes import figures, reports
from kernel.processes.judging import Judging, Refused, units
from kernel.processes.left_out import LeftOut
from kernel.processes.plan import Plan
from kernel.processes.records import BY, NOW, PART_NUMBER, RUN, sequence_of
from kernel.processes.rows import HIGH, LOW, REFUSED
from kernel.processes.statements import StepStatements, statements
from kernel.runtime import Runtime
from kernel.storage import numbering
from metadata.entity import Field
from metadata.process import INSERT, RELATION

NUMBERS_AT_ONCE = 10_000
Report = Callable[[str], None]
Look = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a run: the units from `low` to `high`; without them, the rows that belong to no unit.

    is_whole: the work is not shared out.
    """

    run: int
    number: int
    low: int | None = None
    high: int | None = None
    is_whole: bool = False

    @property
    def is_of_nothing(self) -> bool:
        """Tell whether the part has the rows that belong to no unit."""
        return self.low is None and not self.is_whole


@dataclass
class Outcome:
    """What came of a part: of each step rows, seconds and sums; what was left out, is compared, or told."""

    steps: dict[str, dict[str, Any]] = attribute(default_factory=dict)
    left_out: list[LeftOut] = attribute(default_factory=list)
    figures: str = ""
    reported: reports.Taken | None = None


@dataclass(frozen=True)
class Work:
    """What the parts of a run have in common.

    numbers: gives out numbers in a transaction of their own; a dry run uses up none.
    report: is told of each step before it begins, and may raise to stop the part.
    look: is shown what a part did, which a dry run then takes back.
    """

    plan: Plan
    runtime: Runtime
    context: Context
    answers: Mapping[str, Any]
    is_dry: bool
    numbers: Callable[[str, Field, int], int]
    report: Report
    look: Look | None = None


SAVEPOINT = "process_part"


class RefusedByRules(Exception):
    """Records that rules refuse and that belong to no unit: the part cannot go on without them."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__()
        self.refused = refused


def do(connection: Connection, work: Work, part: Part) -> Outcome:
    """Do a part within the transaction of the connection; what rules refuse is left out, unit by unit.

    Errors: RefusedByRules.
    """
    without: set[int] = set()
    outcome = Outcome()
    because: list[LeftOut] = []
    while True:
        connection.exec_driver_sql(f"SAVEPOINT {SAVEPOINT}")
        doing = _Doing(connection, work, part, sorted(without))
        refused = doing.run()
        if not refused:
            break
        found = doing.left_out_by(refused)
        units_ = {each.unit for each in found if each.unit is not None}
        if not units_ or units_ <= without:
            raise RefusedByRules(refused)
        because += found
        without |= units_
        connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
    settle(connection)  # what a run would be refused for, a dry one is, too
    outcome = doing.outcome
    outcome.left_out += because
    outcome.figures = figures.packed(connection, work.plan)
    outcome.reported = reports.taken(connection, work.plan, part.run, part.number)
    if work.look is not None:
        work.look(connection)
    end = "ROLLBACK TO" if work.is_dry else "RELEASE"
    connection.exec_driver_sql(f"{end} SAVEPOINT {SAVEPOINT}")
    return outcome


class _Doing:
    """One go at a part; lives only while it runs."""

    def __init__(self, connection: Connection, work: Work, part: Part, without: list[int]) -> None:
        self.connection = connection
        self.work = work
        self.part = part
        self.plan = work.plan
        self.outcome = Outcome()
        self.filled: dict[str, int] = {}  # how many rows the table of a step has
        self.judging = Judging(connection, work.runtime, work.context)
        self.words: dict[str, Any] = {
            **{f"ask_{name}": value for name, value in work.answers.items()},
            **work.context.bound(),
            LOW: part.low, HIGH: part.high, REFUSED: without,
            NOW: work.context.now, BY: work.context.operator, RUN: part.run, PART_NUMBER: part.number,
        }  # fmt: skip

    def run(self) -> list[Refused]:
        """Do all steps; return what the rules refuse."""
        all_ = statements(self.plan, of_nothing=self.part.is_of_nothing)
        # A coarse look at the tables of steps is enough for the planner: their rows are much alike.
        self.connection.exec_driver_sql("SET LOCAL default_statistics_target = 10")
        self._sequences()
        for step in all_.steps:
            if step.create is None:
                self._pass(step)
                continue
            self.work.report(step.made.name)
            begun = time.perf_counter()
            step.create.run(self.connection, {})
            told: dict[str, Any] = {"rows": 0}
            self.filled[step.made.name] = 0
            if self._has_something_to_do(step):
                filled = step.fill.run(self.connection, self.words).rowcount
                self.filled[step.made.name] = filled
                is_relation = step.made.step.kind == RELATION
                told = self._relation(step, filled) if is_relation else self._write(step, filled)
            told["seconds"] = round(time.perf_counter() - begun, 4)
            self.outcome.steps[step.made.name] = told
        self.work.report("")
        return list(self.judging.run(self.words))

    def _pass(self, step: StepStatements) -> None:
        """Count a step that has no table: it keeps all the rows that it gets."""
        rows = sum(self.filled[source] for source in step.made.step.from_)
        self.filled[step.made.name] = rows
        self.outcome.steps[step.made.name] = {"rows": rows, "left_out": 0, "seconds": 0.0}

    def _has_something_to_do(self, step: StepStatements) -> bool:
        """Tell whether a step goes through anything: numbers, records, or some step that has rows."""
        said = step.made.step
        return bool(said.numbers) or any(self.filled.get(source, 1) for source in said.from_)

    def _sequences(self) -> None:
        ask = text("SELECT pg_get_serial_sequence(quote_ident(:name), 'id')")
        for made in self.plan.made.values():
            if made.step.kind == INSERT:
                table = self.plan.runtime.entities[made.entity].table.name
                self.words[sequence_of(made)] = self.connection.scalar(ask, {"name": table})

    def _relation(self, step: StepStatements, filled: int) -> dict[str, Any]:
        left = 0
        doubled = self._doubled(step)
        if step.left is not None and step.drop is not None:
            about = step.made.about
            for fault, of, unit, facts in step.left.run(self.connection, self.words):
                reason = step.reasons[fault].name
                self.outcome.left_out.append(LeftOut(step.made.name, reason, about, of, unit, facts))
                left += 1
            if left or doubled:
                filled -= step.drop.run(self.connection, self.words).rowcount
                self.filled[step.made.name] = filled
        self._analyse(step, filled)
        return {"rows": filled, "left_out": left}

    def _doubled(self, step: StepStatements) -> int:
        """Mark the rows for which a lookup found more than one; return how many there are."""
        if step.doubled is None or step.doubled.run(self.connection, self.words).first() is None:
            return 0
        return sum(mark.run(self.connection, self.words).rowcount for mark in step.several)

    def _analyse(self, step: StepStatements, filled: int) -> None:
        """Let the planner know what rows of the step are found by; of few rows it need not."""
        if filled > 100 and step.known:
            columns = ", ".join(f'"{name}"' for name in step.known)
            self.connection.exec_driver_sql(f'ANALYZE "{self.plan.tables[step.made.name].name}" ({columns})')

    def _write(self, step: StepStatements, filled: int) -> dict[str, Any]:
        for field in step.numbered:
            self._number(step, field, filled)
        self._analyse(step, filled)
        table = self.plan.tables[step.made.name]
        told: dict[str, Any] = {}
        if step.write is None:
            return {"rows": filled}
        if step.made.step.kind == INSERT:
            step.write.run(self.connection, self.words)
            ids = self.connection.scalars(table.select().with_only_columns(table.c.id)).all()
        else:
            laid = self.connection.scalars(table.select().with_only_columns(table.c.id)).all()
            self.judging.before(step, laid)
            if step.keep is not None:
                step.keep.run(self.connection, self.words)
            ids = step.write.run(self.connection, self.words).scalars().all()
        self.judging.after(step, ids)
        if step.total is not None:
            sums = step.total.run(self.connection, self.words).one()
            told["totals"] = {
                name: f"{value:f}" for name, value in zip(step.totals, sums, strict=True) if value is not None
            }
        return {"rows": len(ids), **told}

    def _number(self, step: StepStatements, field: Field, count: int) -> None:
        """Give numbers to new records, in the order of their ids."""
        if not count:
            return
        table = self.plan.tables[step.made.name]
        named = [name for name in step.made.step.set if "{" + name in field.pattern]
        number = self.work.numbers(step.made.entity, field, count)
        rows = self.connection.execute(
            table.select()
            .with_only_columns(table.c.id, *(table.c[name] for name in named))
            .order_by(table.c.id)
        ).all()
        for start in range(0, len(rows), NUMBERS_AT_ONCE):
            batch = rows[start : start + NUMBERS_AT_ONCE]
            texts = []
            for _, *parts in batch:
                known = dict(zip(named, parts, strict=True))
                texts.append(numbering.write(field, number, self.work.context, known))
                number += 1
            self.connection.execute(
                text(
                    f'UPDATE "{table.name}" t SET "{field.name}" = n.text '
                    "FROM unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[])) AS n(id, text) "
                    "WHERE t.id = n.id"
                ),
                {"ids": [row[0] for row in batch], "texts": texts},
            )

    def left_out_by(self, refused: Sequence[Refused]) -> list[LeftOut]:
        """Return what the rules refuse as what is left out."""
        known = units(self.connection, self.plan, refused)
        found = []
        for each in refused:
            unit, of = known.get((each.step, each.id), (None, None))
            made = self.plan.made[each.step]
            check = str(each.problem.facts.get("check", each.problem.code))
            facts = {"says": each.problem.sentence(), "code": each.problem.code}
            found.append(LeftOut(each.step, check, made.about, of, unit, facts))
        return found
