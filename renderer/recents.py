"""This file remembers which records were opened, in memory first: a page view must not wait for a commit."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from kernel.context import Context
from kernel.outage import DatabaseGone
from kernel.storage import personal

# What a crash may lose; "Abertos há pouco" is a convenience, never a record of anything.
FLUSH_AFTER = timedelta(seconds=5)


class Recents:
    """The records opened since the last flush, by operator, entity and record."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str, int], datetime] = {}
        self._since: datetime | None = None

    def note(self, context: Context, entity: str, record: int) -> None:
        """Note an opened record; the oldest waiting note decides when all are written."""
        at = context.now
        with self._lock:
            self._waiting[(context.operator, entity, record)] = at
            self._since = self._since or at
            is_due = at - self._since > FLUSH_AFTER
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Write what waits; while the database is away it goes on waiting."""
        with self._lock:
            waiting, self._waiting, self._since = self._waiting, {}, None
        if not waiting:
            return
        try:
            with self._engine.begin() as connection:
                personal.opened(connection, [(*key, at) for key, at in waiting.items()])
        except DatabaseGone:
            with self._lock:
                self._waiting = {**waiting, **self._waiting}
