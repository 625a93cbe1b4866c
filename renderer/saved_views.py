"""This file keeps a filtered list as a view, shares it, and puts it on the home page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.storage import personal
from metadata.types import tidy
from renderer import convertors, list_pages, list_question, posted, visit
from renderer.filters import Pair, address
from renderer.lists import ListView
from renderer.visit import Visit

MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form of a view says; `own` are the operator's views of the list by name."""

    list: str
    operator: str
    action: str
    name: str
    query: str
    view: int
    shared: bool
    home: bool
    own: Mapping[str, int]


async def keep(request: Request) -> Response:
    """Save, change or remove a view, or put it on the home page, and go back to the list."""
    return await run_in_threadpool(_keep, request, await posted.read(request))


def _keep(request: Request, form: FormData) -> Response:
    seen, view = list_pages.opened(request)
    with seen.engine.begin() as connection:
        sent = _sent(connection, seen, view, form)
        told = ACTIONS.get(sent.action, _save)(connection, sent) if sent.name else []
    request.app.state.known_views.forget()
    # Whichever process answers next must not answer from memory.
    fresh = [(list_pages.FRESH, "1")]
    return RedirectResponse(address(view.address, [*parse_qsl(sent.query), *told, *fresh]), status_code=303)


def _sent(connection: Connection, seen: Visit, view: ListView, form: FormData) -> Sent:
    operator, number = seen.context.operator, str(form.get("visao", ""))
    known = personal.views(connection, operator, view.name)
    return Sent(
        list=view.name,
        operator=operator,
        action=str(form.get("acao", "")),
        name=" ".join(tidy(str(form.get("nome", ""))).split())[:MAX_NAME],
        query=_clean(seen, view, str(form.get("consulta", ""))),
        view=int(number) if convertors.is_record(number) else 0,
        shared=form.get("todos") == "sim",
        home=form.get("inicio") == "sim",
        own={each.name: each.id for each in known if each.operator == operator},
    )


def _clean(seen: Visit, view: ListView, query: str) -> str:
    """Keep only what the list understands, in its one spelling, so that equal views are equal texts."""
    return urlencode(list_question.read(seen, view, parse_qsl(query)).pairs())


# ── the actions: each answers what the list has to tell ──────────────────────────────────────────


def _save(connection: Connection, sent: Sent) -> list[Pair]:
    made = personal.save_view(connection, sent.operator, sent.list, sent.name, sent.query, shared=sent.shared)
    if sent.home:
        personal.put_tile(connection, sent.operator, sent.list, sent.name, sent.query, made)
    return []


def _change(connection: Connection, sent: Sent) -> list[Pair]:
    """Give a view another name, or show it to all; two views of one name could not be told apart."""
    if sent.own.get(sent.name, sent.view) != sent.view:
        return _told("repetida", sent.name)
    personal.change_view(connection, sent.operator, sent.view, sent.name, shared=sent.shared)
    return []


def _put_home(connection: Connection, sent: Sent) -> list[Pair]:
    made = sent.own.get(sent.name)
    personal.put_tile(connection, sent.operator, sent.list, sent.name, sent.query, made)
    return []


def _remove(connection: Connection, sent: Sent) -> list[Pair]:
    """Remove a view and say what brings it back; the list goes on showing what the view showed."""
    view = sent.own.get(sent.name, 0)
    was_home = any(tile.view == view for tile in personal.tiles(connection, sent.operator))
    if not personal.remove_view(connection, sent.operator, view):
        return []
    kept = [(list_pages.WAS_SHARED, "sim")] if sent.shared else []
    kept += [(list_pages.WAS_HOME, "sim")] if was_home else []
    return [*_told("excluida", sent.name), *kept]


def _told(happened: str, name: str) -> list[Pair]:
    return [(list_pages.HAPPENED, happened), (list_pages.NAMED, name)]


ACTIONS: dict[str, Callable[[Connection, Sent], list[Pair]]] = {
    "alterar": _change,
    "inicio": _put_home,
    "excluir": _remove,
}


async def remove_tile(request: Request) -> Response:
    """Take a tile from the home page."""
    form = await posted.read(request)
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
