"""This file answers transitions of records over the API: on the version that was read, and once for a key."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel import moving
from kernel.moving import MADE, Asked
from kernel.storage import records
from kernel.storage.answered import Answer, Once
from metadata.problems import Problem, Problems, near
from renderer import api, api_body
from renderer.api import ROOT, Json, absent, opened, with_body
from renderer.api_actions import HEADER, KEY, LONGEST, SHORTEST
from renderer.problem import problem_response

ONE = f"{ROOT}/{{entity}}/{{id:record}}/transicoes/{{transition}}"
NOT_MADE = "A transição não foi feita"


async def move(request: Request) -> Response:
    """Make a transition of a record."""
    return await with_body(request, _move)


def _move(request: Request, body: bytes) -> Response:
    seen, view = opened(request)
    name, record = request.path_params["transition"], request.path_params["id"]
    known = view.entity.made_by_hand
    if name not in known:  # there is none, or the operator lacks the right to it
        raise Problems([Problem("R401", {"name": name, "near": near(name, known)}, field="transition")])
    with seen.reading.connect() as connection:
        row = records.read(connection, seen.runtime, seen.context, view.entity.name, record, children=False)
    if row is None:
        return absent(view, record)
    reading = api_body.read_answers({each: view.entity.fields[each] for each in known[name].asks}, body)
    if reading.problems:
        return problem_response(422, NOT_MADE, problems=reading.problems)
    key = request.headers.get(HEADER, "").strip()
    if key and not KEY.fullmatch(key):
        problem = Problem("R175", {"min": SHORTEST, "max": LONGEST}, field=HEADER)
        return problem_response(400, NOT_MADE, problems=[problem])
    versions = api.versions_of(request, reading.version)
    if versions == ():
        return api.without_version()
    version = api.based_on(seen, view, record, versions)
    asked = Asked(view.entity.name, record, name, version, reading.values)
    outcome = moving.make(seen.engine, seen.runtime, seen.context, asked, _once(request, key, body))
    return _again(outcome) if isinstance(outcome, Answer) else api.answer(request, seen, view, outcome)


def _once(request: Request, key: str, body: bytes) -> Once | None:
    digest = hashlib.sha256(b"%s\n%s" % (request.url.path.encode(), body)).hexdigest()
    return Once(key, digest) if key else None


def _again(earlier: Answer) -> Response:
    if not earlier.is_same:
        return problem_response(422, "A chave já foi usada", problems=[Problem("R176", {}, field=HEADER)])
    (made,) = earlier.answer[MADE]
    told = {"id": made["id"], "version": made.get("version")}
    return Json(told, headers={"Idempotency-Replayed": "true"})


ROUTES = [Route(ONE, move, methods=["POST"])]
