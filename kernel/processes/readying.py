"""This file has the processes of the version that is served made ready beside the requests.

What a process needs is worked out on first use, which takes up to two seconds; whoever opens the first record
or run after a start would wait for it.
"""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from kernel.live import Live
from kernel.processes.plan import planned
from kernel.processes.possible import make_ready
from kernel.processes.statements import statements
from kernel.runtime import Runtime

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0  # whoever waits for a new version comes first


class Readying:
    """A thread that makes the processes of each version ready, until it is closed."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aroeira-readying", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._closed.set()  # not waited for: what it works out is for nobody any more

    def _run(self) -> None:
        ready: Runtime | None = None  # other roles of the site make another one of the same version
        while not self._closed.wait(PAUSE_SECONDS):
            runtime = self.live.runtime.whole
            if runtime is not ready:
                self._make(runtime)
                ready = runtime

    def _make(self, runtime: Runtime) -> None:
        for name in runtime.configuration.processes:
            if self._closed.is_set():
                return
            try:
                statements(planned(runtime, name))
            except Exception:  # whoever uses it is told; the others go on
                log.exception("process %s cannot be made ready", name)
        make_ready(runtime)
