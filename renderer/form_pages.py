"""This file answers the pages of one record: show, save, remove, duplicate, go to its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kernel.outage import DatabaseGone
from kernel.query.neighbour import neighbour
from kernel.query.plan import Query
from kernel.storage import drafts, records
from kernel.storage.record import Conflict, Edit, Refusal, Row, Saved
from kernel.storage.remove import remove as remove_record
from kernel.storage.save import save as save_record
from metadata.problems import Problem
from renderer import (
    attachment_pages,
    conflict,
    documents,
    draft_pages,
    form_check,
    form_post,
    form_view,
    forms,
    help_pages,
    lookup_pages,
    posted,
    screen,
    visit,
)
from renderer.form_content import Entry
from renderer.form_view import Place, Shown
from renderer.visit import Visit
from renderer.when import named, said

BY_SCRIPT = "x-aroeira"  # a request of form.js: it follows the answer itself
GO_TO = "X-Vai-Para"
FIELD = "f."


def opened(request: Request) -> tuple[Visit, Place]:
    """Return the visit and the form of the address, or raise 404."""
    seen = visit.of(request)
    found = form_view.place(seen.runtime, request.path_params["list"], request.app.state.templates)
    if found is None:
        raise HTTPException(404)
    return seen, found


def stored(seen: Visit, where: Place, record: int) -> Any:
    """Return the stored record, or raise 404."""
    with seen.reading.connect() as connection:
        row = records.read(connection, seen.runtime, where.entity.name, record)
    if row is None:
        raise HTTPException(404)
    return row


# ── show ──────────────────────────────────────────────────────────────────────────────────────────


def show(request: Request) -> Response:
    """Show a record, or the draft of it that the person wants to go on with."""
    seen, where = opened(request)
    row = stored(seen, where, request.path_params["id"])
    request.app.state.recents.note(seen.context, where.entity.name, row.id)
    if request.query_params.get("rascunho") == "continuar" and (
        page := _continued(request, seen, where, row)
    ):
        return page
    content = forms.shown_content(where.form, row, seen.context)
    shown = Shown(content, forms.base_of(content), row, row.version)
    _told(request, seen, where, shown)
    return form_view.answer(request, where, shown)


def new(request: Request) -> Response:
    """Show an empty record; `f.<field>` in the address fills fields beforehand."""
    seen, where = opened(request)
    if request.query_params.get("rascunho") == "continuar" and (
        page := _continued(request, seen, where, None)
    ):
        return page
    row = records.blank(seen.runtime, seen.context, where.entity.name)
    content = forms.shown_content(where.form, row, seen.context)
    shown = Shown(content, forms.base_of(content))
    _prefill(request, seen, where, shown)
    _told(request, seen, where, shown)
    return form_view.answer(request, where, shown)


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
        shown.saved = f"{where.entity.label.one} {query['salvo']} salvo às {seen.context.now:%H:%M}"
        if where.entity.label.gender == "f":
            shown.saved = shown.saved.replace(" salvo ", " salva ")
    if query.get("fim"):
        which = "último" if query["fim"] == "proximo" else "primeiro"
        shown.saved = f"Este é o {which} registro da lista"
    if query.get("juntou"):
        labels = conflict.words_of_joined(where.form, query["juntou"].split(","))
        shown.notes = [
            f"Outra pessoa salvou este registro enquanto você digitava. Juntamos o que ela mudou: {labels}."
        ]


def _continued(request: Request, seen: Visit, where: Place, row: Any) -> Response | None:
    record = str(row.id) if row else drafts.NEW
    with seen.reading.connect() as connection:
        draft = drafts.find(connection, seen.context.operator, where.entity.name, record)
    if draft is None:
        return None
    typed = form_post.as_typed(where.form, draft.posted, seen.context)
    shown = _of_typed(seen, where, typed, row)
    shown.notes = [
        f"Você continua o rascunho de {named(draft.kept_at, seen.context.now)}. Ainda não está salvo."
    ]
    return form_view.answer(request, where, shown)


def _of_typed(seen: Visit, where: Place, typed: form_post.Typed, row: Any, **more: Any) -> Shown:
    """Return the page that shows exactly what was typed."""
    rows = typed.content.rows
    typed.content.rows = {
        name: forms.with_blank(grid, list(rows[name]), seen.context)
        for name, grid in where.form.grids.items()
    }
    return Shown(typed.content, typed.base, row, typed.version, is_changed=True, **more)


# ── save ──────────────────────────────────────────────────────────────────────────────────────────


def save(request: Request) -> Response:
    """Save what was posted; whatever goes wrong shows the same form with everything typed in it."""
    seen, where = opened(request)
    record: int | None = request.path_params.get("id")
    texts, files = posted.form(request)
    typed = form_post.as_typed(where.form, texts, seen.context)
    row: Row | None = None
    try:
        problems = [
            *conflict.answer(where.form, typed, lookup_pages.namer(seen)),
            *attachment_pages.take(request.app.state.settings, seen, where.form, typed, files),
        ]
        reading = form_post.read(
            where.form, typed, record, seen.context, lookup_pages.resolver(seen, where.entity)
        )
        problems += reading.problems
        if problems:
            row = stored(seen, where, record) if record else None
            problems += form_check.check(seen.runtime, seen.context, reading.edit, row, problems)
            return _refused(request, seen, where, typed, row, problems)
        result = save_record(seen.engine, seen.runtime, seen.context, reading.edit)
        if isinstance(result, Saved):
            return _saved(request, seen, where, result, reading.edit, texts)
        row = _still_there(seen, where, record)
    except DatabaseGone:
        return _away(request, seen, where, typed, record)
    if isinstance(result, Conflict):
        when = said(result.at, seen.context.now)
        asked = conflict.settle(where.form, typed, result, when, lookup_pages.namer(seen))
        return form_view.answer(
            request, where, _of_typed(seen, where, typed, row, conflict=asked, status=409)
        )
    return _refused(request, seen, where, typed, row, result.problems)


def _still_there(seen: Visit, where: Place, record: int | None) -> Row | None:
    if record is None:
        return None
    with seen.reading.connect() as connection:
        return records.read(connection, seen.runtime, where.entity.name, record)


def _refused(
    request: Request,
    seen: Visit,
    where: Place,
    typed: form_post.Typed,
    row: Row | None,
    problems: Sequence[Problem],
) -> Response:
    shown = _of_typed(seen, where, typed, row, problems=problems, status=422)
    return form_view.answer(request, where, shown)


def _away(
    request: Request, seen: Visit, where: Place, typed: form_post.Typed, record: int | None
) -> Response:
    """Show the form without asking the database anything: what was typed is all there is."""
    row = Row(record, typed.version or 0, {}, {}, "", None) if record else None
    shown = _of_typed(seen, where, typed, row, is_away=True, status=503)
    return form_view.answer(request, where, shown)


def _saved(
    request: Request,
    seen: Visit,
    where: Place,
    result: Saved,
    edit: Edit,
    texts: form_post.Texts,
) -> Response:
    """Forget the draft and go on: to the record, or to an empty one."""
    with seen.engine.begin() as connection:
        drafts.forget(connection, seen.context.operator, where.entity.name, str(edit.id or drafts.NEW))
    told = {"salvo": str(result.id)}
    if result.joined:
        told["juntou"] = ",".join(dict.fromkeys(item.path.partition("/")[0] for item in result.joined))
    then = (texts.get("depois") or [""])[-1]
    address = f"{where.address}/{'novo' if then == 'novo' else result.id}?{urlencode(told)}"
    return _go(request, address)


def _go(request: Request, address: str) -> Response:
    if BY_SCRIPT in request.headers:
        return Response(status_code=204, headers={GO_TO: address})
    return RedirectResponse(address, status_code=303)


# ── remove, duplicate, neighbours ─────────────────────────────────────────────────────────────────


def confirm_removal(request: Request) -> Response:
    """Ask before removing, saying what goes with the record."""
    seen, where = opened(request)
    row = stored(seen, where, request.path_params["id"])
    return _removal(request, where, row)


def _removal(
    request: Request, where: Place, row: Row, problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    goes = [
        (where.entity.fields[name].label, len(children))
        for name, children in row.children.items()
        if children
    ]
    title = forms.title(where.entity, row)
    return screen.page(
        request,
        "remove.html",
        title=title,
        crumbs=where.crumbs,
        module=where.module,
        status=status,
        entity=where.entity,
        goes=goes,
        problems=problems,
        version=row.version,
        address=f"{where.address}/{row.id}",
        list_address=where.address,
    )


def remove(request: Request) -> Response:
    """Remove a record; when it cannot be, say why and who uses it."""
    seen, where = opened(request)
    record: int = request.path_params["id"]
    texts, _ = posted.form(request)
    version = (texts.get("version") or [""])[0]
    known = int(version) if version.isdecimal() else None
    result = remove_record(seen.engine, seen.runtime, seen.context, where.entity.name, record, known)
    if isinstance(result, Saved):
        with seen.engine.begin() as connection:
            drafts.forget(connection, seen.context.operator, where.entity.name, str(record))
        return RedirectResponse(where.address, status_code=303)
    row = stored(seen, where, record)
    if isinstance(result, Refusal):
        return _removal(request, where, row, result.problems, 422)
    facts = {"operator": result.operator, "when": said(result.at, seen.context.now)}
    return _removal(request, where, row, [Problem("R142", facts)], 409)


def choose_parts(request: Request) -> Response:
    """Ask which parts of a record go along into its copy."""
    seen, where = opened(request)
    row = stored(seen, where, request.path_params["id"])
    parts = [
        (name, where.entity.fields[name].label, len(rows)) for name, rows in row.children.items() if rows
    ]
    return screen.page(
        request,
        "duplicate.html",
        title=forms.title(where.entity, row),
        crumbs=where.crumbs,
        module=where.module,
        entity=where.entity,
        parts=parts,
        address=f"{where.address}/{row.id}",
    )


def duplicate(request: Request) -> Response:
    """Show the copy as a new record that is not saved yet."""
    seen, where = opened(request)
    texts, _ = posted.form(request)
    record: int = request.path_params["id"]
    with seen.reading.connect() as connection:
        row = records.duplicate(
            connection, seen.runtime, where.entity.name, record, set(texts.get("parte", ()))
        )
    if row is None:
        raise HTTPException(404)
    shown = Shown(forms.shown_content(where.form, row, seen.context), {"f": {}, "c": {}}, is_changed=True)
    shown.notes = ["Esta é a cópia, ainda não salva. Números e chaves que não se repetem ficaram em branco."]
    return form_view.answer(request, where, shown)


def go_to_neighbour(request: Request) -> Response:
    """Go to the record before or after in the order of the list; at the end, stay."""
    seen, where = opened(request)
    record: int = request.path_params["id"]
    document = documents.lists(seen.runtime)[where.list]
    query = Query(where.entity.name, order=document.order)
    forward = request.path_params["step"] == "proximo"
    with seen.reading.connect() as connection:
        found = neighbour(connection, seen.runtime, seen.context, query, record, forward=forward)
    address = (
        f"{where.address}/{found}" if found else f"{where.address}/{record}?fim={request.path_params['step']}"
    )
    return RedirectResponse(address, status_code=303)


ONE = "/registros/{list}/{id:int}"
ROUTES: list[BaseRoute] = [
    Route("/registros/{list}/novo", new, methods=["GET"]),
    Route("/registros/{list}/novo", save, methods=["POST"]),
    Route(ONE, show, methods=["GET"]),
    Route(ONE, save, methods=["POST"]),
    Route(f"{ONE}/excluir", confirm_removal, methods=["GET"]),
    Route(f"{ONE}/excluir", remove, methods=["POST"]),
    Route(f"{ONE}/duplicar", choose_parts, methods=["GET"]),
    Route(f"{ONE}/duplicar", duplicate, methods=["POST"]),
    Route(f"{ONE}/{{step}}", go_to_neighbour, methods=["GET"]),
    *lookup_pages.ROUTES,
    *draft_pages.ROUTES,
    *attachment_pages.ROUTES,
    *help_pages.ROUTES,
]
