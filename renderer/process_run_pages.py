"""This file shows one run while it works and after, stops it, lets it go on, and begins others like it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.processes import calling, comparing, leftovers, queued, telling, watching
from kernel.processes.resuming import resume
from kernel.processes.runs import Run, begin, stop
from kernel.processes.saying import Saying
from kernel.processes.simulated import ran_since
from kernel.processes.tables import AT_WORK, CANCELLED, FAILED, FINISHED, UNDONE
from metadata.problems import Problem, Refused
from metadata.values.numbers import print_integer
from renderer import documents, parameter_gate, process_confirm, process_words, screen, who, work_view
from renderer.filters import OfRun, address
from renderer.process_compare import Compared, Result, compare, results
from renderer.process_difference_pages import RunDifferences, differences
from renderer.process_gate import ALL, OpenedRun, address_of, is_told, opened_run, place, told_of
from renderer.process_pages import unseen
from renderer.process_report_pages import Table, first_rows, is_more_together
from renderer.process_words import State, StepLine
from renderer.visit import Visit
from renderer.when import said

MOST_SHOWN = 5
RUN, REDO, SIMULATE = "executar", "refazer", process_confirm.SIMULATE
FRAGMENT = "fragmento"
DEMONSTRATION = "demo"  # whence the runs of a demonstration come, as of the days when they would have been


@dataclass(frozen=True, slots=True)
class Calling:
    """A process that a run called: the run that began, as far as one may see it, or why none did."""

    label: str
    address: str
    state: State | None
    trouble: str


@dataclass(frozen=True, slots=True)
class View:
    """What the page of a run receives.

    lost: nobody works on it any more, although it is not over.  results: of a run that is over, what its
    steps wrote, or would have, and where that is listed.  compared, differ: with `before`, the run before it.
    together: what to choose, where whoever works for all companies is told more; working: what they chose.
    ran: of a simulation, what was run for good with its answers since, and where that is.
    warnings: what to look at, in pieces that may lead somewhere, with its rows.
    left: what was left out, the first rows of `left_count`.
    """

    run: Run
    title: str
    address: str
    process_address: str
    state: State
    sub: str
    undone: str
    answers: Sequence[tuple[str, str]]
    steps: Sequence[StepLine]
    progress: telling.Progress
    doing: str
    remains: str
    trouble: str
    is_at_work: bool
    is_undoing: bool
    is_lost: bool
    may_stop: bool
    may_go_on: bool
    may_undo: bool
    may_run: bool
    ran: str
    ran_address: str
    may_redo: bool
    may_redo_all: bool
    results: Sequence[tuple[Result, str]]
    compared: Sequence[Compared]
    differ: RunDifferences | None
    reports: Sequence[Table]
    together: str
    working: Sequence[tuple[str, int]]
    before: str
    before_address: str
    warnings: Sequence[tuple[Sequence[tuple[str, str]], int]]
    reasons: Sequence[tuple[str, int]]
    left: Sequence[Any]
    left_count: int
    calls: Sequence[Calling]
    problems: Sequence[Problem] = ()


def show(request: Request) -> Response:
    """Show a run as it stands; whoever waited for its end has seen it now."""
    opened = opened_run(request)
    if opened.run.status not in AT_WORK:
        with opened.seen.engine.begin() as connection:
            watching.seen(connection, opened.run.id, opened.seen.context.operator)
    return page(request, opened)


def page(
    request: Request, opened: OpenedRun, problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    """Return the page of a run, or the part of it that changes."""
    view = _view(request, opened, problems)
    if FRAGMENT in request.query_params:
        return screen.fragment(request, "run_body.html", view=view)
    module, crumbs = place(opened.seen, opened.process)
    return screen.page(
        request,
        "run.html",
        title=f"{view.title} · execução {opened.run.id}",
        crumbs=(*crumbs, (opened.process.label, view.process_address)),
        module=module,
        status=status,
        view=view,
    )


def _view(request: Request, opened: OpenedRun, problems: Sequence[Problem]) -> View:
    seen, run, plan = opened.seen, opened.run, opened.plan
    with seen.reading.connect() as connection:
        answers = process_words.answers(connection, plan, seen.context, run.answers)
        told = telling.steps(connection, run.id)
        far = telling.progress(connection, run.id)
        undoing = telling.is_undoing(connection, run.id)
        at_work = run.status in AT_WORK
        lost = at_work and not telling.is_expected(connection, run.id)
        reasons, left = _left_out(connection, opened)
        wrote = telling.has_written(plan, told)
        before = _before(connection, opened) if wrote else None
        ran = _ran(connection, opened)
        was = telling.steps(connection, before.id) if before else {}
        calls = tuple(_calls(connection, opened))
        caller = calling.caller(connection, run.id)
        differ = differences(connection, opened, before) if before else None
        called = who.names(connection, seen, (run.asked_by, run.stop_asked_by, run.undone_by))
        is_narrow = not at_work and is_more_together(connection, opened)
        found_reports = () if at_work else tuple(first_rows(connection, opened))
    return View(
        run=run,
        title=process_words.title(plan, answers),
        address=opened.address,
        process_address=f"{ALL}/{run.process}",
        state=process_words.UNDOING if undoing else process_words.state(run),
        sub=_sub(opened, caller, called),
        undone=_undone(run, seen.context.now, called) if run.status == UNDONE else "",
        answers=tuple(answers.values()),
        steps=tuple(process_words.steps(plan, run, told)),
        progress=far,
        doing=_doing(opened),
        remains=f"faltam cerca de {process_words.seconds(far.seconds_left)}" if far.seconds_left else "",
        trouble=_trouble(run),
        is_at_work=at_work,
        is_undoing=undoing,
        is_lost=lost,
        may_stop=at_work and not run.stop_asked_by,
        may_go_on=(run.status in (CANCELLED, FAILED) or lost) and not undoing,
        may_undo=run.status in (FINISHED, CANCELLED, FAILED) and wrote and not run.is_dry and not undoing,
        may_run=run.is_dry and run.status == FINISHED,
        ran=f"execução {ran.id}, {said(ran.asked_at, seen.context.now)}" if ran else "",
        ran_address=address_of(ran.id) if ran else "",
        may_redo=bool(reasons) and run.status == FINISHED and not run.is_dry and not undoing,
        may_redo_all=run.status == UNDONE,
        results=tuple(_results(opened, told)),
        compared=tuple(compare(plan, was, told)) if before else (),
        differ=differ,
        reports=found_reports,
        together=work_view.together(opened.seen) if is_narrow else "",
        working=tuple(seen.context.access.working.items()),
        before=f"execução {before.id}, {said(before.asked_at, seen.context.now)}" if before else "",
        before_address=address_of(before.id) if before else "",
        warnings=[_warned(opened, each) for each in telling.warnings(plan, told)],
        reasons=reasons,
        left=left,
        left_count=sum(count for _, count in reasons),
        calls=calls,
        problems=problems,
    )


def _left_out(connection: Connection, opened: OpenedRun) -> tuple[list[tuple[str, int]], Sequence[Any]]:
    """Return why rows were left out and how many, and the first of them."""
    run = opened.run
    reasons = leftovers.reasons(connection, run.id)
    saying = Saying(connection, opened.plan, opened.seen.context)
    left = saying.rows(leftovers.rows(connection, run.id, limit=MOST_SHOWN)) if reasons else []
    return [(saying.reason(each.step, each.name), each.count) for each in reasons], left


def _doing(opened: OpenedRun) -> str:
    step = str((opened.run.doing or {}).get("step", ""))
    return process_words.step_label(opened.plan, step) if step else ""


def _results(opened: OpenedRun, told: Mapping[str, telling.StepTold]) -> Iterator[tuple[Result, str]]:
    """Yield what the steps of a run that is over wrote, each with the address of the list of it."""
    run, runtime = opened.run, opened.seen.runtime
    is_kept = run.status == FINISHED or (run.status in (CANCELLED, FAILED) and not run.is_dry)
    for each in results(opened.plan, told) if is_kept else ():
        is_there = not run.is_dry and not each.is_removed and each.entity in runtime.entities
        name = documents.list_of(runtime, each.entity) if is_there else ""
        yield each, address(f"/registros/{name}", OfRun(run.id, each.step).pairs()) if name else ""


def _calls(connection: Connection, opened: OpenedRun) -> Iterator[Calling]:
    known = opened.seen.runtime.configuration.processes
    called = calling.called(connection, opened.run.id)
    runs = [each.run for each in called if each.run]
    told = {line.id for line in telling.some(connection, told_of(opened.seen), runs)} if runs else set()
    for each in called:
        is_open = each.process in known
        yield Calling(
            known[each.process].label if is_open else "outro processo",
            address_of(each.run) if each.run in told else "",
            process_words.STATES.get(each.status),
            _said(each.trouble) if each.trouble else "",
        )


def _before(connection: Connection, opened: OpenedRun) -> Run | None:
    """Return the run with which one is compared: one that did only what was left out is not."""
    seen, plan, run = opened.seen, opened.plan, opened.run
    is_whole = run.status == FINISHED and run.only_of is None
    before = comparing.before_of(connection, plan, run) if is_whole else None
    return before if before and is_told(connection, seen, before) else None


def _ran(connection: Connection, opened: OpenedRun) -> Run | None:
    """Return what was run for good with the answers of a simulation since."""
    is_simulated = opened.run.is_dry and opened.run.status == FINISHED
    found = ran_since(connection, opened.run) if is_simulated else None
    return found if found and is_told(connection, opened.seen, found) else None


def _warned(opened: OpenedRun, each: telling.Warned) -> tuple[list[tuple[str, str]], int]:
    return [(piece.text, _way_to(opened.seen, piece)) for piece in each.pieces], each.rows


def _way_to(seen: Visit, piece: telling.Piece) -> str:
    """Return the address of what a piece of a warning leads to, as far as the operator gets there."""
    known = seen.runtime.configuration
    if piece.folder == "processes" and piece.name in known.processes:
        is_open = seen.context.has_right(known.processes[piece.name].needs)
        return f"{ALL}/{piece.name}" if is_open else ""
    if piece.folder == "parameters" and parameter_gate.may_see(seen):
        return f"{parameter_gate.ADDRESS}/{piece.name}"
    return f"/registros/{piece.name}" if piece.folder == "lists" and piece.name in known.lists else ""


def _sub(opened: OpenedRun, caller: int | None, called: Mapping[str, str]) -> str:
    run, now = opened.run, opened.seen.context.now
    asked = f"pedida por {called[run.asked_by]} {said(run.asked_at, now)}"
    if run.origin.get("route") == DEMONSTRATION:
        asked = f"da demonstração, como se pedida {said(run.asked_at, now)}"
    parts = [f"Execução {run.id}", asked]
    if run.finished_at and process_words.is_end_known(run):
        parts.append(f"acabou {said(run.finished_at, now)}, em {process_words.lasted(run)}")
    if run.status == UNDONE:
        parts.append(_undone(run, now, called))
    if caller:
        parts.append(f"chamada pela execução {caller}")
    if run.only_of:
        parts.append(f"só o que ficou de fora da execução {run.only_of}")
    if run.stop_asked_by:
        parts.append(f"parada por {called[run.stop_asked_by]}")
    return " · ".join(parts)


def _undone(run: Run, now: datetime, called: Mapping[str, str]) -> str:
    at = run.undone_at or run.finished_at
    by = f" por {called[run.undone_by]}" if run.undone_by else ""
    return f"desfeita{by} {said(at, now)}" if at else "desfeita"


def _trouble(run: Run) -> str:
    return _said(run.trouble) if run.trouble else ""


def _said(trouble: Mapping[str, Any]) -> str:
    says = str(trouble.get("says", ""))
    count = int(trouble.get("count", 1))
    more = f" (e mais {print_integer(count - 1)} como este)" if count > 1 else ""
    return f"{says[:1].upper()}{says[1:]}{more}"


# ── what can be done with a run ───────────────────────────────────────────────────────────────────


def stop_run(request: Request) -> Response:
    """Ask a run to stop; what is done stays."""
    opened = opened_run(request)
    with opened.seen.engine.begin() as connection:
        found = stop(connection, opened.run.id, opened.seen.context.operator)
    return _back(request, opened, found, "R612")


def continue_run(request: Request) -> Response:
    """Let a run go on; one that nobody works on any more is put into the queue again."""
    opened = opened_run(request)
    with opened.seen.engine.begin() as connection:
        found = resume(connection, opened.run)
    return _back(request, opened, found, "A145")


def _back(request: Request, opened: OpenedRun, found: bool, code: str) -> Response:
    if found:
        return RedirectResponse(opened.address, status_code=303)
    return page(request, opened_run(request), [Problem(code, {"run": opened.run.id})], 409)


def ask_again(request: Request) -> Response:
    """Ask whether a run shall be made with the answers of this one, before `begin_again` does."""
    opened = opened_run(request)
    verb = request.url.path.rsplit("/", 1)[-1]
    if not AGAIN[verb](opened.run):
        return page(request, opened, [Problem("R613", {"run": opened.run.id})], 409)
    return process_confirm.of_run(request, opened, verb)


def begin_again(request: Request) -> Response:
    """Begin a run with the answers of a simulation, or of one for good: over what that left out only.

    Where that one was undone, it is over all.  Or simulate once more with the answers of a simulation.
    """
    opened = opened_run(request)
    seen, run = opened.seen, opened.run
    verb = request.url.path.rsplit("/", 1)[-1]
    if not BEGUN[verb](run):
        return page(request, opened, [Problem("R613", {"run": run.id})], 409)
    # All questions count, those too that are not asked of this operator: no run does more than was simulated.
    process = seen.runtime.whole.configuration.processes[run.process]
    said = run.values(process)
    answers = {name: None if isinstance(value, Refused) else value for name, value in said.items()}
    if problems := unseen(seen, process, answers):
        return page(request, opened, problems, 422)
    begun = begin(
        seen.engine, seen.runtime, seen.context, run.process, answers,
        is_dry=verb == SIMULATE, also=queued.put,
        only_of=run.id if verb == REDO and run.status == FINISHED else None,
    )  # fmt: skip
    if isinstance(begun, list):
        return page(request, opened, begun, 409)
    return RedirectResponse(address_of(begun), status_code=303)


AGAIN: Mapping[str, Callable[[Run], bool]] = {
    RUN: lambda run: run.is_dry and run.status == FINISHED,
    REDO: lambda run: not run.is_dry and run.status in (FINISHED, UNDONE),
}
BEGUN: Mapping[str, Callable[[Run], bool]] = {**AGAIN, SIMULATE: AGAIN[RUN]}
ONE = "/execucoes/{id:record}"
ROUTES = [
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/parar", stop_run, methods=["POST"]),
    Route(f"{ONE}/continuar", continue_run, methods=["POST"]),
    *(Route(f"{ONE}/{verb}", ask_again, methods=["GET"]) for verb in AGAIN),
    *(Route(f"{ONE}/{verb}", begin_again, methods=["POST"]) for verb in BEGUN),
]
