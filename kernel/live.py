"""This file keeps a process on the published version: it hears of a new one, compiles it, swaps it in.

Requests take `runtime` once and keep it to their end. A version that cannot be served is reported, and the
one before stays.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from kernel import publish
from kernel.accounts import site_roles
from kernel.outage import DatabaseGone
from kernel.runtime import Runtime, at_site, compile
from metadata.package import Configuration
from metadata.problems import Problems

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # a look at the version, should a message have been lost
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0
_GONE = (DatabaseGone, DBAPIError, psycopg.Error, OSError)


class Live:
    """The published version, kept up to date by a thread of its own.

    runtime: what is served now; the empty configuration (version 0) before anything is published.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runtime: Runtime = compile(Configuration(), 0)
        self._refused: tuple[int, int] | None = None
        self._wake_read, self._wake_write = os.pipe()
        self._closed = threading.Event()
        self._swapped = threading.Condition()
        self.refresh()
        self._thread = threading.Thread(target=self._run, name="aroeira-live", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._closed.is_set():
            return
        self._closed.set()
        os.write(self._wake_write, b"x")
        self._thread.join(timeout=LONGEST_PAUSE_SECONDS * 5)
        os.close(self._wake_write)
        os.close(self._wake_read)

    def refresh(self) -> None:
        """Serve the newest version with the newest roles of the site from now on, if they are not served."""
        with self.engine.connect() as connection:
            newest = publish.latest(connection), site_roles.latest(connection)
            if newest in (self.served, self._refused):
                return
            try:
                runtime = self._made(connection, *newest)
            except Exception as error:
                if isinstance(error, _GONE):
                    raise
                self._refuse(newest, error)
                return
        with self._swapped:
            self.runtime = runtime
            self._swapped.notify_all()
        log.info("version %d is served, roles of edit %d", *newest)

    @property
    def served(self) -> tuple[int, int]:
        """The version served, and the edit of the roles of the site."""
        return self.runtime.version, self.runtime.site.edit if self.runtime.site else 0

    def _made(self, connection: Connection, version: int, edit: int) -> Runtime:
        published = self.runtime
        if published.version != version:
            # The first version may be older than this program; a new one was checked where it was published.
            published = publish.load(connection, version, by_this_program=published.version > 0)
        return at_site(published, edit, site_roles.in_force(connection)) if edit else published

    def wait_for(self, version: int, timeout_seconds: float, edit: int = 0) -> bool:
        """Wait until a version and an edit, or newer ones, are served; tell whether they came in time."""
        with self._swapped:
            return self._swapped.wait_for(
                lambda: self.served[0] >= version and self.served[1] >= edit, timeout_seconds
            )

    def _refuse(self, newest: tuple[int, int], error: Exception) -> None:
        self._refused, version = newest, newest[0]
        if isinstance(error, Problems):
            log.error("version %d cannot be served, %d stays:\n%s", version, self.runtime.version, error)
        else:
            log.error("version %d cannot be served, %d stays", version, self.runtime.version, exc_info=error)

    # ── the thread ────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._closed.is_set():
            try:
                self._listen()
                pause = FIRST_PAUSE_SECONDS
            except _GONE as error:
                log.warning("the database does not answer, trying again: %s", str(error).partition("\n")[0])
                self._closed.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _listen(self) -> None:
        """Listen on a connection of our own until it is lost or we are closed."""
        connection = self._connect()
        try:
            connection.execute(f"LISTEN {publish.CHANNEL}")
            self.refresh()  # what was published while nobody listened
            while not self._closed.is_set():
                ready, _, _ = select.select([connection.fileno(), self._wake_read], [], [], POLL_SECONDS)
                if self._wake_read not in ready:
                    self._heard(connection)
                    self.refresh()
        finally:
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        """Return a connection taken out of the pool for good; the engine knows how to make one."""
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection  # gone once detached
        pooled.detach()
        connection.autocommit = True
        return connection  # type: ignore[no-any-return]

    @staticmethod
    def _heard(connection: psycopg.Connection[Any]) -> None:
        """Take messages in; with none there, ask something, so that a dead connection is noticed."""
        if not list(connection.notifies(timeout=0)):
            connection.execute("SELECT 1")
