"""This file notes requests that were turned away: pages and records that exist, but not for whoever asked.

It stands at the door, around all routes, so that new ones are noted too; what saves refuse, the kernel notes.
The answer does not wait for the note: how long it takes would tell what exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.audit import refusals
from kernel.audit.refusals import Refused
from kernel.outage import DatabaseGone
from metadata.problems import Problems
from renderer import visit
from renderer.visit import Visit

API = "/api/v1/"
LACKS_RIGHT = 403
STATUSES = frozenset({LACKS_RIGHT, 404})
ASKED: Mapping[str, str] = {"POST": "change", "PATCH": "change", "PUT": "change", "DELETE": "remove"}
OPEN = "open"


async def watched(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> int:
    """Let a request go on; return the status of its answer where that turned it away, else 0."""
    status = 0

    async def sending(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        await send(message)

    await app(scope, receive, sending)
    return status if status in STATUSES else 0


def note(request: Request, status: int) -> None:
    """Note what was not there for whoever asked; what is there for nobody is no refusal."""
    try:
        seen = visit.of(request)
    except Problems:  # the request said to work for what is not theirs: there was no visit
        return
    if seen.context.access.profile is None:
        return
    refused = _refused(request, seen, status)
    if refused is not None:
        try:
            refusals.note(seen.engine, seen.context, [refused])
        except DatabaseGone:
            return  # the answer is out, and said so


def _refused(request: Request, seen: Visit, status: int) -> Refused | None:
    said = request.path_params
    entity = _entity(seen, str(said.get("entity") or said.get("list") or _of_address(request)))
    level = ASKED.get(request.method, "read")
    if not entity:
        page = _page(request)
        is_there = not said or status == LACKS_RIGHT  # what is said to be closed is there
        return Refused(OPEN, page=page) if page and is_there else None
    record = said.get("id")
    if isinstance(record, int):
        return Refused(level, entity, record=record) if _is_there(seen, entity, record) else None
    return Refused(level, entity) if entity not in seen.runtime.entities or not said else None


def _of_address(request: Request) -> str:
    """Return the entity of an address that no route was asked for: the door itself turned it away."""
    path = request.url.path
    return path.removeprefix(API).partition("/")[0] if path.startswith(API) else ""


def _entity(seen: Visit, name: str) -> str:
    """Return the entity that a list or an entity of that name is about, whoever sees it."""
    whole = seen.runtime.whole
    found = whole.configuration.lists.get(name)
    return found.entity if found else name if name in whole.entities else ""


def _is_there(seen: Visit, entity: str, record: int) -> bool:
    table: Any = seen.runtime.whole.entities[entity].table
    with seen.reading.connect() as connection:
        return connection.scalar(select(table.c.id).where(table.c.id == record)) is not None


def _page(request: Request) -> str:
    """Return the route of a request, as it is written: there are only so many."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    return next((route.path for route in routes if route.matches(request.scope)[0] is not Match.NONE), "")
