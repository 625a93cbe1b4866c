"""This file puts work into a queue and has it done: later, elsewhere, and again where it failed for a while.

The queue is procrastinate's, in the same database: what a transaction puts into it is there with its commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import procrastinate
import procrastinate.worker
import psycopg
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from kernel.database import words_of
from kernel.outage import DatabaseGone, is_gone

log = logging.getLogger(__name__)

TABLE = "procrastinate_jobs"
TRIES, FIRST_PAUSE_SECONDS = 7, 2
SILENT_SECONDS = 20.0  # without a sign of life, who had taken a job is gone
LOOK_SECONDS = 5.0
GRACE_SECONDS = 3.0
PATIENCE_SECONDS = 5.0  # with a database that does not answer
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0
_GONE = (procrastinate.exceptions.ConnectorException, psycopg.Error, DBAPIError, DatabaseGone, OSError)
_LEFT = """
SELECT id, task_name, args, status::text, attempts, scheduled_at FROM procrastinate_jobs
WHERE status NOT IN ('succeeded', 'cancelled') ORDER BY id
"""
_FORGET = """
DELETE FROM procrastinate_jobs WHERE status = 'failed' AND task_name = :task AND args @> CAST(:words AS jsonb)
"""
QUEUED, AT_WORK, GIVEN_UP = "todo", "doing", "failed"

Task = Callable[..., None]
Round = Callable[[], None]
_PUTTING = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def lay(connection: Connection) -> None:
    """Make the tables of the queue where they are missing."""
    if connection.scalar(text("SELECT to_regclass(:name) IS NULL"), {"name": TABLE}):
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor:
            cursor.execute(SchemaManager.get_schema())


def put(connection: Connection, task: str, *, alone: str = "", **words: Any) -> None:
    """Put a task into the queue with the transaction of a connection.

    alone: a name; tasks of one name are never done at the same time.
    """
    if not connection.in_transaction():  # what the queue does on the driver's connection begins nothing here
        connection.begin()
    raw = connection.connection.driver_connection
    asked = _PUTTING.configure_task(task, allow_unknown=True, lock=alone or None, connection=raw)
    asked.defer(**words)


class _Again(procrastinate.BaseRetryStrategy):
    """Some tries with growing pauses; a database that went away is waited for, however often it does."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if is_gone(exception):
            return procrastinate.RetryDecision(retry_in={"seconds": FIRST_PAUSE_SECONDS})
        usual = procrastinate.RetryStrategy(max_attempts=TRIES - 1, exponential_wait=FIRST_PAUSE_SECONDS)
        return usual.get_retry_decision(exception=exception, job=job)


class Worker:
    """Does what is in the queue, in threads of its own, until it is closed; it outlives the database.

    tasks: by name; each is called with the words it was put with, and `is_last`: whether it will be tried
    again where it fails.  rounds: called by the worker every few seconds, for what falls due with time.
    """

    def __init__(
        self, engine: Engine, tasks: Mapping[str, Task], at_once: int = 2, rounds: Sequence[Round] = ()
    ) -> None:
        self.engine = engine
        self.at_once = at_once
        self.rounds = rounds
        self.tasks = tasks
        self._doing: set[int | None] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="aroeira-worker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def run(self) -> None:
        """Work in this thread until the process is told to stop."""
        asyncio.run(self._working(signals=True))

    def close(self) -> None:
        """Stop taking work; what is being done may end within some seconds, or is done again later."""
        if self._loop is not None and self._work is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._work.cancel)
        if self._thread.is_alive():
            self._thread.join(GRACE_SECONDS * 2)

    def _run(self) -> None:
        asyncio.run(self._working())

    async def _working(self, *, signals: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = asyncio.create_task(self._lasting())
        for number in (signal.SIGINT, signal.SIGTERM) if signals else ():
            self._loop.add_signal_handler(number, self._work.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await self._work

    async def _lasting(self) -> None:
        """Serve the queue, and begin anew whenever the database has gone away meanwhile."""
        pause = FIRST_WAIT_SECONDS
        while True:
            try:
                await asyncio.to_thread(self._reach)
                pause = FIRST_WAIT_SECONDS
                await self._served()
                log.warning("the queue was lost, connecting again")
            except _GONE as error:
                log.warning("the queue does not answer, trying again: %s", str(error).partition("\n")[0])
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_WAIT_SECONDS)

    def _reach(self) -> None:
        """Ask the database for anything; the engine starts a server of our own that somebody killed."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    async def _served(self) -> None:
        """Serve the queue until that is cancelled, or the database goes away."""
        app = self._app()
        worker = procrastinate.worker.Worker(
            app,
            concurrency=self.at_once,
            install_signal_handlers=False,
            fetch_job_polling_interval=LOOK_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            delete_jobs="successful",
            update_heartbeat_interval=SILENT_SECONDS / 4,
            stalled_worker_timeout=SILENT_SECONDS,
        )
        try:
            await app.open_async()
            looking = asyncio.create_task(self._look_around(app, worker))
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                looking.cancel()
        finally:
            await app.close_async()

    def _app(self) -> procrastinate.App:
        """Return a queue with connections of its own: those of one whose database went away are of no use."""
        words = dict(words_of(self.engine))
        pool = procrastinate.PsycopgConnector(
            kwargs=words, min_size=1, max_size=self.at_once + 2, timeout=PATIENCE_SECONDS
        )
        app = procrastinate.App(connector=pool)
        for name, task in self.tasks.items():
            app.task(name=name, retry=_Again(), pass_context=True)(self._noted(task))
        return app

    def _noted(self, task: Task) -> Task:
        """Return a task that is known to be done here for as long as it is."""

        def do(context: Any, /, **words: Any) -> None:
            self._doing.add(context.job.id)
            try:
                task(**words, is_last=context.job.attempts >= TRIES - 1)
            finally:
                self._doing.discard(context.job.id)

        return do

    # ── what nobody does any more, and what falls due ─────────────────────────────────────────────

    async def _look_around(self, app: procrastinate.App, worker: procrastinate.worker.Worker) -> None:
        """Put lost jobs back into the queue, and make the rounds."""
        strays: set[int | None] = set()
        while True:
            try:
                manager = app.job_manager
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
                    await manager.retry_job(job)
                # Of a job that ended while the database was away, the end could not be noted.
                own = worker.worker_id
                mine = await manager.list_jobs_async(status="doing", worker_id=own) if own else ()
                ended = {job.id: job for job in mine if job.id not in self._doing}
                for id in ended.keys() & strays:
                    await manager.retry_job(ended[id])
                strays = set(ended)
            except _GONE as error:
                log.warning("the queue does not answer: %s", error)
            await self._make_rounds()
            await asyncio.sleep(LOOK_SECONDS)

    async def _make_rounds(self) -> None:
        for each in self.rounds:
            try:
                await asyncio.to_thread(each)
            except Exception as error:
                if is_gone(error):
                    log.warning("a round of the worker found no database: %s", str(error).partition("\n")[0])
                else:
                    log.exception("a round of the worker failed, the next one comes in %s s", LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is not done: `status` is queued, at work or given up; `not_before`, if it is tried later."""

    id: int
    task: str
    words: Mapping[str, Any]
    status: str
    attempts: int
    not_before: datetime | None


def left(connection: Connection) -> Iterator[Job]:
    """Yield the jobs that are not done, oldest first: those given up, too."""
    yield from (Job(*row) for row in connection.execute(text(_LEFT)))


def forget(connection: Connection, task: str, **words: Any) -> None:
    """Take the jobs of a task with some words out that were given up."""
    connection.execute(text(_FORGET), {"task": task, "words": json.dumps(words)})
