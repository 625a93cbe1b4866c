"""This file reads of the address of a list by which step of which run its records are there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kernel.processes.plan import planned
from kernel.processes.runs import run_of
from metadata.problems import Problem
from renderer import process_words
from renderer.filters import RUN, OfRun
from renderer.process_gate import address_of, is_told
from renderer.visit import Visit

_WRITTEN = re.compile(r"(\d{1,18})\.([\w.]+)")


def read(seen: Visit, texts: Sequence[str]) -> tuple[OfRun | None, tuple[Problem, ...]]:
    """Read the condition; of a run that may not be told of, nothing is there."""
    if not texts:
        return None, ()
    written = _WRITTEN.fullmatch(texts[-1])
    run, step = (int(written[1]), written[2]) if written else (0, "")
    with seen.reading.connect() as connection:
        found = run_of(connection, run)
        if found is None or not is_told(connection, seen, found):
            return OfRun(run, step), (Problem("R615", {"run": texts[-1][:40]}, field=RUN),)
        plan = planned(seen.runtime, found.process)
        title = process_words.title(
            plan, process_words.answers(connection, plan, seen.context, found.answers)
        )
    return OfRun(run, step, f"{title}: {process_words.step_label(plan, step)}", address_of(run)), ()
