"""Processes of the product that are killed: forked from one that is made ready once, so that each begins at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil

from kernel.server import Server

READY = ["aroeira", "kernel.jobs", "kernel.live", "kernel.processes.work", "renderer.app", "renderer.serving"]
# So that nobody waits long for a sign of life of the dead; the product itself is more patient.
IMPATIENT = {"SILENT_SECONDS": 0.3, "LOOK_SECONDS": 0.05, "FIRST_PAUSE_SECONDS": 0, "PATIENCE_SECONDS": 1.0}


def command(words: list[str], folder: str, impatient: Mapping[str, float]) -> None:
    """Be a command of the product, as the command line has it."""
    import aroeira
    from kernel import jobs

    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    os.environ.pop("DATABASE_URL", None)
    os.environ["AROEIRA_DATA"] = folder
    for name, value in impatient.items():
        setattr(jobs, name, value)
    aroeira.main(words)


@contextlib.contextmanager
def started(folder: Path, *words: str) -> Iterator[ForkServerProcess]:
    """Start a command with a data folder; it is killed at the end, if not before."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(READY)
    process = made.Process(target=command, args=(list(words), str(folder), IMPATIENT))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def kill_database(folder: Path) -> None:
    """Kill the database server of a folder and all that it has started, at once."""
    postmaster = Server(folder).postmaster()
    assert postmaster is not None
    parent = psutil.Process(postmaster)
    for process in [parent, *parent.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            os.kill(process.pid, signal.SIGKILL)
