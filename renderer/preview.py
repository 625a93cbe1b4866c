"""This file answers the preview of a record beside its list: name, states and the first filled fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query import run
from kernel.query.lookup import texts as texts_of
from kernel.query.plan import Filter, Line, Query
from metadata.entity import Entity, Field
from renderer import list_pages, screen
from renderer.cells import chip, masked
from renderer.documents import list_of
from renderer.once import per_runtime

SHOWN_FIELDS = 14
LOADED_FIELDS = 40
MAX_CHIPS = 3
HIDDEN_TYPES = frozenset({"children", "many links", "json", "formula"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the preview."""

    label: str
    text: str
    address: str = ""


@per_runtime
def _fields(runtime: Any, entity_name: str) -> tuple[Field, ...]:
    fields = runtime.configuration.entities[entity_name].fields.values()
    return tuple(field for field in fields if field.type not in HIDDEN_TYPES and field.has_column)[
        :LOADED_FIELDS
    ]


def show(request: Request) -> Response:
    """Answer the preview as a fragment."""
    seen, view = list_pages.opened(request)
    record, entity = request.path_params["id"], view.entity
    fields = _fields(seen.runtime, entity.name)
    query = Query(
        entity.name, tuple(field.name for field in fields), (Filter("id", "is", (record,)),), limit=1
    )
    with seen.reading.connect() as connection:
        page = run.page(connection, seen.runtime, seen.context, query)
        names = texts_of(connection, seen.runtime, seen.context, entity.name, (record,))
    if not page.rows:
        raise HTTPException(404)
    line = page.rows[0]
    sprite = request.app.state.assets.address("icones.svg")
    return screen.fragment(
        request,
        "preview.html",
        view=view,
        record=record,
        name=names.get(record, ""),
        kind=entity.label.one,
        icon_name=entity.icon,
        chips=_chips(entity, line, sprite),
        facts=_facts(seen.runtime, fields, line),
    )


def _chips(entity: Entity, line: Line, sprite: str) -> list[Markup]:
    toned = (
        field.choices[value]
        for name, value in line.values.items()
        if (field := entity.fields[name]).type == "choice"
        and value in field.choices
        and field.choices[value].tone
    )
    return [chip(option, sprite) for option in toned][:MAX_CHIPS]


def _facts(runtime: Any, fields: tuple[Field, ...], line: Line) -> list[Fact]:
    made = []
    for field in fields:
        value = line.values.get(field.name)
        if field.is_masked:
            made += [] if field.name in line.bare else [Fact(field.label, masked(field))]
            continue
        if value is None or value == "":
            continue
        if field.type == "link":
            listed, text = list_of(runtime, field.to), line.shown.get(field.name) or ""
            there = f"/registros/{listed}/{value}" if listed and text else ""  # nothing is where none is seen
            made.append(Fact(field.label, text or str(value), there))
        elif field.kind.storage != "file":
            made.append(Fact(field.label, field.kind.print(value, field)))
    return made[:SHOWN_FIELDS]


ROUTES = [Route("/registros/{list}/{id:record}/previa", show, methods=["GET"])]
