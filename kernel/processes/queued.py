"""This file puts runs into the queue, with the transaction that asks for them, and tells what is there.

A job that failed at every try stays in the queue, given up, until its run goes on or somebody takes it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kernel import jobs

DRIVE, UNDO = "process.drive", "process.undo"
TOGETHER = 2  # how many drive one run


def put(connection: Connection, run: int) -> None:
    """Have a run done, with the transaction of the connection."""
    forget(connection, run)
    for _ in range(TOGETHER):
        jobs.put(connection, DRIVE, run=run)


def put_undo(connection: Connection, run: int, operator: str) -> None:
    """Have a run undone for an operator, with the transaction of the connection."""
    forget(connection, run)
    jobs.put(connection, UNDO, alone=f"{UNDO} {run}", run=run, operator=operator)


def forget(connection: Connection, run: int) -> None:
    """Take out what was given up of a run."""
    for task in (DRIVE, UNDO):
        jobs.forget(connection, task, run=run)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the queue has of a run: to be done or undone; how often it was tried, and when it is next."""

    run: int
    task: str
    status: str
    attempts: int
    not_before: datetime | None


def expected(connection: Connection) -> Iterator[Expected]:
    """Yield what the queue has, once for each run and task: several that drive one run are told as one."""
    found: dict[tuple[int, str], list[jobs.Job]] = {}
    for job in jobs.left(connection):
        if job.task in (DRIVE, UNDO):
            found.setdefault((int(job.words["run"]), job.task), []).append(job)
    for (run, task), each in found.items():
        yield Expected(run, task, _status(each), max(job.attempts for job in each), _next(each))


def _status(each: Iterable[jobs.Job]) -> str:
    """Return the state of several jobs for one run: as long as one goes on, the run does."""
    known = {job.status for job in each}
    return next((status for status in (jobs.AT_WORK, jobs.QUEUED) if status in known), jobs.GIVEN_UP)


def _next(each: Iterable[jobs.Job]) -> datetime | None:
    return min((job.not_before for job in each if job.not_before and job.status == jobs.QUEUED), default=None)
