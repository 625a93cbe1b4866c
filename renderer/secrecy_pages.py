"""This file lets those with the right close a record to all but some, and open it again."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.access import secrecy
from kernel.storage import closed
from metadata.problems import Problem
from renderer import forms, posted, screen
from renderer.form_request import opened, stored
from renderer.form_view import Place
from renderer.visit import Visit
from renderer.when import said

GONE = "R150"
CLOSED, OPENED = "fechado", "aberto"


def show(request: Request) -> Response:
    """Show to whom a record is left open, and let it be changed."""
    seen, where = _opened(request)
    with seen.reading.connect() as connection:
        found = closed.closed(connection, seen.runtime.whole.entities[where.entity.name], _id(request))
    return _page(request, seen, where, found.roles if found else (), found.operators if found else ())


def _page(
    request: Request,
    seen: Visit,
    where: Place,
    roles: Sequence[str],
    operators: Sequence[str],
    problems: Sequence[Problem] = (),
) -> Response:
    row = stored(seen, where, _id(request))
    with seen.reading.connect() as connection:
        found = closed.closed(connection, seen.runtime.whole.entities[where.entity.name], row.id)
        named = secrecy.named(connection, seen.runtime)
    title, address = forms.title(where.entity, row), f"{where.address}/{row.id}"
    return screen.page(
        request,
        "secrecy.html",
        title=f"Sigilo de {title}",
        crumbs=(*where.crumbs, (title, address)),
        module=where.module,
        status=422 if problems else 200,
        entity=where.entity,
        address=address,
        closed=found,
        when=said(found.at, seen.context.now) if found else "",
        named=named,
        roles=roles,
        operators=operators,
        may_close=secrecy.may(seen.context, where.entity, "include"),
        may_open=secrecy.may(seen.context, where.entity, "remove"),
        problems=problems,
    )


def close(request: Request) -> Response:
    """Close the record, or change to whom it is left open."""
    seen, where = _opened(request)
    texts, _ = posted.form(request)
    roles, operators = texts.get("papel", []), texts.get("operador", [])
    problems = secrecy.close(
        seen.engine, seen.runtime, seen.context, where.entity.name, _id(request), roles, operators
    )
    if problems:
        return _refused(request, seen, where, roles, operators, problems)
    return RedirectResponse(f"{where.address}/{_id(request)}?sigilo={CLOSED}", status_code=303)


def open_again(request: Request) -> Response:
    """Open the record again to everybody who may see its kind."""
    seen, where = _opened(request)
    problems = secrecy.open_again(seen.engine, seen.runtime, seen.context, where.entity.name, _id(request))
    if problems:
        return _refused(request, seen, where, (), (), problems)
    return RedirectResponse(f"{where.address}/{_id(request)}?sigilo={OPENED}", status_code=303)


def _refused(
    request: Request,
    seen: Visit,
    where: Place,
    roles: Sequence[str],
    operators: Sequence[str],
    problems: Sequence[Problem],
) -> Response:
    if any(problem.code == GONE for problem in problems):
        raise HTTPException(404)
    return _page(request, seen, where, roles, operators, problems)


def _opened(request: Request) -> tuple[Visit, Place]:
    seen, where = opened(request)
    if where.entity.secrecy is None:
        raise HTTPException(404)
    return seen, where


def _id(request: Request) -> int:
    id: int = request.path_params["id"]
    return id


ONE = "/registros/{list}/{id:record}/sigilo"
ROUTES = [
    Route(ONE, show, methods=["GET"]),
    Route(ONE, close, methods=["POST"]),
    Route(f"{ONE}/abrir", open_again, methods=["POST"]),
]
