"""This file puts work into a queue and has it done: later, elsewhere, and again where it failed for a while.

The queue is procrastinate's, in the same database: what a transaction puts into it is there with its commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import procrastinate
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from kernel.database import words_of

log = logging.getLogger(__name__)

TABLE = "procrastinate_jobs"
TRIES, FIRST_PAUSE_SECONDS = 6, 2
SILENT_SECONDS = 20.0  # without a sign of life, who had taken a job is gone
LOOK_SECONDS = 5.0
GRACE_SECONDS = 3.0
_WAITING = """
SELECT id, task_name, status::text FROM procrastinate_jobs
WHERE status NOT IN ('succeeded', 'cancelled') ORDER BY id
"""

Task = Callable[..., None]
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


class Worker:
    """Does what is in the queue, in threads of its own, until it is closed.

    tasks: by name; each is called with the words it was put with, and `is_last`: whether it will be tried
    again where it fails.
    """

    def __init__(self, engine: Engine, tasks: Mapping[str, Task], at_once: int = 2) -> None:
        self.engine = engine
        self.at_once = at_once
        self.app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                kwargs=dict(words_of(engine)), min_size=1, max_size=at_once + 2
            )
        )
        for name, task in tasks.items():
            self._add(name, task)
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

    def _add(self, name: str, task: Task) -> None:
        pause = procrastinate.RetryStrategy(max_attempts=TRIES, exponential_wait=FIRST_PAUSE_SECONDS)

        @self.app.task(name=name, retry=pause, pass_context=True)
        def do(context: Any, /, **words: Any) -> None:
            task(**words, is_last=context.job.attempts >= TRIES)

    def _run(self) -> None:
        asyncio.run(self._working())

    async def _working(self, *, signals: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = asyncio.create_task(self._served(signals=signals))
        with contextlib.suppress(asyncio.CancelledError):
            await self._work

    async def _served(self, *, signals: bool) -> None:
        async with self.app.open_async():
            looking = asyncio.create_task(self._look_for_the_lost())
            try:
                await self.app.run_worker_async(
                    concurrency=self.at_once,
                    install_signal_handlers=signals,
                    fetch_job_polling_interval=LOOK_SECONDS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    delete_jobs="successful",
                )
            finally:
                looking.cancel()

    async def _look_for_the_lost(self) -> None:
        """Put jobs back into the queue whose worker shows no sign of life."""
        while True:
            try:
                manager = self.app.job_manager
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
                    await manager.retry_job(job)
            except procrastinate.exceptions.ConnectorException as error:
                log.warning("the queue does not answer: %s", error)
            await asyncio.sleep(LOOK_SECONDS)


def waiting(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Yield the jobs that are not done: number, task, state."""
    yield from (tuple(row) for row in connection.execute(text(_WAITING)))
