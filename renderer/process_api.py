"""This file answers programs about processes: begins runs, tells of them, stops, continues and undoes them.

Rights and messages are those of the screens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.processes import leftovers, queued, telling
from kernel.processes.begins import begins
from kernel.processes.resuming import resume
from kernel.processes.runs import begin, judged, stop
from kernel.processes.saying import Saying
from kernel.schedules.telling import Told, told
from metadata.json_text import read_json
from metadata.problems import Problem, Problems, Refused, near
from metadata.process import Process
from renderer import visit
from renderer.api import ROOT, Json
from renderer.convertors import is_record
from renderer.problem import problem_response
from renderer.process_gate import OpenedRun, opened, opened_run, told_of
from renderer.process_pages import unseen
from renderer.process_undo_pages import ask_to_undo
from renderer.process_words import step_label
from renderer.visit import Visit

MOST = 200
ANSWERS, DRY = "answers", "dry_run"
NOT_BEGUN = "A execução não começou"


def list_processes(request: Request) -> Response:
    """Answer the processes that may be run, each with its last run and when it begins by itself."""
    seen = visit.of(request)
    known = seen.runtime.configuration.processes
    schedules = [each for each in seen.runtime.whole.configuration.schedules.values() if each.run in known]
    with seen.engine.begin() as connection:
        lasts = telling.latest(connection, told_of(seen))
        planned = told(connection, seen.runtime, schedules, seen.context.now)
    return Json(
        {
            "items": [
                {
                    "process": each.name, "label": each.label, "help": each.help or None,
                    "questions": list(each.ask), "last_run": _last(lasts.get(each.name)),
                    "schedules": [_scheduled(one) for one in planned if one.schedule.run == each.name],
                }
                for each in sorted(known.values(), key=lambda each: each.name)
            ]
        }
    )  # fmt: skip


def _last(run: telling.RunLine | None) -> Mapping[str, Any] | None:
    if run is None:
        return None
    return {"id": run.id, "status": run.status, "dry_run": run.is_dry, "asked_at": run.asked_at}


def _scheduled(one: Told) -> Mapping[str, Any]:
    schedule = one.schedule
    return {
        "schedule": schedule.name, "label": schedule.label, "dry_run": schedule.dry_run,
        "paused": one.is_paused, "next": one.next,
    }  # fmt: skip


async def begin_run(request: Request) -> Response:
    """Begin a run."""
    if not request.headers.get("content-type", "application/json").startswith("application/json"):
        return problem_response(415, "Envie JSON", "Use Content-Type: application/json.")
    return await run_in_threadpool(_begin, request, await request.body())


def _begin(request: Request, body: bytes) -> Response:
    seen, process = opened(request)
    said, is_dry, problems = _read(process, body)
    with seen.reading.connect() as connection:
        answers = {**begins(connection, seen.runtime, seen.context, process.name), **said}
    if not problems:
        problems = [*judged(process, answers), *unseen(seen, process, answers)]
    if problems:
        return problem_response(422, NOT_BEGUN, problems=problems)
    begun = begin(
        seen.engine, seen.runtime, seen.context, process.name, answers, is_dry=is_dry, also=queued.put
    )
    if isinstance(begun, list):
        busy = any("run" in problem.facts for problem in begun)
        return problem_response(409 if busy else 422, NOT_BEGUN, problems=begun)
    place = f"{ROOT}/execucoes/{begun}"
    return Json({"id": begun}, status_code=202, headers={"Location": place})


def _read(process: Process, body: bytes) -> tuple[dict[str, Any], bool, list[Problem]]:
    """Read the answers by the fields of the questions, all that is wrong at once."""
    sent = read_json(body or b"{}")
    if isinstance(sent, Refused):
        return {}, False, [Problem(sent.code, sent.facts)]
    said = sent.get(ANSWERS, {}) if isinstance(sent, dict) else None
    is_dry = sent.get(DRY, False) if isinstance(sent, dict) else None
    if not isinstance(said, dict) or not isinstance(is_dry, bool):
        return {}, False, [Problem("R187", {"wanted": "um objeto com answers e dry_run"})]
    problems = [
        Problem("R402", {"name": name, "entity": process.label, "near": near(name, process.ask)}, field=name)
        for name in said
        if name not in process.ask
    ]
    answers: dict[str, Any] = {}
    for name, field in process.ask.items():
        if name not in said:
            continue
        value = None if said[name] is None else field.kind.from_json(said[name], field)
        if isinstance(value, Refused):
            problems.append(Problem(value.code, value.facts, field=name))
        else:
            answers[name] = value
    return answers, is_dry, problems


def read_run(request: Request) -> Response:
    """Answer a run as it stands."""
    return Json(_described(opened_run(request)))


def _described(opened: OpenedRun) -> Mapping[str, Any]:
    run, plan = opened.run, opened.plan
    with opened.seen.reading.connect() as connection:
        steps = telling.steps(connection, run.id)
        far = telling.progress(connection, run.id)
        undoing = telling.is_undoing(connection, run.id)
        saying = Saying(connection, plan, opened.seen.context)
        reasons = [
            {
                "step": each.step,
                "reason": each.name,
                "label": saying.reason(each.step, each.name),
                "rows": each.count,
            }
            for each in leftovers.reasons(connection, run.id)
        ]
    return {
        "id": run.id, "process": run.process, "answers": _answers(opened), "dry_run": run.is_dry,
        "status": run.status, "asked_by": run.asked_by, "asked_at": run.asked_at,
        "started_at": run.started_at, "finished_at": run.finished_at, "stop_asked_by": run.stop_asked_by,
        "undone_at": run.undone_at, "undone_by": run.undone_by,
        "progress": {"rows": far.rows, "done": far.done, "parts": run.parts, "parts_done": run.parts_done},
        "trouble": run.trouble, "undoing": undoing,
        "steps": [_step(plan, name, steps.get(name, telling.NOTHING)) for name in plan.made],
        "left_out": reasons,
        "warnings": [{"says": each.says, "rows": each.rows} for each in telling.warnings(plan, steps)],
    }  # fmt: skip


def _answers(opened: OpenedRun) -> dict[str, Any]:
    """Return the answers without records that the operator may not see."""
    process = opened.plan.process
    values = opened.run.values(process)
    hidden = {problem.field for problem in unseen(opened.seen, process, values)}
    return {name: said for name, said in opened.run.answers.items() if name not in hidden}


def _step(plan: Any, name: str, step: telling.StepTold) -> dict[str, Any]:
    totals = {key: f"{value:f}" for key, value in step.totals.items()}
    return {
        "step": name, "label": step_label(plan, name), "rows": step.rows, "left_out": step.left_out,
        "seconds": step.seconds, "totals": totals,
    }  # fmt: skip


def stop_run(request: Request) -> Response:
    """Ask a run to stop."""
    found = opened_run(request)
    with found.seen.engine.begin() as connection:
        is_asked = stop(connection, found.run.id, found.seen.context.operator)
    return _answer(request, [] if is_asked else [Problem("R612", {"run": found.run.id})])


def continue_run(request: Request) -> Response:
    """Let a run go on."""
    found = opened_run(request)
    with found.seen.engine.begin() as connection:
        may = resume(connection, found.run)
    return _answer(request, [] if may else [Problem("A145", {"run": found.run.id})])


def undo_run(request: Request) -> Response:
    """Have a run undone, all of it or nothing."""
    found = opened_run(request)
    return _answer(request, ask_to_undo(found), 202)


def _answer(request: Request, problems: Iterable[Problem], status: int = 200) -> Response:
    against = list(problems)
    if against:
        return problem_response(409, "Nada foi feito", problems=against)
    return Json(_described(opened_run(request)), status_code=status)


def list_left_out(request: Request) -> Response:
    """Answer a page of what was left out of a run."""
    found = opened_run(request)
    query = request.query_params
    after = _number(query.get("after", ""), "after")
    limit = min(_number(query.get("limit", ""), "limit") or MOST, MOST)
    with found.seen.reading.connect() as connection:
        saying = Saying(connection, found.plan, found.seen.context)
        rows = leftovers.rows(
            connection, found.run.id, query.get("step", ""), query.get("reason", ""), after, limit + 1
        )
        items = [_left(found.seen, saying, each) for each in saying.rows(rows[:limit])]
    return Json({"items": items, "next": str(rows[limit - 1].id) if len(rows) > limit else None})


def _left(seen: Visit, saying: Saying, said: Any) -> dict[str, Any]:
    row = said.row
    return {
        "step": row.step,
        "reason": row.reason,
        "entity": row.entity if row.entity in seen.runtime.entities else None,
        "record": {"id": row.record, "text": said.text} if said.text else None,
        "unit": {"id": row.unit, "text": said.unit} if said.unit else None,
        "detail": said.sentence,
    }


def _number(text: str, name: str) -> int:
    if text and not is_record(text):
        raise Problems([Problem("R187", {"wanted": "um número"}, field=name)])
    return int(text or 0)


RUN = f"{ROOT}/execucoes/{{id:record}}"
ROUTES = [
    Route(f"{ROOT}/processos", list_processes, methods=["GET"]),
    Route(f"{ROOT}/processos/{{process}}", begin_run, methods=["POST"]),
    Route(RUN, read_run, methods=["GET"]),
    Route(f"{RUN}/parar", stop_run, methods=["POST"]),
    Route(f"{RUN}/continuar", continue_run, methods=["POST"]),
    Route(f"{RUN}/desfazer", undo_run, methods=["POST"]),
    Route(f"{RUN}/excecoes", list_left_out, methods=["GET"]),
]
