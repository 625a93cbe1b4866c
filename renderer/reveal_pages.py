"""This file answers who asks for a masked value: with which reason, then the one value of the one record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.privacy.reason import REASONS
from kernel.privacy.reveal import Revealed, asked, reveal
from kernel.storage.record import Refusal
from metadata.entity import Field
from metadata.problems import Problem
from renderer import posted, screen, visit
from renderer.api import ROOT, Json
from renderer.documents import list_of
from renderer.problem import at_its_field, problem_response
from renderer.visit import Visit

NOT_THERE = frozenset({"R150", "R401", "R402"})
NEVER_KEPT = {"Cache-Control": "no-store"}


def ask(request: Request) -> Response:
    """Ask for the reason; for the script only what stands in its dialog."""
    seen, entity, id, name = _address(request)
    with seen.reading.connect() as connection:
        found = asked(connection, seen.runtime, seen.context, entity, id, name)
    if isinstance(found, Problem):
        return _refused(request, (found,))
    if _is_script(request):
        return screen.fragment(request, "reveal_question.html", reasons=REASONS, said="", problems=())
    return _page(request, found)


def show(request: Request) -> Response:
    """Answer the value, once its being asked for is on record."""
    seen, entity, id, name = _address(request)
    texts, _ = posted.form(request)
    said = (texts.get("motivo") or [""])[0]
    found = reveal(seen.engine, seen.runtime, seen.context, entity, id, name, said)
    if isinstance(found, Refusal):
        return _refused(request, found.problems, said)
    if _is_script(request):
        return Json({"text": found.text}, headers=NEVER_KEPT)
    return _page(request, found.field, shown=found)


def by_program(request: Request) -> Response:
    """Answer the value to a program that says a field and a reason."""
    seen = visit.of(request)
    entity, id = request.path_params["entity"], request.path_params["id"]
    body = posted.json(request)
    name, said = str(body.get("field", "")), str(body.get("reason", ""))
    found = reveal(seen.engine, seen.runtime, seen.context, entity, id, name, said)
    if isinstance(found, Refusal):
        status = 404 if any(each.code in NOT_THERE for each in found.problems) else _status(found.problems)
        return problem_response(status, "O dado não foi revelado", problems=found.problems)
    return Json({"field": name, "value": _json(found)}, headers=NEVER_KEPT)


def _json(found: Revealed) -> Any:
    value, field = found.value, found.field
    if value is None:
        return None
    if field.type == "link":
        return {"id": value, "text": found.text}
    if field.type == "many links":
        return [{"id": each} for each in value]
    return field.kind.to_json(value, field)


def _address(request: Request) -> tuple[Visit, str, int, str]:
    params = request.path_params
    return visit.of(request), params["entity"], params["id"], params["field"]


def _is_script(request: Request) -> bool:
    return request.headers.get("x-aroeira") == "script"


def _status(problems: Sequence[Problem]) -> int:
    return 403 if any(each.code == "R431" for each in problems) else 422


def _refused(request: Request, problems: Sequence[Problem], said: str = "") -> Response:
    if any(each.code in NOT_THERE for each in problems):
        raise HTTPException(404)
    status = _status(problems)
    if _is_script(request):
        return screen.fragment(
            request, "reveal_question.html", status=status, reasons=REASONS, said=said,
            problems=[at_its_field(each) for each in problems],
        )  # fmt: skip
    field = (
        visit.of(request).runtime.entities[request.path_params["entity"]].fields[request.path_params["field"]]
    )
    return _page(request, field, problems=problems, said=said, status=status)


def _page(
    request: Request, field: Field, *, shown: Revealed | None = None, problems: Sequence[Problem] = (),
    said: str = "", status: int = 200,
) -> Response:  # fmt: skip
    seen, entity, id, _ = _address(request)
    label = seen.runtime.entities[entity].entity.label.one
    listed = list_of(seen.runtime, entity)
    return screen.page(
        request,
        "reveal.html",
        title=f"Revelar {field.label}",
        crumbs=((f"{label} {id}", f"/registros/{listed}/{id}"),) if listed else (),
        status=status,
        headers=NEVER_KEPT,
        field=field,
        kind=label,
        record=id,
        back=f"/registros/{listed}/{id}" if listed else "/",
        shown=shown,
        problems=[at_its_field(each) for each in problems],
        reasons=REASONS,
        said=said,
    )


ONE = "/revelar/{entity}/{id:record}/{field}"
ROUTES = [
    Route(ONE, ask, methods=["GET"]),
    Route(ONE, show, methods=["POST"]),
    Route(f"{ROOT}/{{entity}}/{{id:record}}/revelar", by_program, methods=["POST"]),
]
