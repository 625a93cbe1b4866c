"""This file keeps a filtered list as a view, shares it, and puts it on the home page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.storage import personal
from metadata.types import tidy
from renderer import convertors, list_pages, visit
from renderer.filters import address, read_question
from renderer.lists import ListView
from renderer.visit import Visit

MAX_NAME = 60


async def keep(request: Request) -> Response:
    """Save, remove or put on the home page the view that the form names, and go back to the list."""
    return await run_in_threadpool(_keep, request, await request.form())


def _keep(request: Request, form: FormData) -> Response:
    seen, view = list_pages.opened(request)
    query = _clean(seen, view, str(form.get("consulta", "")))
    name = " ".join(tidy(str(form.get("nome", ""))).split())[:MAX_NAME]
    action = str(form.get("acao", ""))
    if name:
        _act(seen, view, name, query, action, form)
        request.app.state.known_views.forget()
    pairs = [] if action == "excluir" else parse_qsl(query)
    # Whichever process answers next must not answer from memory.
    return RedirectResponse(address(view.address, [*pairs, (list_pages.FRESH, "1")]), status_code=303)


def _act(seen: Visit, view: ListView, name: str, query: str, action: str, form: FormData) -> None:
    operator = seen.context.operator
    with seen.engine.begin() as connection:
        own = {
            each.name: each.id
            for each in personal.views(connection, operator, view.name)
            if each.operator == operator
        }
        if action == "excluir":
            personal.remove_view(connection, operator, own.get(name, 0))
            return
        made = own.get(name)
        if action != "inicio":
            made = personal.save_view(
                connection, operator, view.name, name, query, shared=form.get("todos") == "sim"
            )
        if action == "inicio" or form.get("inicio") == "sim":
            personal.put_tile(connection, operator, view.name, name, query, made)


def _clean(seen: Visit, view: ListView, query: str) -> str:
    """Keep only what the list understands, in its one spelling, so that equal views are equal texts."""
    question = read_question(
        seen.runtime, view.entity.name, parse_qsl(query), list_pages.typed(seen.context.now)
    )
    return urlencode(question.pairs())


async def remove_tile(request: Request) -> Response:
    """Take a tile from the home page."""
    form = await request.form()
    tile = str(form.get("bloco", ""))
    if convertors.is_record(tile):
        await run_in_threadpool(_remove_tile, request, int(tile))
    return RedirectResponse("/", status_code=303)


def _remove_tile(request: Request, tile: int) -> None:
    seen = visit.of(request)
    with seen.engine.begin() as connection:
        personal.remove_tile(connection, seen.context.operator, tile)


ROUTES = [
    Route("/registros/{list}/visoes", keep, methods=["POST"]),
    Route("/inicio/blocos/retirar", remove_tile, methods=["POST"]),
]
