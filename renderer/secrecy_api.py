"""This file lets programs close a record to all but some, and open it again, by the rights of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access import secrecy
from kernel.query.lookup import texts
from kernel.storage import closed
from metadata.problems import Problem
from renderer import posted
from renderer.api import ROOT, Json, opened
from renderer.problem import problem_response
from renderer.visit import Visit

GONE = "R150"
RIGHTS = frozenset({"R425", "R426"})
NAMED = ("roles", "operators")
WANTED = "roles e operators, cada um uma lista de nomes"


def show(request: Request) -> Response:
    """Answer whether a record is closed; to whom it is open is told to whoever may change that."""
    seen, entity, id = _asked(request)
    with seen.reading.connect() as connection:
        if entity.secrecy is None or not texts(connection, seen.runtime, seen.context, entity.name, (id,)):
            return _refused([Problem(GONE, {"entity": entity.label.one})], id)
        found = closed.closed(connection, seen.runtime.whole.entities[entity.name], id)
    told: dict[str, Any] = {"closed": found is not None}
    if found and any(secrecy.may(seen.context, entity, what) for what in ("include", "remove")):
        told |= {"roles": found.roles, "operators": found.operators}
        told |= {"closed_by": found.by, "closed_at": found.at}
    return Json(told)


def close(request: Request) -> Response:
    """Close a record to all but those named, or name others."""
    seen, entity, id = _asked(request)
    body = posted.json(request)
    wrong = [name for name in NAMED if not _are_names(body.get(name, []))] + sorted(body.keys() - {*NAMED})
    if wrong:
        return _refused([Problem("R187", {"wanted": WANTED}, field=name) for name in wrong], id)
    roles, operators = (body.get(name, []) for name in NAMED)
    problems = secrecy.close(seen.engine, seen.runtime, seen.context, entity.name, id, roles, operators)
    return _refused(problems, id) if problems else show(request)


def open_again(request: Request) -> Response:
    """Open a record again to everybody who may see its kind."""
    seen, entity, id = _asked(request)
    problems = secrecy.open_again(seen.engine, seen.runtime, seen.context, entity.name, id)
    return _refused(problems, id) if problems else Response(status_code=204)


def _asked(request: Request) -> tuple[Visit, Any, int]:
    seen, view = opened(request)
    return seen, view.entity, request.path_params["id"]


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _refused(problems: Sequence[Problem], id: int) -> Response:
    codes = {problem.code for problem in problems}
    if GONE in codes:
        return problem_response(404, "Registro não encontrado", problems=problems, id=id)
    return problem_response(403 if codes & RIGHTS else 422, "O sigilo não mudou", problems=problems)


ONE = f"{ROOT}/{{entity}}/{{id:record}}/sigilo"
ROUTES = [
    Route(ONE, show, methods=["GET"]),
    Route(ONE, close, methods=["PUT"]),
    Route(ONE, open_again, methods=["DELETE"]),
]
