"""This file begins the processes that a run calls, with the transaction in which the run is finished.

So a call is made once, whoever dies: a run is either finished with its calls begun, or not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kernel.expression.values import Record
from kernel.processes import queued
from kernel.processes.begins import begins
from kernel.processes.runs import Run, begin
from kernel.processes.tables import CALL, RUN
from kernel.rules.begun import begun
from kernel.rules.exchange import seen, taken
from kernel.rules.formula import Formula, formula
from kernel.runtime import Runtime
from kernel.within import Within
from metadata.expression import kinds as k
from metadata.process import Call, Process


def call(connection: Connection, runtime: Runtime, run: Run) -> None:
    """Begin what a run calls that is finished, on behalf of who asked for it."""
    process = runtime.configuration.processes[run.process]
    for name, each in process.calls.items():
        answers = _answers(connection, runtime, run, process, name, each)
        found = begin(Within(connection), runtime, run.context, each.run, answers, also=queued.put)
        row: dict[str, Any] = {"run": run.id, "name": name, "process": each.run}
        if isinstance(found, list):
            row["trouble"] = {"code": found[0].code, "says": found[0].sentence(), "count": len(found)}
        else:
            row["called"] = found
        connection.execute(CALL.insert().values(row))


def _answers(
    connection: Connection, runtime: Runtime, run: Run, process: Process, name: str, call: Call
) -> dict[str, Any]:
    asked = runtime.configuration.processes[call.run].ask
    found = begins(connection, runtime, run.context, call.run)
    evaluation, names = begun(connection, runtime, run.context), _names(run, process)
    for question, each in _formulas(runtime, process, name, call).items():
        found[question] = taken(each.of(evaluation, Record(process.name, None), names), asked[question])
    return found


def _names(run: Run, process: Process) -> dict[str, Any]:
    """Return the answers of a run as expressions see them."""
    found: dict[str, Any] = {}
    for name, value in run.values(process).items():
        field = process.ask[name]
        is_link = field.type == "link" and value is not None
        found[name] = Record(field.to, value) if is_link else seen(value, field)
    return found


def _formulas(runtime: Runtime, process: Process, name: str, call: Call) -> Mapping[str, Formula]:
    """Return the answers of a call, compiled once for a version."""
    key = ("call", process.name, name)
    found: dict[str, Formula] | None = runtime.views.get(key)
    if found is None:
        kinds = {question: k.of_field(field) for question, field in process.ask.items()}
        found = runtime.views[key] = {
            question: formula(text, runtime.configuration, "", kinds)
            for question, text in call.answers.items()
        }
    return found


# ── which there were ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Called:
    """A process that a run called: the run that began, how it stands, or why none began."""

    process: str
    run: int | None
    status: str
    trouble: Mapping[str, Any] | None


def called(connection: Connection, run: int) -> list[Called]:
    """Return what a run called."""
    columns = (CALL.c.process, CALL.c.called, RUN.c.status, CALL.c.trouble)
    asked = select(*columns).outerjoin(RUN, RUN.c.id == CALL.c.called).where(CALL.c.run == run)
    found = connection.execute(asked.order_by(CALL.c.name))
    return [Called(process, id, status or "", trouble) for process, id, status, trouble in found]


def caller(connection: Connection, run: int) -> int | None:
    """Return the run that called one."""
    return connection.scalar(select(CALL.c.run).where(CALL.c.called == run))
