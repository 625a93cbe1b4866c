"""This file reads runs for whoever looks at them: how far they are, what steps came to, which there were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, text

from kernel.jobs import TABLE
from kernel.processes.plan import Plan
from kernel.processes.queued import DRIVE, TOGETHER, UNDO
from kernel.processes.sight import Told
from kernel.processes.tables import LEFT_OUT, MADE, RUN
from metadata.process import RELATION, pointers


@dataclass(frozen=True, slots=True)
class StepTold:
    """What a step came to in all parts that are done: rows, rows left out, seconds, sums of money."""

    rows: int = 0
    left_out: int = 0
    seconds: float = 0.0
    totals: Mapping[str, Decimal] = attribute(default_factory=dict)


NOTHING = StepTold()
NO_STEPS: Mapping[str, StepTold] = {}

_STEPS = text(
    "SELECT s.key, sum((s.value->>'rows')::bigint), sum(coalesce((s.value->>'left_out')::bigint, 0)), "
    "sum((s.value->>'seconds')::float) FROM aroeira_process_part p CROSS JOIN jsonb_each(p.steps) s "
    "WHERE p.run = :run GROUP BY 1"
)
_TOTALS = text(
    "SELECT s.key, t.key, sum(t.value::numeric) FROM aroeira_process_part p "
    "CROSS JOIN jsonb_each(p.steps) s CROSS JOIN jsonb_each_text(s.value->'totals') t "
    "WHERE p.run = :run GROUP BY 1, 2"
)


def steps(connection: Connection, run: int) -> dict[str, StepTold]:
    """Return what the steps of a run came to, by name."""
    totals: dict[str, dict[str, Decimal]] = {}
    for step, name, value in connection.execute(_TOTALS, {"run": run}):
        totals.setdefault(step, {})[name] = value
    return {
        step: StepTold(int(rows), int(left), round(seconds, 4), totals.get(step, {}))
        for step, rows, left, seconds in connection.execute(_STEPS, {"run": run})
    }


def has_written(plan: Plan, told: Mapping[str, StepTold]) -> bool:
    """Tell whether a run wrote anything, or would have."""
    return any(told.get(name, NOTHING).rows for name, made in plan.made.items() if made.step.kind != RELATION)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a warning: a text, and the folder and the name of the document that it leads to."""

    text: str
    folder: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """What is to be looked at in a run, and how many rows it is about."""

    pieces: tuple[Piece, ...]
    rows: int

    @property
    def says(self) -> str:
        """The sentence without ways."""
        return "".join(piece.text for piece in self.pieces)


def warnings(plan: Plan, told: Mapping[str, StepTold]) -> list[Warned]:
    """Return what is to be looked at in a run."""
    warned = ((made.step.warn, told.get(name, NOTHING).rows) for name, made in plan.made.items())
    return [Warned(tuple(_pieces(plan, says)), rows) for says, rows in warned if says and rows]


def _pieces(plan: Plan, says: str) -> Iterator[Piece]:
    configuration = plan.runtime.whole.configuration
    for before, folder, name in pointers(says):
        yield Piece(before)
        if folder:
            document: Any = getattr(configuration, folder).get(name)
            entity = configuration.entities.get(getattr(document, "entity", ""))
            label = document.label or (entity.label.many if entity else name) if document else name
            yield Piece(label, folder, name)


# ── how far ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: rows that steps bring in, and about how many seconds are left where that is known."""

    rows: int
    done: int
    seconds_left: int | None

    @property
    def share(self) -> int:
        """The part that is done, in whole percent; all of it only when nothing is left."""
        return 100 if self.done >= self.rows else min(99, self.done * 100 // self.rows)


_PROGRESS = text(
    "SELECT coalesce(sum(greatest(rows, 1)), 0), coalesce(sum(greatest(rows, 1)) FILTER (WHERE is_done), 0), "
    "coalesce((SELECT sum((s.value->>'seconds')::float) FROM aroeira_process_part d "
    "CROSS JOIN jsonb_each(d.steps) s WHERE d.run = :run AND d.is_done), 0) "
    "FROM aroeira_process_part WHERE run = :run"
)


def progress(connection: Connection, run: int) -> Progress:
    """Return how far a run is."""
    rows, done, seconds = connection.execute(_PROGRESS, {"run": run}).one()
    left = round(seconds / int(done) * int(rows - done) / TOGETHER) if done and rows > done else None
    return Progress(int(rows), int(done), left)


def is_undoing(connection: Connection, run: int) -> bool:
    """Tell whether a run is being undone, or will be."""
    return is_expected(connection, run, UNDO)


def is_expected(connection: Connection, run: int, task: str = DRIVE) -> bool:
    """Tell whether the queue has somebody for a run: waiting, or at work."""
    asked = text(
        f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE task_name = :task AND status IN ('todo', 'doing') "
        "AND args->>'run' = :run)"
    )
    return bool(connection.scalar(asked, {"task": task, "run": str(run)}))


# ── which there were, of those that may be told ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a list of them."""

    id: int
    process: str
    version: int
    answers: Mapping[str, Any]
    is_dry: bool
    status: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    left_out: int


_NAMES = (
    "id", "process", "version", "answers", "is_dry", "status", "asked_by", "asked_at", "finished_at",
)  # fmt: skip
_LEFT = select(func.count()).where(LEFT_OUT.c.run == RUN.c.id).scalar_subquery()
_LINE = (*(RUN.c[name] for name in _NAMES), _LEFT)


def latest(connection: Connection, told: Told) -> dict[str, RunLine]:
    """Return the last run of each process."""
    last = select(func.max(RUN.c.id)).where(told.condition).group_by(RUN.c.process)
    found = connection.execute(select(*_LINE).where(RUN.c.id.in_(last)), told.words)
    return {line.process: RunLine(*line) for line in found}


def some(connection: Connection, told: Told, ids: Iterable[int]) -> list[RunLine]:
    """Return some runs, newest first."""
    query = select(*_LINE).where(RUN.c.id.in_(list(ids)), told.condition).order_by(RUN.c.id.desc())
    return [RunLine(*line) for line in connection.execute(query, told.words)]


def runs(
    connection: Connection, told: Told, statuses: Iterable[str] = (), before: int = 0, limit: int = 50
) -> list[RunLine]:
    """Return runs, newest first, from one on; with some statuses, or all."""
    wanted = list(statuses)
    query = select(*_LINE).where(told.condition)
    query = query.where(RUN.c.status.in_(wanted)) if wanted else query
    query = query.where(RUN.c.id < before) if before else query
    newest = query.order_by(RUN.c.id.desc()).limit(limit)
    return [RunLine(*line) for line in connection.execute(newest, told.words)]


def counts(connection: Connection, told: Told) -> dict[str, int]:
    """Return how many runs there are of each status."""
    query = select(RUN.c.status, func.count()).where(told.condition).group_by(RUN.c.status)
    return {str(status): int(count) for status, count in connection.execute(query, told.words)}


def maker(connection: Connection, told: Told, entity: str, record: int) -> RunLine | None:
    """Return the run that made a record."""
    query = (
        select(*_LINE)
        .join(MADE, MADE.c.run == RUN.c.id)
        .where(MADE.c.entity == entity, text("aroeira_process_made.ids @> CAST(:record AS bigint)"))
        .where(told.condition)
        .order_by(RUN.c.id.desc())
        .limit(1)
    )
    found = connection.execute(query, {**told.words, "record": record}).first()
    return RunLine(*found) if found else None


def made(connection: Connection, run: int) -> dict[str, int]:
    """Return how many records of each entity a run made."""
    query = select(MADE.c.entity, func.sum(MADE.c.rows)).where(MADE.c.run == run).group_by(MADE.c.entity)
    return {entity: int(count) for entity, count in connection.execute(query)}


def changed(connection: Connection, run: int) -> dict[tuple[str, str], int]:
    """Return how many records a run changed or removed, by step and entity."""
    asked = text("SELECT step, entity, count(*) FROM aroeira_process_before WHERE run = :run GROUP BY 1, 2")
    return {(step, entity): count for step, entity, count in connection.execute(asked, {"run": run})}
