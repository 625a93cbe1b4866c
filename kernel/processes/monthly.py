"""This file knows which processes that belong to every month are still to be done in one.

A run counts that was for all of the month: what narrows it, such as a single contract, was not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from kernel.processes.runs import said_of
from kernel.processes.sight import Told
from kernel.processes.tables import FINISHED, RUN, UNDONE
from kernel.processes.telling import RunLine, some
from metadata.problems import Refused
from metadata.process import Process

LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Due:
    """A process that is still to be done for a month.

    run: the last one for it, which left something out, or did not get to its end; None where there is none.
    last: the last one for any month.
    """

    process: Process
    month: date
    run: RunLine | None
    last: RunLine | None


def due(connection: Connection, told: Told, processes: Iterable[Process], month: date) -> Iterator[Due]:
    """Yield the processes still to be done for a month, or to be done again for what was left out."""
    for process in filter(lambda each: each.monthly, processes):
        whole = [(id, said) for id, said in _runs(connection, process) if _is_whole(process, said)]
        wanted = said_of(process, {process.monthly: month})[process.monthly]
        here = [id for id, said in whole if said.get(process.monthly) == wanted][:1]
        known = {run.id: run for run in some(connection, told, {*here, *(id for id, _ in whole[:1])})}
        run = known.get(here[0]) if here else None
        if run is None or run.status != FINISHED or run.left_out:
            yield Due(process, month, run, known.get(whole[0][0]) if whole else None)


def _runs(connection: Connection, process: Process) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the last runs of a process that did something, newest first, with their answers."""
    asked = select(RUN.c.id, RUN.c.answers).where(
        RUN.c.process == process.name, ~RUN.c.is_dry, RUN.c.status != UNDONE
    )
    found = connection.execute(asked.order_by(RUN.c.id.desc()).limit(LOOKED_AT))
    return [(id, answers) for id, answers in found]


def _is_whole(process: Process, said: Mapping[str, Any]) -> bool:
    """Tell whether a run was asked for everything: its other answers are those that nobody has to give."""
    begins = {
        name: field.canonical(field.default)
        for name, field in process.ask.items()
        if field.default and not field.default_is
    }
    usual = said_of(process, {name: each for name, each in begins.items() if not isinstance(each, Refused)})
    other = (name for name in process.ask if name != process.monthly)
    return all(said.get(name, usual.get(name)) == usual.get(name) for name in other)
