"""This file begins what falls due: a round of every worker, of whom one begins each run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from kernel.accounts.having import having
from kernel.context import Context, Origin
from kernel.expression.values import Record
from kernel.processes import queued
from kernel.processes.begins import begins
from kernel.processes.runs import begin
from kernel.processes.tables import AT_WORK, RUN
from kernel.processes.watching import watch
from kernel.rules.begun import begun, holidays
from kernel.rules.exchange import taken
from kernel.rules.formula import Formula, formula
from kernel.runtime import Runtime
from kernel.schedules.tables import SCHEDULE, START
from kernel.schedules.times import Holidays, after, between
from metadata.problems import Problem, Refused
from metadata.schedule import Schedule
from metadata.values.moments import SITE_ZONE

log = logging.getLogger(__name__)

OPERATOR = "agenda"
LATE = timedelta(minutes=15)  # a worker that was away for less has missed nothing
MOST_MISSED = 1_000


class Served(Protocol):
    """Who knows the version that is served."""

    @property
    def runtime(self) -> Runtime:
        """The version."""


@dataclass(frozen=True, slots=True)
class State:
    """How a schedule stands: since when it counts, and what of it fell due last."""

    since: datetime
    is_paused: bool
    last: datetime | None

    @property
    def behind(self) -> datetime:
        """The moment behind which times are still to come."""
        return max(self.since, self.last) if self.last else self.since


class Claimed(Exception):
    """Somebody else has begun what falls due at this time."""


class Rounds:
    """Looks at every schedule, and begins what has fallen due; called again and again by a worker."""

    def __init__(self, engine: Engine, live: Served) -> None:
        self.engine = engine
        self.live = live
        self._next: dict[tuple[int, str, datetime], datetime | None] = {}

    def __call__(self, now: datetime | None = None) -> None:
        """Make a round."""
        runtime, now = self.live.runtime.whole, now or datetime.now(UTC)
        schedules = runtime.configuration.schedules
        if not schedules:
            return
        with self.engine.begin() as connection:
            known = states(connection, schedules, now)
        for schedule in schedules.values():
            state = known[schedule.name]
            if not state.is_paused and self._is_due(runtime, schedule, state, now):
                self._begin(runtime, schedule, state, now)

    def _is_due(self, runtime: Runtime, schedule: Schedule, state: State, now: datetime) -> bool:
        """Tell whether a time has come; the next one is worked out once."""
        key = (runtime.version, schedule.name, state.behind)
        if key not in self._next:
            if len(self._next) > MOST_MISSED:
                self._next.clear()
            with self.engine.connect() as connection:
                days = days_off(connection, runtime, schedule, now)
            self._next[key] = after(schedule, state.behind, days)
        found = self._next[key]
        return found is not None and found <= now

    def _begin(self, runtime: Runtime, schedule: Schedule, state: State, now: datetime) -> None:
        with self.engine.connect() as connection:
            days = days_off(connection, runtime, schedule, now)
            is_busy = schedule.catch_up == "all" and _is_at_work(connection, schedule)
        due = list(islice(between(schedule, state.behind, now, days), MOST_MISSED))
        if schedule.catch_up == "all":
            if not is_busy:  # one after the other, in their order
                start(self.engine, runtime, schedule, due[0])
        elif schedule.catch_up == "last" or now - due[-1] <= LATE:
            start(self.engine, runtime, schedule, due[-1], missed=len(due) - 1)
        else:
            _note(self.engine, schedule, due[-1], missed=len(due))


def states(connection: Connection, schedules: Mapping[str, Schedule], now: datetime) -> dict[str, State]:
    """Return how the schedules stand; one that is seen for the first time begins to count."""
    own = (START.c.schedule == SCHEDULE.c.name) & START.c.by.is_(None)  # one begun by hand stands for none
    last = select(func.max(START.c.due_at)).where(own).scalar_subquery()
    asked = select(SCHEDULE.c.name, SCHEDULE.c.since, SCHEDULE.c.is_paused, last)
    known = {name: State(*row) for name, *row in connection.execute(asked)}
    for schedule in schedules.values():
        if schedule.name not in known:
            row = {"name": schedule.name, "since": now, "is_paused": schedule.paused}
            connection.execute(insert(SCHEDULE).values(row).on_conflict_do_nothing())
            known[schedule.name] = State(now, schedule.paused, None)
    return known


def days_off(connection: Connection, runtime: Runtime, schedule: Schedule, now: datetime) -> Holidays:
    """Return the holidays that a schedule must know of."""
    if not schedule.needs_holidays:
        return frozenset[date]()
    return holidays(connection, runtime, _context(schedule, now)) or frozenset[date]()


def _is_at_work(connection: Connection, schedule: Schedule) -> bool:
    asked = select(func.count()).select_from(START).join(RUN, RUN.c.id == START.c.run)
    return bool(connection.scalar(asked.where(START.c.schedule == schedule.name, RUN.c.status.in_(AT_WORK))))


def _context(schedule: Schedule, at: datetime) -> Context:
    origin = Origin("process", route=f"agenda/{schedule.name}")
    return Context(OPERATOR, at.astimezone(SITE_ZONE), origin=origin)


# ── beginning ─────────────────────────────────────────────────────────────────────────────────────


def start(
    engine: Engine, runtime: Runtime, schedule: Schedule, due: datetime,
    context: Context | None = None, missed: int = 0,
) -> int | list[Problem]:  # fmt: skip
    """Begin the run of a time, on the day of that time; return its number, or what stands against it.

    context: of the operator who begins it by hand.  Errors: Claimed where somebody else has begun it.
    """
    runtime = runtime.whole
    by = context.operator if context else None
    acting = context or _context(schedule, due)
    with engine.connect() as connection:
        answers = answers_of(connection, runtime, acting, schedule)

    def claim(connection: Connection, run: int) -> None:
        if not _noted(connection, schedule, due, run=run, by=by, missed=missed):
            raise Claimed
        watch(connection, run, having(connection, schedule.tell, acting.today))
        queued.put(connection, run)

    found = begin(engine, runtime, acting, schedule.run, answers, is_dry=schedule.dry_run, also=claim)
    if isinstance(found, list):
        first = found[0]
        trouble = {"code": first.code, "says": first.sentence(), "count": len(found)}
        _note(engine, schedule, due, by=by, missed=missed, trouble=trouble)
    return found


def answers_of(
    connection: Connection, runtime: Runtime, context: Context, schedule: Schedule
) -> dict[str, Any]:
    """Return the answers with which a schedule begins its process at the instant of a context."""
    found = begins(connection, runtime, context, schedule.run)
    process = runtime.configuration.processes[schedule.run]
    run = begun(connection, runtime, context)
    for name, each in _formulas(runtime, schedule).items():
        value = taken(each.of(run, Record(schedule.name, None)), process.ask[name])
        found[name] = None if isinstance(value, Refused) else value
    return found


def sentences(runtime: Runtime, schedule: Schedule) -> list[tuple[str, str]]:
    """Return what the answers of a schedule are, as people say it, by question."""
    return [(name, each.sentence) for name, each in _formulas(runtime.whole, schedule).items()]


def _formulas(runtime: Runtime, schedule: Schedule) -> dict[str, Formula]:
    """Return the answers, compiled once for a version."""
    key = ("schedule", schedule.name)
    found: dict[str, Formula] | None = runtime.views.get(key)
    if found is None:
        found = runtime.views[key] = {
            name: formula(text, runtime.configuration, "") for name, text in schedule.answers.items()
        }
    return found


def _note(engine: Engine, schedule: Schedule, due: datetime, **more: Any) -> None:
    with engine.begin() as connection:
        _noted(connection, schedule, due, **more)


def _noted(connection: Connection, schedule: Schedule, due: datetime, **more: Any) -> bool:
    """Write down what came of a time; tell whether nobody had done so."""
    row = {"schedule": schedule.name, "due_at": due, **more}
    made = insert(START).values(row).on_conflict_do_nothing().returning(START.c.id)
    return connection.execute(made).first() is not None
