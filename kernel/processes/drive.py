"""This file carries a run forward, part by part, until nothing is left; several may drive one run together.

A part is claimed by locking its row for as long as its transaction lasts: whoever dies lets go of it, and
nothing of it was kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.exc import DBAPIError

from kernel.audit.origin import tell
from kernel.ledger.refused import refused
from kernel.processes import figures, reports, statistics
from kernel.processes.calling import call
from kernel.processes.left_out import LeftOut, note, units
from kernel.processes.part import Look, Outcome, Part, RefusedByRules, Work, do
from kernel.processes.plan import Plan, planned
from kernel.processes.rows import HIGH, LOW, REFUSED
from kernel.processes.runs import Run, run_of
from kernel.processes.statements import statements
from kernel.processes.tables import CANCELLED, FAILED, FINISHED, MADE, PART, RUN, RUNNING, WAITING
from kernel.runtime import Runtime
from kernel.storage import numbering
from kernel.within import Transactions, Within
from metadata.entity import Field
from metadata.process import INSERT

log = logging.getLogger(__name__)

TRIES = 8
FIRST_PAUSE_SECONDS = 0.05
_AGAIN = ("40001", "40P01", "55P03")
_REFUSES = ("22", "23")
LARGEST = 2**62
FEW = 1000  # rows
# How many parts: the planner knows by itself how long a table has become since, not what lies in it.
LOOKED_AT_AFTER = frozenset({1, 8, 64})


class Stopped(Exception):
    """Somebody asked the run to stop."""


def drive(
    engine: Transactions, runtime_of: Callable[[int], Runtime], id: int, look: Look | None = None
) -> Run:
    """Carry a run forward until nothing is left to do, or it was stopped, or has failed.

    runtime_of: a published version, ready to serve; a run goes on with the one it began with.
    look: is shown what each part did, which a dry run then takes back.
    """
    run = _begun(engine, runtime_of, id)
    if run.status == RUNNING:
        plan = planned(runtime_of(run.version), run.process)
        driver = _Driver(engine, plan, runtime_of(run.version), run, look)
        try:
            while driver.next():
                pass
            driver.finish(FINISHED)
        except Stopped:
            driver.finish(CANCELLED)
        except RefusedByRules as refused:
            first = refused.refused[0].problem
            driver.finish(
                FAILED, {"code": first.code, "says": first.sentence(), "count": len(refused.refused)}
            )
        except DBAPIError as error:
            if not _is_refusal(error):
                raise
            driver.finish(FAILED, {"code": "R606", "says": _said(plan.runtime, error)})
    with engine.connect() as connection:
        found = run_of(connection, id)
    assert found is not None
    return found


def _begun(engine: Transactions, runtime_of: Callable[[int], Runtime], id: int) -> Run:
    """Share out the work of a run that waits; return it as it stands."""
    with engine.begin() as connection:
        connection.execute(select(RUN.c.id).where(RUN.c.id == id).with_for_update())
        run = run_of(connection, id)
        assert run is not None
        if run.status != WAITING:
            return run
        if not run.parts:
            plan = planned(runtime_of(run.version), run.process)
            _share_out(connection, plan, run)
        started = func.coalesce(RUN.c.started_at, func.clock_timestamp())
        connection.execute(update(RUN).where(RUN.c.id == id).values(status=RUNNING, started_at=started))
        found = run_of(connection, id)
    assert found is not None
    return found


def _share_out(connection: Connection, plan: Plan, run: Run) -> None:
    shares = statements(plan).shares
    if shares is None:
        connection.execute(PART.insert().values(run=run.id, number=1, rows=0))
        return
    found = [(unit, count) for unit, count in shares.run(connection, _words(plan, run))]
    if run.only_of is not None:
        parts = list(_of_some(found, units(connection, run.only_of), plan.process.part))
    else:
        parts = list(_of_all(found, plan.process.part))
    for start in range(0, len(parts), 1000):
        some = [
            {"run": run.id, "number": number, **part}
            for number, part in enumerate(parts[start : start + 1000], start + 1)
        ]
        connection.execute(PART.insert(), some)


Shares = Iterable[tuple[int | None, int]]  # units in their order, each with how many rows belong to it
Range = dict[str, int | None]


def _of_all(shares: Shares, most: int) -> Iterator[Range]:
    """Yield parts for all units there are or will be, and one for what belongs to none."""
    low, last, rows, nothing = 0, 0, 0, 0
    for unit, count in shares:
        if unit is None:
            nothing = count
            continue
        if rows and rows + count > most:
            yield {"low": low, "high": last, "rows": rows}
            low, rows = last + 1, 0
        rows, last = rows + count, unit
    yield {"low": low, "high": LARGEST, "rows": rows}
    if nothing:
        yield {"low": None, "high": None, "rows": nothing}


def _of_some(shares: Shares, wanted: Container[int | None], most: int) -> Iterator[Range]:
    """Yield parts for some units only: no other unit lies within one."""
    open_: Range | None = None
    for unit, count in shares:
        is_full = open_ is not None and (open_["rows"] or 0) + count > most
        if open_ is not None and (unit is None or unit not in wanted or is_full):
            yield open_
            open_ = None
        if unit in wanted:
            if unit is None:
                yield {"low": None, "high": None, "rows": count}
            elif open_ is None:
                open_ = {"low": unit, "high": unit, "rows": count}
            else:
                open_ |= {"high": unit, "rows": (open_["rows"] or 0) + count}
    if open_ is not None:
        yield open_


def _words(plan: Plan, run: Run) -> dict[str, Any]:
    answers = run.values(plan.process)
    return {f"ask_{name}": value for name, value in answers.items()} | run.context.bound()


class _Driver:
    """Whoever carries one run forward."""

    def __init__(
        self, engine: Transactions, plan: Plan, runtime: Runtime, run: Run, look: Look | None
    ) -> None:
        self.engine = engine
        self.plan = plan
        self.run = run
        self.is_whole = not plan.process.together
        self.work = Work(
            plan,
            runtime,
            run.context,
            run.values(plan.process),
            run.is_dry,
            self._numbers,
            self._report,
            look,
        )
        self.connection: Connection | None = None
        self.part: Part | None = None
        self.parts = 0

    def next(self) -> bool:
        """Do one more part; tell whether there was one."""
        pause = FIRST_PAUSE_SECONDS
        for attempt in range(TRIES):
            try:
                return self._one()
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", "") or ""
                if state in _AGAIN and attempt + 1 < TRIES:
                    time.sleep(pause)
                    pause *= 2
                    continue
                if _is_refusal(error) and self.part is not None and self._isolate(self.part, error):
                    return True
                raise
            except RefusedByRules:
                raise
        return True

    def _one(self) -> bool:
        isolated = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with isolated.begin() as connection:
            self.connection, self.part = connection, None
            waiting = select(PART).where(PART.c.run == self.run.id, ~PART.c.is_done)
            row = connection.execute(
                waiting.order_by(PART.c.number).limit(1).with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return False
            self.part = Part(self.run.id, row.number, row.low, row.high, self.is_whole)
            tell(connection, self.work.context)
            outcome = do(connection, self.work, self.part)
            self._keep(connection, self.part, outcome)
        self.parts += 1
        if self.parts in LOOKED_AT_AFTER and not self.run.is_dry:
            statistics.tell(self.engine, self._filled(outcome))
        return True

    def _filled(self, outcome: Outcome) -> list[str]:
        """Return the tables that got enough rows to be joined otherwise than an empty one."""
        made = (self.plan.made[name] for name, told in outcome.steps.items() if told["rows"] > FEW)
        return [
            self.plan.runtime.entities[each.entity].table.name for each in made if each.step.kind == INSERT
        ]

    def _keep(self, connection: Connection, part: Part, outcome: Outcome) -> None:
        if not self.run.is_dry:
            self._keep_made(connection, part)
        note(connection, self.run.id, part.number, outcome.left_out)
        figures.keep(connection, self.run.id, part.number, outcome.figures)
        reports.keep(connection, outcome.reported)
        done = update(PART).where(PART.c.run == self.run.id, PART.c.number == part.number)
        connection.execute(done.values(is_done=True, finished_at=func.clock_timestamp(), steps=outcome.steps))

    def _keep_made(self, connection: Connection, part: Part) -> None:
        for made in self.plan.made.values():
            if made.step.kind != INSERT:
                continue
            table = self.plan.tables[made.name]
            connection.execute(
                text(
                    f"INSERT INTO {MADE.name} (run, part, step, entity, ids, rows) "
                    "SELECT :run, :part, :step, :entity, range_agg(int8range(id, id, '[]')), count(*) "
                    f'FROM "{table.name}" HAVING count(*) > 0'
                ),
                {"run": self.run.id, "part": part.number, "step": made.name, "entity": made.entity},
            )

    # ── what the parts ask for ────────────────────────────────────────────────────────────────────

    def _numbers(self, entity: str, field: Field, count: int) -> int:
        """Return the first of some numbers; a dry run takes none, and others do not wait for a run."""
        assert self.connection is not None
        context = self.work.context
        if field.gapless or self.run.is_dry:
            return numbering.reserve(self.connection, entity, field, context, count)
        with self.engine.begin() as apart:
            return numbering.reserve(apart, entity, field, context, count)

    def _report(self, step: str) -> None:
        """Say what is being done, and stop where somebody asked for it."""
        if isinstance(self.engine, Within):
            return  # nobody sees it before the transaction around it ends
        part = self.part.number if self.part else 0
        with self.engine.begin() as apart:
            apart.exec_driver_sql(
                "SET LOCAL synchronous_commit = off"
            )  # lost with the server, it is said again
            asked = update(RUN).where(RUN.c.id == self.run.id)
            said = asked.values(doing={"step": step, "part": part}).returning(RUN.c.stop_asked_by)
            if apart.execute(said).scalar_one_or_none():
                raise Stopped

    # ── what the database refuses ─────────────────────────────────────────────────────────────────

    def _isolate(self, part: Part, error: DBAPIError) -> bool:
        """Halve a part that the database refuses; a single unit is left out with the reason."""
        if part.is_whole or part.is_of_nothing:
            return False
        with self.engine.begin() as connection:
            units = self._units(connection, part)
            row = (PART.c.run == self.run.id) & (PART.c.number == part.number)
            if len(units) > 1:
                middle = units[len(units) // 2 - 1]
                number = (
                    select(func.max(PART.c.number) + 1).where(PART.c.run == self.run.id).scalar_subquery()
                )
                connection.execute(
                    PART.insert().values(
                        run=self.run.id, number=number, low=middle + 1, high=part.high, rows=0
                    )
                )
                connection.execute(update(PART).where(row).values(high=middle))
                return True
            first = next(iter(self.plan.made.values()))
            together = self.plan.steps.entities[first.entity].fields[self.plan.process.together]
            unit = units[0] if units else None
            left = LeftOut(
                first.name,
                "database",
                together.to,
                unit,
                unit,
                {"code": "R606", "says": _said(self.plan.runtime, error)},
            )
            note(connection, self.run.id, part.number, [left])
            connection.execute(
                update(PART).where(row).values(is_done=True, finished_at=func.clock_timestamp(), steps={})
            )
        return True

    def _units(self, connection: Connection, part: Part) -> list[int]:
        shares = statements(self.plan).shares
        assert shares is not None
        words = _words(self.plan, self.run) | {LOW: part.low, HIGH: part.high, REFUSED: []}
        found = (unit for unit, _ in shares.run(connection, words) if unit is not None)
        return [unit for unit in found if (part.low or 0) <= unit <= (part.high or 0)]

    def finish(self, status: str, trouble: dict[str, Any] | None = None) -> None:
        """End the run, unless others still work on it."""
        with self.engine.begin() as connection:
            connection.execute(select(RUN.c.id).where(RUN.c.id == self.run.id).with_for_update())
            open_ = connection.scalar(select(func.count()).where(PART.c.run == self.run.id, ~PART.c.is_done))
            if status == FINISHED and open_:
                return
            figures.prune(connection, self.run.process)
            ends = update(RUN).where(RUN.c.id == self.run.id, RUN.c.status == RUNNING)
            ended = connection.execute(
                ends.values(status=status, trouble=trouble, doing=None, finished_at=func.clock_timestamp())
            )
            if status == FINISHED and ended.rowcount and not self.run.is_dry:
                call(connection, self.work.runtime.whole, self.run)


def _is_refusal(error: DBAPIError) -> bool:
    return (getattr(error.orig, "sqlstate", "") or "").startswith(_REFUSES)


def _said(runtime: Runtime, error: DBAPIError) -> str:
    if told := refused(runtime, error.orig):
        return told.said()
    diag = getattr(error.orig, "diag", None)
    return (getattr(diag, "message_primary", None) or str(error.orig)).splitlines()[0]
