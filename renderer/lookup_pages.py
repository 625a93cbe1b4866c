"""This file says which record a text means and judges pasted cells; options: lookup_options.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query.lookup import lookup, texts
from kernel.query.meant import meant as one_meant
from kernel.query.plan import Hit
from metadata.entity import Entity, Field
from metadata.limits import check_value
from metadata.problems import Problem, Refused
from renderer import form_post, posted, visit
from renderer.problem import at_its_field
from renderer.visit import Visit
from renderer.widgets import WIDGETS

ALL = 50


def _hits(seen: Visit, entity: str, text: str, where: Mapping[str, Any], limit: int) -> tuple[Hit, ...]:
    with seen.reading.connect() as connection:
        return lookup(connection, seen.runtime, seen.context, entity, text, where, limit)


def narrowed(seen: Visit, target: Entity, given: Mapping[str, str]) -> dict[str, Any]:
    """Read the values by which a lookup is narrowed; an empty or unreadable one does not narrow."""
    read = {
        name: form_post.parsed(target.fields[name], text, seen.context)
        for name, text in given.items()
        if name in target.fields
    }
    return {
        name: value for name, value in read.items() if value is not None and not isinstance(value, Refused)
    }


def only(target: Entity, field: Field) -> dict[str, tuple[Any, ...]]:
    """Return the values that a link field asks of its target, by field; of those that are shown."""
    return {
        name: tuple(target.fields[name].canonical(text) for text in texts)
        for name, texts in field.only.items()
        if name in target.fields and not target.fields[name].is_masked
    }


def resolver(seen: Visit, entity: Entity) -> form_post.Resolve:
    """Return how a typed text becomes the id of a linked record: the only answer, or the only exact one."""

    def resolve(field: Field, text: str, around: Mapping[str, str]) -> int | Refused:
        found = meant(seen, field, text, around)
        return found if isinstance(found, Refused) else found.id

    return resolve


def meant(seen: Visit, field: Field, text: str, around: Mapping[str, str]) -> Hit | Refused:
    """Return the one record that a text means for a link field."""
    target: Entity = seen.runtime.configuration.entities[field.to]
    where = narrowed(seen, target, {to: around.get(source, "") for to, source in field.where.items()})
    where |= only(target, field)
    hits = _hits(seen, field.to, text, where, ALL)
    return one_meant(hits, text)


def namer(seen: Visit) -> Callable[[Field, int], str]:
    """Return how the id of a linked record becomes what people call it; each is looked up once."""
    text = cache(lambda entity, record: text_of(seen, entity, str(record)))
    return lambda field, record: text(field.to, record)


def text_of(seen: Visit, entity: str, record: str) -> str:
    """Return what people call a record, by the text of its id; empty when there is none."""
    if not record.isdecimal():
        return ""
    with seen.reading.connect() as connection:
        return texts(connection, seen.runtime, seen.context, entity, (int(record),)).get(int(record), "")


# ── cells ─────────────────────────────────────────────────────────────────────────────────────────


def check(request: Request) -> Response:
    """Judge cells before they are saved: each gets its tidy text (and id), or what is wrong with it."""
    seen = visit.of(request)
    entity: Entity | None = seen.runtime.configuration.entities.get(request.path_params["entity"])
    body = posted.json(request)
    cells, rows = body.get("cells"), body.get("rows") or {}
    if entity is None or not isinstance(cells, list) or not isinstance(rows, dict):
        raise HTTPException(404 if entity is None else 400)
    judged = [_judged(seen, entity, cell, rows) for cell in cells[: form_post.MAX_ROWS]]
    return Response(orjson.dumps({"cells": judged}), media_type="application/json")


def _judged(seen: Visit, entity: Entity, cell: Any, rows: Mapping[str, Any]) -> dict[str, Any]:
    field = entity.fields.get(str(cell.get("field"))) if isinstance(cell, dict) else None
    if field is None:
        return {"error": "Campo desconhecido"}
    text = str(cell.get("text", ""))
    if not text.strip():
        return {"text": "", "id": ""} if field.type == "link" else {"text": ""}
    if field.type == "link":
        around = rows.get(str(cell.get("row")), {})
        found = meant(
            seen, field, text, {str(k): str(v) for k, v in around.items()} if isinstance(around, dict) else {}
        )
        return (
            _wrong(found, field) if isinstance(found, Refused) else {"text": found.text, "id": str(found.id)}
        )
    value = form_post.parsed(field, text, seen.context)
    if isinstance(value, Refused):
        return _wrong(value, field)
    refused = check_value(value, field)
    return _wrong(refused, field) if refused else {"text": WIDGETS[field.type].write(value, field)}


def _wrong(refused: Refused, field: Field) -> dict[str, str]:
    return {"error": at_its_field(Problem(refused.code, {"label": field.label, **refused.facts}))}


ROUTES = [
    Route("/conferir/{entity}", check, methods=["POST"]),
]
