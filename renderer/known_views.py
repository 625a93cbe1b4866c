"""This file remembers the saved views of a list for some seconds: tabs must not cost every page a query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from kernel.storage import personal

# Another process may serve a page this much later without a colleague's new view; one's own comes at once.
KEPT_SECONDS = 5.0
MOST_ENTRIES = 5000


class KnownViews:
    """Saved views by operator and list."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[float, Sequence[personal.SavedView]]] = {}

    def of(self, engine: Any, operator: str, list_name: str, *, fresh: bool) -> Sequence[personal.SavedView]:
        """Return the views; `fresh` asks the database in any case."""
        key, now = (operator, list_name), time.monotonic()
        until, views = self._kept.get(key, (0.0, ()))
        if fresh or now > until:
            with engine.connect() as connection:
                views = personal.views(connection, operator, list_name)
            if len(self._kept) >= MOST_ENTRIES:
                self._kept.clear()
            self._kept[key] = (now + KEPT_SECONDS, views)
        return views

    def forget(self) -> None:
        """Forget all, because one of them changed."""
        self._kept.clear()
