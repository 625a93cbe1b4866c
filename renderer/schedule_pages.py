"""This file shows the schedules of the processes that one may run, pauses them, begins their runs by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.access.rights import PAUSE_SCHEDULES, RIGHTS
from kernel.schedules.due import Claimed, sentences, start
from kernel.schedules.telling import Begun, Told, begun_of, pause, told
from metadata.problems import Problem, Problems
from metadata.schedule import Schedule
from renderer import schedule_words, screen, visit
from renderer.failures import LACKS_RIGHT
from renderer.process_gate import ALL as PROCESSES
from renderer.process_gate import address_of, process_of
from renderer.process_words import State
from renderer.visit import Visit
from renderer.when import named

ALL = "/agendas"


@dataclass(frozen=True, slots=True)
class Time:
    """A time at which a schedule fell due, as it is shown."""

    due: str
    state: State
    address: str
    run: int | None
    who: str
    more: str


@dataclass(frozen=True, slots=True)
class Line:
    """A schedule as it is shown; `when` begins with a small letter."""

    schedule: Schedule
    address: str
    process: str
    process_address: str
    when: str
    next: str
    is_paused: bool
    changed: str
    last: Time | None


def show_all(request: Request) -> Response:
    """Show the schedules, with when each comes next and what came of it last."""
    return _page(request, visit.of(request))


def _page(request: Request, seen: Visit, problems: Sequence[Problem] = (), status: int = 200) -> Response:
    schedules = sorted(_open(seen), key=lambda each: each.label)
    with seen.engine.begin() as connection:
        found = told(connection, seen.runtime, schedules, seen.context.now)
    return screen.page(
        request,
        "schedules.html",
        title="Agendas",
        crumbs=(("Processos", PROCESSES),),
        status=status,
        lines=[_line(seen, each) for each in found],
        may_pause=seen.context.has_right(PAUSE_SCHEDULES),
        problems=problems,
    )


def show(request: Request) -> Response:
    """Show one schedule with the last times at which it fell due."""
    seen, schedule = _opened(request)
    with seen.engine.begin() as connection:
        [found] = told(connection, seen.runtime, [schedule], seen.context.now)
        times = [_time(seen, each) for each in begun_of(connection, schedule.name)]
    return screen.page(
        request,
        "schedule.html",
        title=schedule.label,
        crumbs=(("Processos", PROCESSES), ("Agendas", ALL)),
        line=_line(seen, found),
        times=times,
        answers=[(_label(seen, schedule, name), text) for name, text in sentences(seen.runtime, schedule)],
        missed=schedule_words.MISSED[schedule.catch_up],
        told=[seen.runtime.whole.configuration.roles[role].label for role in schedule.tell],
        may_pause=seen.context.has_right(PAUSE_SCHEDULES),
    )


def _open(seen: Visit) -> list[Schedule]:
    known = seen.runtime.configuration.processes
    return [each for each in seen.runtime.whole.configuration.schedules.values() if each.run in known]


def _opened(request: Request) -> tuple[Visit, Schedule]:
    """Return the visit and the schedule of an address, where its process may be run."""
    seen = visit.of(request)
    schedule = seen.runtime.whole.configuration.schedules.get(request.path_params["schedule"])
    if schedule is None:
        raise HTTPException(404)
    process_of(seen, schedule.run)
    return seen, schedule


def _label(seen: Visit, schedule: Schedule, question: str) -> str:
    return seen.runtime.whole.configuration.processes[schedule.run].ask[question].label


def _line(seen: Visit, each: Told) -> Line:
    schedule, now = each.schedule, seen.context.now
    changed = f"{each.changed_by}, {named(each.changed_at, now)}" if each.changed_at else ""
    return Line(
        schedule,
        f"{ALL}/{schedule.name}",
        seen.runtime.configuration.processes[schedule.run].label,
        f"{PROCESSES}/{schedule.run}",
        schedule_words.when(schedule),
        schedule_words.comes(each.next, now),
        each.is_paused,
        changed,
        _time(seen, each.last) if each.last else None,
    )


def _time(seen: Visit, begun: Begun) -> Time:
    return Time(
        named(begun.due_at, seen.context.now),
        schedule_words.outcome(begun),
        address_of(begun.run) if begun.run else "",
        begun.run,
        begun.by or "",
        schedule_words.more(begun),
    )


# ── what can be done ──────────────────────────────────────────────────────────────────────────────


def stop(request: Request) -> Response:
    """Pause a schedule."""
    return _paused(request, is_paused=True)


def resume(request: Request) -> Response:
    """Let a schedule go on from now on."""
    return _paused(request, is_paused=False)


def _paused(request: Request, *, is_paused: bool) -> Response:
    seen, schedule = _opened(request)
    if not seen.context.has_right(PAUSE_SCHEDULES):
        raise Problems([Problem(LACKS_RIGHT, {"right": RIGHTS[PAUSE_SCHEDULES]})])
    with seen.engine.begin() as connection:
        told(connection, seen.runtime, [schedule], seen.context.now)  # so that there is something to pause
        pause(connection, seen.context, schedule.name, is_paused=is_paused)
    return RedirectResponse(f"{ALL}/{schedule.name}", status_code=303)


def run_now(request: Request) -> Response:
    """Begin the run of a schedule now, with its answers of today."""
    seen, schedule = _opened(request)
    try:
        begun = start(
            seen.engine, seen.runtime, schedule, seen.context.now.astimezone(UTC), seen.context
        )  # fmt: skip
    except Claimed:
        return RedirectResponse(f"{ALL}/{schedule.name}", status_code=303)
    if isinstance(begun, list):
        return _page(request, seen, begun, 409)
    return RedirectResponse(address_of(begun), status_code=303)


ONE = f"{ALL}/{{schedule}}"
ROUTES = [
    Route(ALL, show_all, methods=["GET"]),
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/parar", stop, methods=["POST"]),
    Route(f"{ONE}/retomar", resume, methods=["POST"]),
    Route(f"{ONE}/executar", run_now, methods=["POST"]),
]
