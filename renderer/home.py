"""This file answers the home page and the page of each module: routines, tiles, recents, drafts, notices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel import publish
from kernel.accounts.viewing import OPERATOR
from kernel.processes import monthly, telling, watching
from kernel.processes.tables import FINISHED
from kernel.query import run
from kernel.query.lookup import texts as texts_of
from kernel.storage import drafts, personal
from renderer import filters, list_question, process_pages, screen, visit
from renderer.documents import list_of
from renderer.draft_pages import continued
from renderer.environment import moment, number
from renderer.filters import address
from renderer.forms import new_title
from renderer.list_pages import COUNT_AT_MOST
from renderer.lists import ListView, list_view
from renderer.menu import modules
from renderer.process_gate import ALL, told_of
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
class Task:
    """Something that waits to be done, and where it is done."""

    label: str
    says: str
    icon: str
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
        kept = _drafts(connection, seen)
        ended = _ended(connection, seen)
        tasks = [_task(connection, seen, each) for each in _due(connection, seen)]
        publication = publish.described(connection, seen.runtime.version)
    return screen.page(
        request,
        "home.html",
        title="Início",
        module="inicio",
        greeting=_greeting(seen),
        now=seen.context.now,
        modules=modules(seen.runtime),
        tiles=tiles,
        recents=recents,
        drafts=kept,
        ended=ended,
        tasks=tasks,
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


def _greeting(seen: Visit) -> str:
    """Greet whose home it is: the one as whom somebody sees; a role has no name."""
    words = next(words for until, words in GREETINGS if seen.context.now.hour < until)
    if seen.viewing is None:
        return f"{words}, {seen.signed.name}"
    return f"{words}, {seen.viewing.label}" if seen.viewing.kind == OPERATOR else words


def _tile(connection: Any, seen: Visit, view: ListView, tile: personal.Tile) -> TileShown:
    question = list_question.read(seen, view, parse_qsl(tile.query))
    query = question.query(view.entity.name, (), only=view.only)
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


def _ended(connection: Any, seen: Visit) -> list[process_pages.Line]:
    """Return the runs that somebody waits for and whose end they have not seen."""
    found = watching.ended(connection, seen.context.operator, seen.runtime.configuration.processes)
    return (
        process_pages.lines(connection, seen, telling.some(connection, told_of(seen), found)) if found else []
    )


def _due(connection: Any, seen: Visit) -> list[monthly.Due]:
    """Return the processes of the month that the operator may run and that are still to be done."""
    processes = seen.runtime.configuration.processes.values()
    return list(monthly.due(connection, told_of(seen), processes, seen.context.today.replace(day=1)))


def _task(connection: Any, seen: Visit, each: monthly.Due) -> Task:
    """Say what is to be done with a process: begin it, look after its run, or see what was left out."""
    process = each.process
    field = process.ask[process.monthly]
    month = field.kind.print(each.month, field)
    label = f"{process.label} {month}"
    if each.run is None:
        filled = filters.address(f"{ALL}/{process.name}", [(f"f.{process.monthly}", month)])
        last = process_pages.lines(connection, seen, [each.last] if each.last else [])
        before = f"; a última foi {last[0].label}, {last[0].when}" if last else ""
        return Task(label, f"Ainda sem execução neste mês{before}.", "clock", filled)
    [line] = process_pages.lines(connection, seen, [each.run])
    left = "1 linha ficou" if line.left_out == 1 else f"{number(line.left_out)} linhas ficaram"
    says = f"{left} de fora; veja os motivos." if each.run.status == FINISHED else f"{line.state.label}."
    return Task(
        label, says, line.state.icon if each.run.status != FINISHED else "triangle-alert", line.address
    )


def _drafts(connection: Any, seen: Visit) -> list[Thing]:
    entities = seen.runtime.configuration.entities
    naming = dict.fromkeys(name for entity in entities.values() for name in entity.shown_pieces[1::2])
    made = []
    for each in drafts.notes(connection, seen.context.operator, naming):
        if each.entity not in entities:
            continue
        label = _draft_label(connection, seen, each)
        if label:
            thing = _thing(seen, each.entity, each.record, label, each.kept_at)
            address = continued(list_of(seen.runtime, each.entity), each.record)
            made.append(replace(thing, address=address))
    return made


def _draft_label(connection: Any, seen: Visit, note: drafts.Note) -> str:
    """Return what the record is called; a new one by what was typed so far."""
    if not drafts.is_new(note.record):
        record = int(note.record)
        return texts_of(connection, seen.runtime, seen.context, note.entity, (record,)).get(record, "")
    entity = seen.runtime.configuration.entities[note.entity]
    typed_texts = [note.texts.get(name) for name in entity.shown_pieces[1::2]]
    return " · ".join(text for text in typed_texts if text) or new_title(entity)


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
