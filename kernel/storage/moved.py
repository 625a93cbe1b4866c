"""This file begins the processes that transitions run, with the transaction of the save that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from kernel.context import Context
from kernel.processes.begins import begins
from kernel.processes.queued import put
from kernel.processes.runs import begin
from kernel.runtime import Runtime
from kernel.storage.work import Work
from kernel.within import Within
from metadata.problems import Problem


def run_what_moved(
    connection: Connection, runtime: Runtime, context: Context, works: Iterable[Work]
) -> Iterator[Problem]:
    """Begin a run for each record that a transition with a process was made on; yield why one cannot."""
    for work in works:
        moves = work.compiled.rules.moves
        if moves is None or work.id is None:
            continue
        before, after = (values.get(moves.field.name) for values in (work.current, work.after))
        move = moves.ways.get((before or "", after or ""))
        if move is None or before == after or not move.rule.runs:
            continue
        process = runtime.configuration.processes[move.rule.runs]
        answers = begins(connection, runtime, context, process.name)
        answers[process.about(work.compiled.name)] = work.id
        here = Within(connection, ends=False)
        begun = begin(here, runtime, context, process.name, answers, also=put)
        for problem in begun if isinstance(begun, list) else ():
            yield replace(problem, field=work.prefix + moves.field.name)
