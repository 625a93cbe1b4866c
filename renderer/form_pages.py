"""This file shows the page of one record (stored, new, from a draft) and lists the routes of forms."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kernel.rules.fixed import unmade
from kernel.storage import drafts, records
from kernel.storage.record import Row
from metadata.problems import Problem, Problems, Refused
from renderer import (
    action_pages,
    attachment_pages,
    conflict,
    draft_pages,
    form_post,
    form_view,
    forms,
    help_pages,
    lookup_options,
    lookup_pages,
    record_pages,
    rule_pages,
    save_pages,
    transition_pages,
)
from renderer.form_content import Content, Entry
from renderer.form_request import of_typed, opened, stored
from renderer.form_view import Place, Shown
from renderer.visit import Visit
from renderer.when import named

FIELD = "f."
SECRECY_TOLD = {"fechado": "Sob sigilo: só o veem os que você marcou", "aberto": "Sigilo retirado"}


# ── show ──────────────────────────────────────────────────────────────────────────────────────────


def show(request: Request) -> Response:
    """Show a record, or the draft of it that the person wants to go on with."""
    seen, where = opened(request)
    row = stored(seen, where, request.path_params["id"])
    request.app.state.recents.note(seen.context, where.entity.name, row.id)
    if page := _continued(request, seen, where, row):
        return page
    content = forms.shown_content(where.form, row, seen.context)
    shown = Shown(content, forms.base_of(content), row, row.version, stands=row)
    _told(request, seen, where, shown)
    return form_view.answer(request, where, shown)


def new(request: Request) -> Response:
    """Show an empty record; `f.<field>` in the address fills fields beforehand."""
    seen, where = opened(request)
    if problem := unmade(where.entity, seen.context):
        raise Problems([problem])
    if not where.entity.allows("add"):
        raise Problems([Problem("R420", {"entity": where.entity.label.one.lower()})])
    if page := _continued(request, seen, where, None):
        return page
    with seen.reading.connect() as connection:
        given = _given(request, seen, where)
        row = records.blank(seen.runtime, seen.context, where.entity.name, given, connection)
    content = _named(seen, where, row, forms.shown_content(where.form, row, seen.context))
    shown = Shown(content, forms.base_of(content), stands=row)
    _prefill(request, seen, where, shown)
    _told(request, seen, where, shown)
    return form_view.answer(request, where, shown)


def _given(request: Request, seen: Visit, where: Place) -> dict[str, Any]:
    """Return the values of an address that fills fields beforehand, as far as they can be read."""
    asked = {name[2:]: text for name, text in request.query_params.items() if name.startswith(FIELD)}
    fields = {name: where.form.controls[name].field for name in asked if name in where.form.controls}
    read = {name: form_post.parsed(field, asked[name], seen.context) for name, field in fields.items()}
    return {name: value for name, value in read.items() if not isinstance(value, Refused)}


def _named(seen: Visit, where: Place, row: Row, content: Content) -> Content:
    """Return a new form with the company, or the branch, that it begins with in words."""
    entries = dict(content.entries)
    for name in seen.context.access.begins(where.entity):
        control, id = where.form.controls.get(name), row.values.get(name)
        if control is not None and id is not None:
            said = lookup_pages.text_of(seen, control.field.to, str(id))
            entries[name] = Entry(str(id), said)
    return Content(entries, content.rows)


def _prefill(request: Request, seen: Visit, where: Place, shown: Shown) -> None:
    asked = {name[2:]: text for name, text in request.query_params.items() if name.startswith(FIELD)}
    for name, text in asked.items():
        control = where.form.controls.get(name)
        if control is None:
            continue
        said = lookup_pages.text_of(seen, control.field.to, text) if control.field.type == "link" else ""
        shown.content.entries[name] = Entry(text, said)  # type: ignore[index]
        shown.is_changed = True


def _told(request: Request, seen: Visit, where: Place, shown: Shown) -> None:
    """Say what a save just before has done."""
    query = request.query_params
    if "salvo" in query:
        name = lookup_pages.text_of(seen, where.entity.name, query["salvo"]) or query["salvo"]
        done = "salva" if where.entity.label.gender == "f" else "salvo"
        shown.saved = f"{where.entity.label.one} {name} {done} às {seen.context.now:%H:%M}"
    if query.get("passou") in where.entity.transitions:
        shown.saved = f"Feito: {where.entity.transitions[query['passou']].label}"
    if query.get("sigilo") in SECRECY_TOLD:
        shown.saved = SECRECY_TOLD[query["sigilo"]]
    if query.get("fim"):
        which = "último" if query["fim"] == "proximo" else "primeiro"
        shown.saved = f"Este é o {which} registro da lista"
    if query.get("juntou"):
        labels = conflict.words_of_joined(where.form, query["juntou"].split(","))
        shown.notes = [
            f"Outra pessoa salvou este registro enquanto você digitava. Juntamos o que ela mudou: {labels}."
        ]


def _continued(request: Request, seen: Visit, where: Place, row: Any) -> Response | None:
    asked = request.query_params.get("rascunho", "")
    record = str(row.id) if row else asked
    if not drafts.NAME.fullmatch(asked) or drafts.is_new(record) is bool(row):
        return None
    with seen.reading.connect() as connection:
        draft = drafts.find(connection, seen.context.operator, where.entity.name, record)
    if draft is None:
        return None
    typed = form_post.as_typed(where.form, draft.posted, seen.context)
    if row and typed.version is None:
        typed.version = 0  # no version is 0: whatever differs is asked, nothing is saved over
    shown = of_typed(seen, where, typed, row)
    shown.draft = draft.record
    shown.notes = [
        f"Você continua o rascunho de {named(draft.kept_at, seen.context.now)}. Ainda não está salvo."
    ]
    return form_view.answer(request, where, shown)


ONE = "/registros/{list}/{id:record}"
ROUTES: list[BaseRoute] = [
    Route("/registros/{list}/novo", new, methods=["GET"]),
    Route("/registros/{list}/novo", save_pages.save, methods=["POST"]),
    Route(ONE, show, methods=["GET"]),
    Route(ONE, save_pages.save, methods=["POST"]),
    Route(f"{ONE}/excluir", record_pages.confirm_removal, methods=["GET"]),
    Route(f"{ONE}/excluir", record_pages.remove, methods=["POST"]),
    Route(f"{ONE}/duplicar", record_pages.choose_parts, methods=["GET"]),
    Route(f"{ONE}/duplicar", record_pages.duplicate, methods=["POST"]),
    Route(f"{ONE}/{{step}}", record_pages.go_to_neighbour, methods=["GET"]),
    *action_pages.ROUTES,
    *transition_pages.ROUTES,
    *rule_pages.ROUTES,
    *lookup_options.ROUTES,
    *lookup_pages.ROUTES,
    *draft_pages.ROUTES,
    *attachment_pages.ROUTES,
    *help_pages.ROUTES,
]
