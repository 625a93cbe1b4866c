"""This file shows the processes that one may run, asks what a run needs to know, and begins it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.jobs import GIVEN_UP
from kernel.processes import queued, telling
from kernel.processes.begins import begins as begins_of
from kernel.processes.plan import planned
from kernel.processes.runs import begin as begin_run
from kernel.processes.runs import judged
from kernel.query.lookup import texts as texts_of
from kernel.storage.record import Row
from metadata.entity import Field
from metadata.problems import Problem, Refused
from metadata.process import Process
from renderer import form_post, forms, lookup_pages, posted, process_confirm, process_words, screen, visit
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_marks import ErrorLine, mark
from renderer.process_gate import ALL, address_of, opened, place, told_of
from renderer.process_words import State
from renderer.question_layout import of_process
from renderer.visit import Visit
from renderer.when import said

RECENT = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One run of a process, as a list has it."""

    id: int
    address: str
    label: str
    answers: str
    state: State
    is_dry: bool
    who: str
    when: str
    left_out: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A process that may be run, with its last run."""

    process: Process
    address: str
    last: Line | None


@dataclass(frozen=True, slots=True)
class View:
    """What the page of one process receives; `busy` leads to the run that stands in the way."""

    process: Process
    address: str
    body: Markup
    errors: Sequence[ErrorLine]
    recent: Sequence[Line]
    busy: str = ""


def show_all(request: Request) -> Response:
    """Show the processes that the operator may run."""
    seen = visit.of(request)
    processes = seen.runtime.configuration.processes
    with seen.reading.connect() as connection:
        found = telling.latest(connection, told_of(seen))
        lasts = dict(zip(found, lines(connection, seen, list(found.values())), strict=True))
        given_up = _given_up(connection, seen)
    offered = [
        Offered(process, f"{ALL}/{process.name}", lasts.get(process.name))
        for process in sorted(processes.values(), key=lambda each: each.label)
    ]
    schedules = any(each.run in processes for each in seen.runtime.whole.configuration.schedules.values())
    return screen.page(
        request,
        "processes.html",
        title="Processos",
        offered=offered,
        schedules=schedules,
        given_up=given_up,
    )


def _given_up(connection: Connection, seen: Visit) -> int:
    """Return of how many runs the queue has something that failed at every try."""
    runs = {each.run for each in queued.expected(connection) if each.status == GIVEN_UP}
    return len(telling.some(connection, told_of(seen), runs))


def show(request: Request) -> Response:
    """Ask the questions of a process; `f.<question>` of the address fills one."""
    seen, process = opened(request)
    form = of_process(seen.runtime, process.name, request.app.state.templates)
    with seen.reading.connect() as connection:
        begins = begins_of(connection, seen.runtime, seen.context, process.name)
    for name, field in process.ask.items():
        text = request.query_params.get(f"f.{name}", "")
        read = form_post.parsed(field, text, seen.context) if text and field.type != "link" else None
        read = int(text) if field.type == "link" and form_post.NUMBER.fullmatch(text) else read
        if read is not None and not isinstance(read, Refused):
            begins[name] = read
    name_of = lookup_pages.namer(seen)
    links = {name: field for name, field in process.ask.items() if field.type == "link" and begins.get(name)}
    shown = {name: name_of(field, begins[name]) for name, field in links.items()}
    begins = {name: value for name, value in begins.items() if shown.get(name, "?")}
    row = Row(0, 0, begins, {name: text for name, text in shown.items() if text}, "", None)
    return _page(request, seen, process, forms.shown_content(form, row, seen.context))


def begin(request: Request) -> Response:
    """Begin a run with the answers, or show what is wrong with them; for good only once that is confirmed."""
    seen, process = opened(request)
    form = of_process(seen.runtime, process.name, request.app.state.templates)
    texts, _ = posted.form(request)
    typed = form_post.as_typed(form, texts, seen.context)
    resolve = lookup_pages.resolver(seen, form.entity)
    reading = form_post.read(form, typed, None, seen.context, resolve)
    answers = reading.edit.values
    unread = {problem.field for problem in reading.problems}
    problems = [*reading.problems, *unseen(seen, process, answers)]
    if problems:
        problems += [each for each in judged(process, answers) if each.field not in unread]
        return _page(request, seen, process, typed.content, problems)
    step = posted.last(texts, process_confirm.STEP)
    if step == process_confirm.BACK:
        return _page(request, seen, process, typed.content)
    is_sure = bool(posted.last(texts, process_confirm.CONFIRMED))
    is_dry = step != process_confirm.RUN
    if not is_dry and not is_sure and process_confirm.is_wide(process, answers):
        return process_confirm.of_answers(request, seen, process, answers, texts)
    begun = begin_run(
        seen.engine, seen.runtime, seen.context, process.name, answers, is_dry=is_dry, also=queued.put
    )
    if isinstance(begun, list):
        return _page(request, seen, process, typed.content, begun)
    return RedirectResponse(address_of(begun), status_code=303)


def unseen(seen: Visit, process: Process, answers: Any) -> list[Problem]:
    """Return the answers that name records which the operator may not see: for them there are none."""
    found = []
    with seen.reading.connect() as connection:
        for name, field in process.ask.items():
            ids = _ids(field, answers.get(name))
            known = texts_of(connection, seen.runtime, seen.context, field.to, ids) if ids else {}
            if gone := [id for id in ids if id not in known]:
                found.append(Problem("R117", {"text": str(gone[0])}, field=name))
    return found


def _ids(field: Field, value: Any) -> tuple[int, ...]:
    if value is None or field.type not in ("link", "many links"):
        return ()
    return tuple(value) if field.type == "many links" else (value,)


def _page(
    request: Request, seen: Visit, process: Process, content: Content, problems: Sequence[Problem] = ()
) -> Response:
    form: FormLayout = of_process(seen.runtime, process.name, request.app.state.templates)
    errors = mark(form, content, problems)
    busy = next((problem.facts["run"] for problem in problems if "run" in problem.facts), 0)
    module, crumbs = place(seen, process)
    with seen.reading.connect() as connection:
        recent = lines(connection, seen, telling.runs(connection, told_of(seen, process.name), limit=RECENT))
    return screen.page(
        request,
        "process.html",
        title=process.label,
        crumbs=crumbs,
        module=module,
        status=422 if problems else 200,
        view=View(
            process,
            f"{ALL}/{process.name}",
            forms.body(form, content),
            errors,
            recent,
            address_of(busy) if busy else "",
        ),
    )


def lines(connection: Any, seen: Visit, found: Sequence[telling.RunLine]) -> list[Line]:
    """Return runs as a list has them."""
    return [_line(connection, seen, each) for each in found]


def _line(connection: Any, seen: Visit, run: telling.RunLine) -> Line:
    plan = planned(seen.runtime, run.process)  # as it is called today; a list loads no earlier versions
    told = process_words.answers(connection, plan, seen.context, run.answers)
    more = (each for name, each in told.items() if name not in plan.process.key)
    answered = (f"{label}: {text}" for label, text in more if text != process_words.UNANSWERED)
    return Line(
        run.id,
        address_of(run.id),
        process_words.title(plan, told),
        " · ".join(answered),
        process_words.state(run),
        run.is_dry,
        run.asked_by,
        said(run.asked_at, seen.context.now),
        run.left_out,
    )


ROUTES = [
    Route(ALL, show_all, methods=["GET"]),
    Route(f"{ALL}/{{process}}", show, methods=["GET"]),
    Route(f"{ALL}/{{process}}", begin, methods=["POST"]),
]
