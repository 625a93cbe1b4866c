"""This file remembers which records were opened or chosen, in memory first: no page waits for a commit."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from kernel.context import Context
from kernel.outage import DatabaseGone
from kernel.storage import personal, preferred

# What a crash may lose; "Abertos há pouco" is a convenience, never a record of anything.
FLUSH_AFTER = timedelta(seconds=5)


Used = tuple[str, str, int]  # operator, entity, record


class Recents:
    """The records opened, and chosen in links, since the last flush."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._opened: dict[Used, datetime] = {}
        self._chosen: dict[Used, datetime] = {}
        self._since: datetime | None = None

    def note(self, context: Context, entity: str, record: int) -> None:
        """Note an opened record; the oldest waiting note decides when all are written."""
        self._add(self._opened, context, [(entity, record)])

    def note_chosen(self, context: Context, records: Iterable[tuple[str, int]]) -> None:
        """Note records (entity, id) that were chosen in the links of a record now saved."""
        self._add(self._chosen, context, records)

    def _add(
        self, waiting: dict[Used, datetime], context: Context, records: Iterable[tuple[str, int]]
    ) -> None:
        at = context.now
        with self._lock:
            waiting.update({(context.operator, entity, record): at for entity, record in records})
            self._since = self._since or at
            is_due = at - self._since > FLUSH_AFTER
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Write what waits; while the database is away it goes on waiting."""
        with self._lock:
            opened, chosen, self._since = dict(self._opened), dict(self._chosen), None
            self._opened.clear()
            self._chosen.clear()
        if not opened and not chosen:
            return
        try:
            with self._engine.begin() as connection:
                personal.opened(connection, [(*key, at) for key, at in opened.items()])
                preferred.chosen(connection, [(*key, at) for key, at in chosen.items()])
        except DatabaseGone:
            with self._lock:
                self._opened.update({**opened, **self._opened})
                self._chosen.update({**chosen, **self._chosen})
