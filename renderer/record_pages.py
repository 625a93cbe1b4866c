"""This file answers what is done with a whole record: remove, duplicate, go to the one before or after."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kernel.query.neighbour import neighbour
from kernel.query.plan import Query
from kernel.storage import copies, drafts
from kernel.storage.record import Refusal, Row, Saved
from kernel.storage.remove import obstacles
from kernel.storage.remove import remove as remove_record
from metadata.problems import Problem
from renderer import (
    documents,
    filters,
    form_post,
    form_view,
    forms,
    list_pages,
    posted,
    screen,
    visit,
)
from renderer.form_request import opened, stored
from renderer.form_view import Place, Shown
from renderer.lists import list_view
from renderer.visit import Visit
from renderer.when import said

FIXED = "R178"
IN_USE = frozenset({"R163", "R164", "R166", FIXED})
LONGEST_TOLD = 120


def confirm_removal(request: Request) -> Response:
    """Ask before removing, saying what goes with the record; one in use says so instead of asking."""
    seen, where = opened(request)
    row = stored(seen, where, request.path_params["id"])
    used = obstacles(seen.engine, seen.runtime, seen.context, where.entity.name, request.path_params["id"])
    return _removal(request, where, row, used)


def _removal(
    request: Request, where: Place, row: Row, problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    seen = visit.of(request)
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
        problems=[(problem, _users_address(seen, problem, row.id)) for problem in problems],
        is_used=any(problem.code in IN_USE for problem in problems),
        is_fixed=any(problem.code == FIXED for problem in problems),
        hints=list(dict.fromkeys(filter(None, (problem.hint() for problem in problems)))),
        version=row.version,
        address=f"{where.address}/{row.id}",
        list_address=where.address,
    )


def _users_address(seen: Visit, problem: Problem, record: int | None) -> str:
    """Return the list of those who use the record, narrowed to them; empty where a list cannot be."""
    entity, path = problem.facts.get("entity", ""), problem.facts.get("path", "")
    if problem.code != "R164" or "is" not in seen.runtime.entities[entity].fields[path].kind.operators:
        return ""
    return filters.address(f"/registros/{documents.list_of(seen.runtime, entity)}", [(path, str(record))])


def remove(request: Request) -> Response:
    """Remove a record; when it cannot be, say why and who uses it."""
    seen, where = opened(request)
    record: int = request.path_params["id"]
    texts, _ = posted.form(request)
    if missing := form_post.incomplete(texts, record):
        return _removal(request, where, stored(seen, where, record), missing, 422)
    known = form_post.version_of(texts)
    row = stored(seen, where, record)
    result = remove_record(seen.engine, seen.runtime, seen.context, where.entity.name, record, known)
    if isinstance(result, Saved):
        with seen.engine.begin() as connection:
            drafts.forget(connection, seen.context.operator, where.entity.name, str(record))
        told = [(list_pages.REMOVED, forms.title(where.entity, row)[:LONGEST_TOLD])]
        return RedirectResponse(filters.address(where.address, told), status_code=303)
    row = stored(seen, where, record)  # as it is now
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
        row = copies.duplicate(
            connection, seen.runtime, seen.context, where.entity.name, record, set(texts.get("parte", ()))
        )
    if row is None:
        raise HTTPException(404)
    shown = Shown(
        forms.shown_content(where.form, row, seen.context), {"f": {}, "c": {}}, is_changed=True, stands=row
    )
    shown.notes = ["Esta é a cópia, ainda não salva. Números e chaves que não se repetem ficaram em branco."]
    if _has_deeper_rows(seen, where, row):
        shown.notes.append("O que há dentro de cada linha vai junto ao salvar.")
    return form_view.answer(request, where, shown)


def _has_deeper_rows(seen: Visit, where: Place, row: Row) -> bool:
    """Tell whether the copied rows may have rows below them, which the page does not show."""
    entities = seen.runtime.entities
    children = entities[where.entity.name].children
    return any(rows and entities[children[name].entity].children for name, rows in row.children.items())


def go_to_neighbour(request: Request) -> Response:
    """Go to the record before or after in the order of the list; at the end, stay."""
    seen, where = opened(request)
    record: int = request.path_params["id"]
    view = list_view(seen.runtime, where.list, request.app.state.assets.address("icones.svg"))
    assert view is not None  # the form was opened on it
    query = Query(where.entity.name, order=view.order, filters=view.only)
    forward = request.path_params["step"] == "proximo"
    with seen.reading.connect() as connection:
        found = neighbour(connection, seen.runtime, seen.context, query, record, forward=forward)
    address = (
        f"{where.address}/{found}" if found else f"{where.address}/{record}?fim={request.path_params['step']}"
    )
    return RedirectResponse(address, status_code=303)
