"""This file asks once more before a process runs for good: with which answers, and what is to be expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from kernel.processes import leftovers, telling
from kernel.processes.plan import Plan, planned
from kernel.processes.runs import Run, said_of
from kernel.processes.simulated import fresh
from kernel.processes.tables import FINISHED
from metadata.process import Process
from renderer import process_words, screen
from renderer.counted import counted
from renderer.posted import Texts
from renderer.process_compare import Result, results
from renderer.process_gate import ALL, OpenedRun, address_of, place, place_of_run
from renderer.visit import Visit
from renderer.when import named

SIMULATE, RUN, BACK = "simular", "executar", "voltar"
STEP, CONFIRMED = "passo", "confirmado"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run is expected to come to: what says so, and where that is read in full."""

    says: str
    address: str
    results: Sequence[Result]
    left_out: str


@dataclass(frozen=True, slots=True)
class View:
    """What the page receives.

    address: where the answer goes.  back: an address; where it is empty, the questions as they were typed,
    which `typed` carries on.  expected: none where nobody has simulated it.  only: what is done, where that
    is not all.  simulate: where a simulation begins, if not where the answer goes.
    stale: the simulation that no longer says what would come.
    """

    title: str
    address: str
    back: str
    answers: Sequence[tuple[str, str]]
    expected: Expected | None
    typed: Sequence[tuple[str, str]] = ()
    only: str = ""
    simulate: str = ""
    stale: int = 0


def is_wide(process: Process, answers: Mapping[str, Any]) -> bool:
    """Tell whether a process would run over more than the one record that it begins at."""
    about = process.about(process.of) if process.of else ""
    return not about or answers.get(about) is None


def of_answers(
    request: Request, seen: Visit, process: Process, answers: Mapping[str, Any], texts: Texts
) -> Response:
    """Ask whether a process shall run for good with what was typed; say what its simulation came to."""
    plan = planned(seen.runtime, process.name)
    with seen.reading.connect() as connection:
        told = process_words.answers(connection, plan, seen.context, said_of(process, answers))
        simulated = fresh(connection, seen.runtime, seen.context, process.name, said_of(process, answers))
        expected = _expected(connection, seen, plan, simulated) if simulated else None
    kept = [(name, text) for name, found in texts.items() if name not in (STEP, CONFIRMED) for text in found]
    address = f"{ALL}/{process.name}"
    view = View(process_words.title(plan, told), address, "", _answered(told), expected, kept)
    module, crumbs = place(seen, process)
    return _page(request, view, module, (*crumbs, (process.label, address)))


def of_run(request: Request, opened: OpenedRun, verb: str) -> Response:
    """Ask whether to run for good with the answers of a run: of a simulation, or of one done before."""
    seen, run, plan = opened.seen, opened.run, opened.plan
    rest = run.status == FINISHED and not run.is_dry
    with seen.reading.connect() as connection:
        told = process_words.answers(connection, plan, seen.context, run.answers)
        known = None if rest else fresh(connection, seen.runtime, seen.context, run.process, run.answers)
        expected = _expected(connection, seen, plan, known) if known else None
        left = sum(each.count for each in leftovers.reasons(connection, run.id)) if rest else 0
    only = f"Só o que ficou de fora da execução {run.id}: {counted(left, 'linha', 'linhas')}." if rest else ""
    title = process_words.title(plan, told)
    view = View(
        title, f"{opened.address}/{verb}", opened.address, _answered(told), expected,
        only=only, simulate=f"{opened.address}/{SIMULATE}", stale=run.id if run.is_dry else 0,
    )  # fmt: skip
    return _page(request, view, *place_of_run(opened))


def _answered(told: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, text) for label, text in told.values() if text != process_words.UNANSWERED]


def _expected(connection: Connection, seen: Visit, plan: Plan, run: Run) -> Expected:
    left = sum(each.count for each in leftovers.reasons(connection, run.id))
    what = "simulação" if run.is_dry else "execução"
    return Expected(
        f"{what} {run.id}, de {named(run.asked_at, seen.context.now)}",
        address_of(run.id),
        tuple(results(plan, telling.steps(connection, run.id))),
        counted(left, "linha", "linhas") if left else "",
    )


def _page(request: Request, view: View, module: str, crumbs: Sequence[screen.Crumb]) -> Response:
    return screen.page(
        request,
        "run_confirm.html",
        title=f"Executar {view.title}",
        crumbs=tuple(crumbs),
        module=module,
        status=200,
        view=view,
    )
