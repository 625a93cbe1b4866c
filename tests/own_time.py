"""What a piece of work takes of the processor by itself, without what the test run around it costs."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when the work takes more; the collector of a run with thousands of tests behind it waits meanwhile."""
    gc.disable()
    began = time.thread_time()
    try:
        yield
        spent = time.thread_time() - began
    finally:
        gc.enable()
    assert spent < seconds, f"{spent:.2f} s"
