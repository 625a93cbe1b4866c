"""This file answers the preview of a record beside its list: name, states and the first filled fields."""

from __future__ import annotations

from itertools import islice
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query import run
from kernel.query.lookup import texts as texts_of
from kernel.query.plan import Filter, Query
from metadata.entity import Field
from renderer import list_pages, screen
from renderer.facts import chips, facts
from renderer.looks import look_of
from renderer.once import per_runtime

SHOWN_FIELDS = 14
LOADED_FIELDS = 40
HIDDEN_TYPES = frozenset({"children", "many links", "json", "formula"})


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
    named = ((field.name, field.label, field) for field in fields)
    sprite = request.app.state.assets.address("icones.svg")
    return screen.fragment(
        request,
        "preview.html",
        view=view,
        record=record,
        name=names.get(record, ""),
        kind=entity.label.one,
        icon_name=entity.icon,
        chips=chips(entity, line, sprite),
        facts=list(islice(facts(seen.runtime, named, line), SHOWN_FIELDS)),
        has_look=bool(look_of(seen.runtime, entity.name)),
    )


ROUTES = [Route("/registros/{list}/{id:record}/previa", show, methods=["GET"])]
