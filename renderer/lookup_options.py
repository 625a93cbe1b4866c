"""This file answers the options of a lookup: what the operator prefers first, then what fits the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query.lookup import lookup
from kernel.query.plan import Hit
from kernel.query.preferred import preferred
from kernel.runtime import Runtime
from kernel.storage.preferred import favourites, mark, unmark
from metadata.entity import Entity, Field
from metadata.limits import check_value
from metadata.problems import Refused
from renderer import form_post, lookup_pages, screen, visit
from renderer.documents import list_of
from renderer.environment import marked
from renderer.menu import place_of
from renderer.once import per_runtime
from renderer.visit import Visit

FEW = 8
ALL = 50
PREFERRED = 6
"""Favourites and recent records on the short list: some room stays for the others."""
WHERE = "onde."


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the list: a record, its words with the searched ones marked, what it is to the operator."""

    hit: Hit
    text: Markup
    more: Markup
    is_favourite: bool = False
    is_recent: bool = False


def show(request: Request) -> Response:
    """Return the options for a text, as the list of a combobox."""
    seen = visit.of(request)
    entity = _entity(seen, request)
    query = request.query_params
    text = query.get("q", "").strip()
    field = _asking(seen, query.get("campo", ""), entity)
    given = {name.removeprefix(WHERE): value for name, value in query.items() if name.startswith(WHERE)}
    where = lookup_pages.narrowed(seen, entity, given) if field is None or field.where else {}
    where |= lookup_pages.only(entity, field) if field else {}
    limit = ALL if "todos" in query else FEW
    if not text:
        request.app.state.recents.flush()
    with seen.reading.connect() as connection:
        options = _options(connection, seen, entity, text, where, limit + 1)
    return screen.fragment(
        request,
        "lookup.html",
        options=options[:limit],
        has_more=len(options) > limit,
        text=text,
        id=query.get("id", "busca"),
        entity=entity,
        missing=[
            entity.fields[name].label for name, value in given.items() if not value and name in entity.fields
        ],
        new_address=_new_address(seen, entity, text, given) if text else "",
    )


def _options(
    connection: Connection, seen: Visit, entity: Entity, text: str, where: dict[str, Any], limit: int
) -> list[Option]:
    """Return what fits the text; without one, first what the operator prefers. One more query either way."""
    if text:
        hits = lookup(connection, seen.runtime, seen.context, entity.name, text, where, limit)
        stars = favourites(connection, seen.context.operator, entity.name, [hit.id for hit in hits])
        return [Option(hit, marked(hit.text, text), marked(hit.more, text), hit.id in stars) for hit in hits]
    most = PREFERRED if limit <= FEW + 1 else limit
    first = [
        Option(
            found.hit,
            Markup.escape(found.hit.text),
            Markup.escape(found.hit.more),
            found.is_favourite,
            is_recent=not found.is_favourite,
        )
        for found in preferred(connection, seen.runtime, seen.context, entity.name, where, most)
    ]
    known = {option.hit.id for option in first}
    rest = lookup(connection, seen.runtime, seen.context, entity.name, "", where, limit + len(first))
    others = (hit for hit in rest if hit.id not in known)
    plain = [Option(hit, Markup.escape(hit.text), Markup.escape(hit.more)) for hit in others]
    return (first + plain)[:limit]


def _entity(seen: Visit, request: Request) -> Entity:
    entity: Entity | None = seen.runtime.configuration.entities.get(request.path_params["entity"])
    if entity is None:
        raise HTTPException(404)
    return entity


def _asking(seen: Visit, path: str, target: Entity) -> Field | None:
    """Return the link field or question that asks, when it really leads to the entity."""
    owner, _, name = path.partition(".")
    known = seen.runtime.configuration
    asking = known.processes.get(owner) or known.actions.get(owner)
    fields = known.entities[owner].fields if owner in known.entities else asking.ask if asking else {}
    field = fields.get(name)
    return field if field is not None and field.to == target.name else None


# ── a new record from what was typed ──────────────────────────────────────────────────────────────


def _new_address(seen: Visit, entity: Entity, text: str, given: dict[str, str]) -> str:
    """Return where a record with this text can be created; empty for what has no screen of its own."""
    list_name = routine(seen.runtime, entity.name)
    if not list_name:
        return ""
    filled = {f"f.{name}": value for name, value in given.items() if value and name in entity.fields}
    name = _holder(seen, entity, text)
    return f"/registros/{list_name}/novo?{urlencode(filled | ({f'f.{name}': text} if name else {}))}"


@per_runtime
def routine(runtime: Runtime, entity: str) -> str:
    """Return the list under which records of an entity are created for themselves, or an empty text."""
    list_name = list_of(runtime, entity)
    has_form = any(form.entity == entity for form in runtime.configuration.forms.values())
    is_child = bool(runtime.entities[entity].owners) or not runtime.entities[entity].entity.allows("add")
    return list_name if not is_child and (has_form or place_of(runtime, list_name)[0]) else ""


def _holder(seen: Visit, entity: Entity, text: str) -> str:
    """Return the field that takes the text: words go to a name, digits to what tells records apart."""
    names = dict.fromkeys((*entity.shown_pieces[1::2], *entity.search))
    known = [entity.fields[name] for name in names if name in entity.fields]
    fields = [field for field in known if _fits(seen, field, text)]
    is_word = any(sign.isalpha() for sign in text)
    fields.sort(key=lambda field: field.unique == is_word)
    return fields[0].name if fields else ""


def _fits(seen: Visit, field: Field, text: str) -> bool:
    if field.readonly or field.kind.storage != "text" or field.choices:
        return False
    value = form_post.parsed(field, text, seen.context)
    return value is not None and not isinstance(value, Refused) and check_value(value, field) is None


# ── favourites ────────────────────────────────────────────────────────────────────────────────────


def change_favourite(request: Request) -> Response:
    """Make a record a favourite of the operator (PUT), or one like the others again (DELETE)."""
    seen = visit.of(request)
    entity = _entity(seen, request)
    record: int = request.path_params["id"]
    if not lookup_pages.text_of(seen, entity.name, str(record)):
        raise HTTPException(404)
    change = mark if request.method == "PUT" else unmark
    with seen.engine.begin() as connection:
        change(connection, seen.context.operator, entity.name, record)
    return Response(status_code=204)


ROUTES = [
    Route("/busca/{entity}", show, methods=["GET"]),
    Route("/favoritos/{entity}/{id:record}", change_favourite, methods=["PUT", "DELETE"]),
]
