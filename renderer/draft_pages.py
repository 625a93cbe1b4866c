"""This file answers drafts: keep the form as it stands, offer it again with what differs, forget it."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.context import Context
from kernel.storage import drafts, records
from metadata.entity import Entity
from renderer import documents, form_post, forms, posted, visit
from renderer.form_content import EMPTY, Entry
from renderer.form_control import Control
from renderer.form_layout import FormLayout, layout
from renderer.visit import Visit
from renderer.when import named
from renderer.when import said as moment_said
from renderer.widgets import said

MAX_SHOWN = 40


def keep(request: Request) -> Response:
    """Keep a draft; the answer says when, by the clock of the site as everywhere."""
    seen, entity, record = _named(request)
    body = posted.json(request).get("posted")
    if not isinstance(body, dict) or not all(isinstance(texts, list) for texts in body.values()):
        raise HTTPException(400)
    texts = {str(name): [str(text) for text in each] for name, each in body.items()}
    with seen.engine.begin() as connection:
        drafts.keep(connection, seen.context.operator, entity.name, record, texts, seen.context.now)
    answer = {"says": f"rascunho guardado {moment_said(seen.context.now, seen.context.now)}"}
    return Response(orjson.dumps(answer), media_type="application/json")


def forget(request: Request) -> Response:
    """Forget a draft."""
    seen, entity, record = _named(request)
    with seen.engine.begin() as connection:
        drafts.forget(connection, seen.context.operator, entity.name, record)
    return Response(status_code=204)


def offer(request: Request) -> Response:
    """Return the draft with what differs from the stored record, as data and as the banner that offers it."""
    seen, entity, record = _named(request)
    with seen.reading.connect() as connection:
        draft, others = _waiting(connection, seen, entity, record)
        row = _stored(connection, seen, entity, record) if draft else None
    if draft is None or row is None:
        return Response(b"{}", media_type="application/json")
    form = layout(seen.runtime, entity.name, request.app.state.templates)
    changes = differences(form, draft.posted, row, seen.context)
    when = named(draft.kept_at, seen.context.now)
    module = request.app.state.templates.get_template("form/banners.html").module
    address = continued(documents.list_of(seen.runtime, entity.name), draft.record)
    kept = f"/rascunhos/{entity.name}/{draft.record}"
    answer = {
        "kept_at": draft.kept_at,
        "changes": changes,
        "says": f"Há um rascunho de {when}",
        "banner": str(module.draft(when, changes[:MAX_SHOWN], address, kept, others)),
    }
    return Response(orjson.dumps(answer if changes else {}), media_type="application/json")


def _waiting(connection: Any, seen: Visit, entity: Entity, record: str) -> tuple[drafts.Draft | None, int]:
    """Return the draft to offer, and how many more new records wait: a new page starts a draft of its own."""
    operator = seen.context.operator
    if not drafts.is_new(record):
        return drafts.find(connection, operator, entity.name, record), 0
    latest, *others = [*drafts.begun(connection, operator, entity.name), None]
    return latest, len(others) - 1 if latest else 0


def continued(list_name: str, record: str) -> str:
    """Return the address at which a draft goes on."""
    place = drafts.NEW if drafts.is_new(record) else record
    return f"/registros/{list_name}/{place}?rascunho={record}"


def _stored(connection: Any, seen: Visit, entity: Entity, record: str) -> Any:
    if drafts.is_new(record):
        return records.blank(seen.runtime, seen.context, entity.name)
    return records.read(connection, seen.runtime, seen.context, entity.name, int(record))


def _named(request: Request) -> tuple[Visit, Entity, str]:
    seen = visit.of(request)
    entity = seen.runtime.configuration.entities.get(request.path_params["entity"])
    record = request.path_params["record"]
    if entity is None or not drafts.NAME.fullmatch(record):
        raise HTTPException(404)
    return seen, entity, record


def differences(
    form: FormLayout,
    posted_texts: form_post.Texts,
    row: Any,
    context: Context,
) -> list[dict[str, str]]:
    """Return label, before and after of everything in a draft that is not as stored."""
    typed = form_post.as_typed(form, posted_texts, context).content
    stored = forms.shown_content(form, row, context)
    found: list[dict[str, str] | None] = [
        _change(control, control.label, stored.entries.get(name, EMPTY), typed.entries[name])
        for name, control in form.controls.items()
        if not control.readonly and f"f.{name}" in posted_texts
    ]
    for name, grid in form.grids.items():
        known = {each.id: each for each in stored.rows[name] if each.id}
        for place, line in enumerate(typed.rows[name], 1):
            before = known.get(line.id)
            label = f"{grid.label}, linha {place}"
            if line.removed:
                found.append({"label": label, "before": "", "after": "a excluir"})
                continue
            entries = before.entries if before else {}
            found += [
                _change(
                    c, f"{label}, {c.label}", entries.get(c.field.name, EMPTY), line.entries[c.field.name]
                )
                for c in grid.columns
                if not c.readonly
            ]
    return [change for change in found if change is not None]


def _change(control: Control, label: str, before: Entry, after: Entry) -> dict[str, str] | None:
    if before.text == after.text and (
        control.field.type != "link" or (before.shown or "") == (after.shown or "")
    ):
        return None
    return {"label": label, "before": said(control, before), "after": said(control, after)}


PATH = "/rascunhos/{entity}/{record}"
ROUTES = [
    Route(PATH, offer, methods=["GET"]),
    Route(PATH, keep, methods=["PUT"]),
    Route(PATH, forget, methods=["DELETE"]),
]
