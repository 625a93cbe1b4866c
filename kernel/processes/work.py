"""This file has runs that are in the queue done by workers: driven by whoever is free, or undone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Engine, select, update

from kernel import publish
from kernel.context import Origin, at_present
from kernel.outage import is_gone
from kernel.processes.drive import drive
from kernel.processes.queued import DRIVE, UNDO
from kernel.processes.tables import AT_WORK, FAILED, RUN
from kernel.processes.undo import ENDED, undo
from kernel.runtime import Runtime


class Served(Protocol):
    """Who knows the version that is served."""

    @property
    def runtime(self) -> Runtime:
        """The version."""


class Versions:
    """Published versions, ready to serve; a run goes on with the one that it began with."""

    def __init__(self, engine: Engine, live: Served) -> None:
        self.engine = engine
        self.live = live
        self._known: dict[int, Runtime] = {}
        self._lock = threading.Lock()

    def __call__(self, version: int) -> Runtime:
        """Return a version."""
        served = self.live.runtime
        if served.version == version:
            return served
        with self._lock:
            if version not in self._known:
                with self.engine.connect() as connection:
                    self._known = {version: publish.load(connection, version)}
            return self._known[version]


def tasks(engine: Engine, live: Served) -> Mapping[str, Callable[..., None]]:
    """Return what workers do for processes, by the name of the task."""
    versions = Versions(engine, live)

    def driven(run: int, is_last: bool) -> None:
        with engine.connect() as connection:
            status = connection.scalar(select(RUN.c.status).where(RUN.c.id == run))
        if status not in AT_WORK:
            return
        try:
            drive(engine, versions, run)
        except Exception as error:
            if is_last and not is_gone(error):
                _fail(engine, run, error)
            raise

    def undone(run: int, operator: str, is_last: bool) -> None:
        context = at_present(operator, origin=Origin("process", route=f"run/{run}"))
        try:
            problems = undo(engine, versions, context, run)
        except Exception as error:
            if is_last and not is_gone(error):
                _note(engine, run, {"code": "R611", "says": _said(error)})
            raise
        for problem in problems[:1]:
            _note(engine, run, {"code": problem.code, "says": problem.sentence(), "count": len(problems)})

    return {DRIVE: driven, UNDO: undone}


def _note(engine: Engine, run: int, trouble: dict[str, Any]) -> None:
    """Write down why a run was not undone, where it is over."""
    with engine.begin() as connection:
        connection.execute(
            update(RUN).where(RUN.c.id == run, RUN.c.status.in_(ENDED)).values(trouble=trouble)
        )


def _fail(engine: Engine, run: int, error: Exception) -> None:
    """Write down why a run will not be tried again; somebody may let it go on later."""
    trouble: dict[str, Any] = {"code": "R611", "says": _said(error)}
    with engine.begin() as connection:
        ends = update(RUN).where(RUN.c.id == run, RUN.c.status.in_(AT_WORK))
        connection.execute(ends.values(status=FAILED, trouble=trouble, doing=None))


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
