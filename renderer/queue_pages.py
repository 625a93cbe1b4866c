"""This file shows what the queue has of the runs one may see: given up, waiting, at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel import jobs
from kernel.processes import queued, telling
from kernel.processes.queued import Expected
from renderer import process_pages, screen, visit
from renderer.process_gate import ALL as PROCESSES
from renderer.process_gate import opened_run, told_of
from renderer.process_words import State
from renderer.visit import Visit

ALL = "/fila"
STATES: Mapping[str, State] = {
    jobs.QUEUED: State("Na fila", "info", "clock"),
    jobs.AT_WORK: State("Em andamento", "info", "loader"),
    jobs.GIVEN_UP: State("Desistiu", "bad", "circle-x"),
}
AGAIN = State("Tenta de novo", "warn", "rotate-ccw")
TASKS: Mapping[str, str] = {queued.DRIVE: "Executar", queued.UNDO: "Desfazer"}


@dataclass(frozen=True, slots=True)
class Line:
    """What the queue has of one run; `next` says when it is tried again."""

    run: process_pages.Line
    task: str
    state: State
    attempts: int
    next: str
    is_given_up: bool


def show(request: Request) -> Response:
    """Show the queue, what was given up first."""
    seen = visit.of(request)
    found = lines(seen)
    return screen.page(
        request,
        "queue.html",
        title="Fila",
        crumbs=(("Processos", PROCESSES),),
        given_up=[line for line in found if line.is_given_up],
        others=[line for line in found if not line.is_given_up],
        tries=jobs.TRIES,
    )


def lines(seen: Visit) -> list[Line]:
    """Return what the queue has of the runs that the operator may be told of."""
    with seen.reading.connect() as connection:
        found = list(queued.expected(connection))
        told = telling.some(connection, told_of(seen), {each.run for each in found})
        known = {line.id: line for line in process_pages.lines(connection, seen, told)}
    return [_line(each, known[each.run], seen.context.now) for each in found if each.run in known]


def _line(each: Expected, run: process_pages.Line, now: datetime) -> Line:
    is_later = each.status == jobs.QUEUED and each.not_before is not None and each.not_before > now
    state = AGAIN if is_later else STATES[each.status]
    at = f"às {each.not_before.astimezone(now.tzinfo):%H:%M:%S}" if is_later and each.not_before else ""
    return Line(run, TASKS[each.task], state, each.attempts, at, each.status == jobs.GIVEN_UP)


def forget(request: Request) -> Response:
    """Take out of the queue what was given up of a run; the run stays as it is."""
    opened = opened_run(request)
    with opened.seen.engine.begin() as connection:
        queued.forget(connection, opened.run.id)
    return RedirectResponse(ALL, status_code=303)


ROUTES = [
    Route(ALL, show, methods=["GET"]),
    Route("/execucoes/{id:record}/fila/esquecer", forget, methods=["POST"]),
]
