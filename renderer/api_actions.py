"""This file answers actions over the API: the same questions, rights and refusals as on the page, done once.

A request carries a key of its own; sent again it is answered as it was the first time, and nothing is done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel import actions
from kernel.actions import Planned
from kernel.rules.actions import CompiledAction
from kernel.storage import answered, records
from kernel.storage.answered import Answer, Once
from metadata.problems import Problem, Problems, near
from renderer import api_body
from renderer.api import ROOT, Json, absent, opened, with_body
from renderer.api_view import ApiView
from renderer.problem import problem_response
from renderer.visit import Visit

HEADER = "Idempotency-Key"
SHORTEST, LONGEST = 8, 200
KEY = re.compile(rf"[\x21-\x7e]{{{SHORTEST},{LONGEST}}}")
ONE = f"{ROOT}/{{entity}}/{{id:record}}/acoes/{{action}}"


async def act(request: Request) -> Response:
    """Do an action of a record."""
    return await with_body(request, _act)


def _act(request: Request, body: bytes) -> Response:
    seen, view = opened(request)
    action = _action(request, seen, view.entity.name)
    once = _once(request, body)
    if once is None:
        problem = Problem("R175", {"min": SHORTEST, "max": LONGEST}, field=HEADER)
        return problem_response(400, "Falta a chave do pedido", problems=[problem])
    with seen.reading.connect() as connection:
        earlier = answered.find(connection, seen.context.operator, once)
    if earlier is None:
        planned = _planned(request, seen, view, action, body)
        if isinstance(planned, Response):
            return planned
        made = actions.make(seen.engine, seen.runtime, seen.context, planned.edits, once)
        if not isinstance(made, Answer):
            refused = [_placed(at, each) for at, one in enumerate(made) for each in one.problems]
            return _refused(refused) if refused else _done(actions.told(made))
        earlier = made
    return _again(earlier)


def _planned(
    request: Request, seen: Visit, view: ApiView, action: CompiledAction, body: bytes
) -> Planned | Response:
    """Return what the action comes to for the answers of a body, or every one that will not do."""
    record = request.path_params["id"]
    with seen.reading.connect() as connection:
        row = records.read(connection, seen.runtime, seen.context, view.entity.name, record, children=False)
        if row is None:
            return absent(view, record)
        reading = api_body.read_answers(action.questions, body)
        if not reading.is_object:
            return _refused(reading.problems)
        begins = actions.defaults(connection, seen.runtime, seen.context, action, record)
        answers = begins | reading.values
        planned = actions.plan(connection, seen.runtime, seen.context, action, record, answers)
    unread = {problem.field for problem in reading.problems}
    problems = [*reading.problems, *(each for each in planned.problems if each.field not in unread)]
    return _refused(problems) if problems else planned


def _refused(problems: Iterable[Problem]) -> Response:
    return problem_response(422, "A ação não foi feita", problems=problems)


def _action(request: Request, seen: Visit, entity: str) -> CompiledAction:
    """Return the action of the address; one of another entity, or out of sight, is not there."""
    name = request.path_params["action"]
    known = {key: each for key, each in seen.runtime.actions.items() if each.action.of == entity}
    if name not in known:
        raise Problems([Problem("R401", {"name": name, "near": near(name, known)}, field="action")])
    return known[name]


def _once(request: Request, body: bytes) -> Once | None:
    key = request.headers.get(HEADER, "").strip()
    if not KEY.fullmatch(key):
        return None
    return Once(key, hashlib.sha256(b"%s\n%s" % (request.url.path.encode(), body)).hexdigest())


def _placed(at: int, problem: Problem) -> Problem:
    """Return a problem with the place of its record among those that would be made."""
    field = f"made/{at}/{problem.field}" if problem.field else f"made/{at}"
    return Problem(problem.code, problem.facts, field=field)


def _again(earlier: Answer) -> Response:
    if not earlier.is_same:
        return problem_response(422, "A chave já foi usada", problems=[Problem("R176", {}, field=HEADER)])
    return _done(earlier.answer.get(actions.MADE, []), {"Idempotency-Replayed": "true"})


def _done(made: Any, headers: dict[str, str] | None = None) -> Response:
    return Json({"made": made}, status_code=201, headers=headers or {})


ROUTES = [Route(ONE, act, methods=["POST"])]
