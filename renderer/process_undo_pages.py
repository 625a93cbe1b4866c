"""This file asks whether a run shall be undone: what would go, what stands against it; and has it undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.processes import queued, telling
from kernel.processes.saying import texts_of
from kernel.processes.undo import ENDED, against
from kernel.processes.used import MOST_TOLD, Used, used
from metadata.problems import Problem
from metadata.process import REMOVE
from renderer import documents, process_run_pages, screen
from renderer.process_gate import OpenedRun, opened_run, place_of_run
from renderer.process_words import records

OUT_OF_SIGHT = "R614"


@dataclass(frozen=True, slots=True)
class Blocker:
    """A record that was used since: what it is called where that may be seen, and why it stays."""

    label: str
    text: str
    address: str
    says: str


@dataclass(frozen=True, slots=True)
class View:
    """What the page receives: what undoing removes and puts back, and what stands against it."""

    address: str
    run: int
    goes: Sequence[str]
    blockers: Sequence[Blocker]
    problems: Sequence[Problem]


def ask(request: Request) -> Response:
    """Show what undoing a run comes to."""
    opened = opened_run(request)
    if opened.run.is_dry or opened.run.status not in ENDED:
        return process_run_pages.page(request, opened, [Problem("R608", {"run": opened.run.id})], 409)
    return _page(request, opened)


def confirm(request: Request) -> Response:
    """Have a run undone, all of it or nothing."""
    opened = opened_run(request)
    problems = ask_to_undo(opened)
    if not problems:
        return RedirectResponse(opened.address, status_code=303)
    if any(problem.code == "R608" for problem in problems):
        return process_run_pages.page(request, opened_run(request), problems, 409)
    return _page(request, opened, problems)


def ask_to_undo(opened: OpenedRun) -> list[Problem]:
    """Put the undoing of a run into the queue; or return what stands against it."""
    run = opened.run
    with opened.seen.engine.begin() as connection:
        is_free = run.status in ENDED and not run.is_dry and not telling.is_undoing(connection, run.id)
        if not is_free:
            return [Problem("R608", {"run": run.id})]
        problems = against(connection, opened.plan, opened.seen.context, run.id)
        if not problems:
            queued.put_undo(connection, run.id, opened.seen.context.operator)
    return problems


def _page(request: Request, opened: OpenedRun, problems: Sequence[Problem] = ()) -> Response:
    with opened.seen.engine.connect() as connection:
        goes = list(_goes(connection, opened))
        problems = problems or [
            each
            for each in against(connection, opened.plan, opened.seen.context, opened.run.id)
            if each.code == OUT_OF_SIGHT
        ]
        found = [] if problems else list(islice(used(connection, opened.plan, opened.run.id), MOST_TOLD))
        blockers = _blockers(connection, opened, found)
        connection.rollback()
    module, crumbs = place_of_run(opened)
    return screen.page(
        request,
        "run_undo.html",
        title=f"Desfazer a execução {opened.run.id}",
        crumbs=crumbs,
        module=module,
        status=409 if blockers or problems else 200,
        view=View(opened.address, opened.run.id, goes, blockers, problems if not blockers else ()),
    )


def _goes(connection: Connection, opened: OpenedRun) -> list[str]:
    """Return in words what is removed and what gets back what it had."""
    plan, run = opened.plan, opened.run.id
    goes = [f"Remove {records(plan, name, count)}" for name, count in telling.made(connection, run).items()]
    for (step, entity), count in telling.changed(connection, run).items():
        made = plan.made.get(step)
        removed = made is not None and made.step.kind == REMOVE
        before = "Devolve o que tinha antes a" if count == 1 else "Devolve o que tinham antes a"
        verb = "Põe de volta" if removed else before
        goes.append(f"{verb} {records(plan, entity, count)}")
    return goes


def _blockers(connection: Connection, opened: OpenedRun, found: Sequence[Used]) -> list[Blocker]:
    seen, plan = opened.seen, opened.plan
    wanted: dict[str, set[int]] = {}
    for each in found:
        wanted.setdefault(plan.made[each.step].entity, set()).add(each.record)
    known = texts_of(connection, plan, seen.context, wanted)
    named = (known.get((plan.made[each.step].entity, each.record), "") for each in found)
    return [_blocker(opened, each, text) for each, text in zip(found, named, strict=True)]


def _blocker(opened: OpenedRun, each: Used, text: str) -> Blocker:
    runtime = opened.plan.runtime
    entity = opened.plan.made[each.step].entity
    other = runtime.entities[each.entity].entity.label.one if each.entity else ""
    shown = documents.list_of(opened.seen.runtime, entity) if text else ""
    seen = opened.seen.runtime.configuration.entities.get(entity)
    labels = [seen.fields[name].label for name in each.fields if seen and name in seen.fields]
    return Blocker(
        runtime.entities[entity].entity.label.one,
        text or "um registro que você não vê",
        f"/registros/{shown}/{each.record}" if shown else "",
        _why(each, other.lower(), labels),
    )


def _why(each: Used, other: str, labels: Sequence[str]) -> str:
    if each.later is not None:
        return f"{each.later.label} (execução {each.later.run}) já fez {other} com o que esta deixou"
    if other:
        return f"já é usado por {other}, que veio depois"
    if labels:
        return f"mudou depois em {', '.join(labels)}; devolva ao que era, e dá para desfazer"
    return "já foi alterado depois" if each.fields else "já não existe"


ONE = "/execucoes/{id:record}/desfazer"
ROUTES = [
    Route(ONE, ask, methods=["GET"]),
    Route(ONE, confirm, methods=["POST"]),
]
