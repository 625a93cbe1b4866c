"""This file finds what a request is about: the form of its address, the stored record, what was typed."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kernel.storage import records
from renderer import (
    conflict,
    form_post,
    form_view,
    forms,
    lookup_pages,
    visit,
)
from renderer.form_view import Place, Shown
from renderer.visit import Visit


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
        row = records.read(connection, seen.runtime, seen.context, where.entity.name, record)
    if row is None:
        raise HTTPException(404)
    return row


def of_typed(seen: Visit, where: Place, typed: form_post.Typed, row: Any, **more: Any) -> Shown:
    """Return the page that shows exactly what was typed."""
    if where.form.has_rules and not more.get("is_away"):
        resolve = lookup_pages.resolver(seen, where.entity)
        reading = form_post.read(where.form, typed, row.id if row else None, seen.context, resolve)
        more.setdefault("stands", reading.readable)
    asked = conflict.pending(where.form, typed)
    rows = typed.content.rows
    typed.content.rows = {
        name: forms.with_blank(grid, list(rows[name]), seen.context)
        for name, grid in where.form.grids.items()
    }
    more.setdefault("conflict", asked)
    more.setdefault("draft", form_post.draft_of(typed.texts))
    return Shown(typed.content, typed.base, row, typed.version, is_changed=True, **more)
