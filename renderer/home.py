"""This file answers the home page and the page of each module: routines, tiles, recents, drafts, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel import publish
from kernel.query import run
from kernel.query.lookup import texts as texts_of
from kernel.storage import personal
from renderer import list_question, screen, visit
from renderer.documents import list_of
from renderer.environment import moment, number
from renderer.filters import address
from renderer.list_pages import COUNT_AT_MOST
from renderer.lists import ListView, list_view
from renderer.menu import modules
from renderer.visit import Visit

GREETINGS = ((5, "Boa noite"), (12, "Bom dia"), (18, "Boa tarde"), (24, "Boa noite"))


@dataclass(frozen=True, slots=True)
class TileShown:
    """A tile with its figure."""

    id: int
    label: str
    list_label: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A record or a draft that can be opened again."""

    label: str
    kind: str
    icon: str
    address: str
    when: str


def show(request: Request) -> Response:
    """Show the home page of the operator."""
    seen = visit.of(request)
    request.app.state.recents.flush()
    with seen.reading.connect() as connection:
        sprite = request.app.state.assets.address("icones.svg")
        tiles = [
            _tile(connection, seen, view, tile)
            for tile in personal.tiles(connection, seen.context.operator)
            if (view := list_view(seen.runtime, tile.list, sprite))
        ]
        recents = _recents(connection, seen)
        drafts = _drafts(connection, seen)
        publication = publish.described(connection, seen.runtime.version)
    return screen.page(
        request,
        "home.html",
        title="Início",
        module="inicio",
        greeting=_greeting(seen.context.now),
        now=seen.context.now,
        modules=modules(seen.runtime),
        tiles=tiles,
        recents=recents,
        drafts=drafts,
        version=seen.runtime.version,
        publication=publication,
        when=moment(publication.published_at, seen.context.now) if publication else "",
        packages=list(seen.runtime.configuration.packages),
        entities=len(seen.runtime.configuration.entities),
    )


def show_module(request: Request) -> Response:
    """Show the routines of one module."""
    seen = visit.of(request)
    found = next((each for each in modules(seen.runtime) if each.name == request.path_params["module"]), None)
    if found is None:
        raise HTTPException(404)
    return screen.page(request, "module.html", title=found.label, module=found.name, found=found)


def _greeting(now: datetime) -> str:
    return next(words for until, words in GREETINGS if now.hour < until)


def _tile(connection: Any, seen: Visit, view: ListView, tile: personal.Tile) -> TileShown:
    question = list_question.read(seen, view, parse_qsl(tile.query))
    query = question.query(view.entity.name, ())
    found = run.count(connection, seen.runtime, seen.context, query, COUNT_AT_MOST)
    about = f"cerca de {number(found.about)}" if found.about else f"+ de {number(found.value)}"
    value = number(found.value) if found.exact else about
    return TileShown(tile.id, tile.name, view.label, value, address(view.address, question.pairs()))


def _recents(connection: Any, seen: Visit) -> list[Thing]:
    opened = personal.recents(connection, seen.context.operator)
    by_entity: dict[str, list[int]] = {}
    for each in opened:
        by_entity.setdefault(each.entity, []).append(each.record)
    texts = {
        (entity, record): text
        for entity, records in by_entity.items()
        if entity in seen.runtime.configuration.entities
        for record, text in texts_of(connection, seen.runtime, seen.context, entity, tuple(records)).items()
    }
    return [
        _thing(seen, each.entity, str(each.record), texts[each.entity, each.record], each.opened_at)
        for each in opened
        if (each.entity, each.record) in texts
    ]


def _drafts(connection: Any, seen: Visit) -> list[Thing]:
    kept: Sequence[personal.DraftNote] = personal.draft_notes(connection, seen.context.operator)
    known = [each for each in kept if each.entity in seen.runtime.configuration.entities]
    made = []
    for each in known:
        is_new = not each.record.isdigit()
        texts = (
            {}
            if is_new
            else texts_of(connection, seen.runtime, seen.context, each.entity, (int(each.record),))
        )
        label = "Novo registro" if is_new else texts.get(int(each.record), "")
        if label:
            made.append(_thing(seen, each.entity, each.record, label, each.kept_at))
    return made


def _thing(seen: Visit, entity: str, record: str, label: str, at: datetime) -> Thing:
    described = seen.runtime.configuration.entities[entity]
    return Thing(
        label or described.label.one,
        described.label.one,
        described.icon,
        f"/registros/{list_of(seen.runtime, entity)}/{record}",
        moment(at, seen.context.now),
    )


ROUTES = [
    Route("/", show, methods=["GET"]),
    Route("/modulos/{module}", show_module, methods=["GET"]),
]
