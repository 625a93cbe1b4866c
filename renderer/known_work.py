"""This file remembers for some seconds what somebody works for, and may: no request must pay for it twice.

What is remembered only narrows: that a record is theirs at all is asked of the database with every read. A
company that was taken away meanwhile is therefore empty, until the next one is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Engine

from kernel.access.working import Offer, Wish, Worker, offered, settled
from kernel.runtime import Runtime

KEPT_SECONDS = 5.0
MOST_ENTRIES = 5000
T = TypeVar("T")


class KnownWork:
    """What was settled and offered, by version, operator, roles and wish."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def settled(self, engine: Engine, runtime: Runtime, worker: Worker, wish: Wish) -> Mapping[str, int]:
        """Return what somebody works for."""

        def asked() -> dict[str, int]:
            with engine.connect() as connection:
                return settled(connection, runtime, worker, wish)

        return self._remembered(("settled", *_who(runtime, worker), *sorted(wish.records.items())), asked)

    def offered(self, engine: Engine, runtime: Runtime, worker: Worker) -> tuple[Offer, ...]:
        """Return what somebody may work for."""

        def asked() -> tuple[Offer, ...]:
            with engine.connect() as connection:
                return offered(connection, runtime, worker)

        chosen = sorted(worker.access.working.items())
        return self._remembered(("offered", *_who(runtime, worker), *chosen), asked)

    def _remembered(self, key: Hashable, ask: Callable[[], T]) -> T:
        now = time.monotonic()
        until, found = self._kept.get(key, (0.0, None))
        if now > until:
            found = ask()
            if len(self._kept) >= MOST_ENTRIES:
                self._kept.clear()
            self._kept[key] = (now + KEPT_SECONDS, found)
        made: T = found
        return made

    def forget(self) -> None:
        """Forget all."""
        self._kept.clear()


def _who(runtime: Runtime, worker: Worker) -> tuple[Hashable, ...]:
    return runtime.version, worker.operator, worker.access.record, worker.profile.key
