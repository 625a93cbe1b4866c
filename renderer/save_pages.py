"""This file saves what was posted; whatever goes wrong shows the same form with everything typed in it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kernel.outage import DatabaseGone
from kernel.storage import drafts, records
from kernel.storage.record import Conflict, Edit, Refusal, Row, Saved
from kernel.storage.save import save as save_record
from metadata.problems import Problem
from renderer import (
    attachment_pages,
    conflict,
    form_check,
    form_post,
    form_view,
    lookup_pages,
    posted,
)
from renderer.chosen import chosen
from renderer.form_request import of_typed, opened, stored
from renderer.form_view import Place
from renderer.visit import Visit
from renderer.when import said

BY_SCRIPT = "x-aroeira"  # a request of form.js: it follows the answer itself
GO_TO = "X-Vai-Para"


def save(request: Request) -> Response:
    """Save what was posted; whatever goes wrong shows the same form with everything typed in it."""
    seen, where = opened(request)
    record: int | None = request.path_params.get("id")
    texts, files = posted.form(request)
    typed = form_post.as_typed(where.form, texts, seen.context)
    row: Row | None = None
    try:
        if missing := form_post.incomplete(texts, record):
            row = stored(seen, where, record) if record else None
            return _refused(request, seen, where, typed, row, missing)
        taken, refused = attachment_pages.take(request.app.state.settings, seen, where.form, texts, files)
        if files:
            typed = form_post.as_typed(where.form, taken, seen.context)
        problems = [
            *conflict.answer(where.form, typed, lookup_pages.namer(seen)),
            *attachment_pages.problems(refused, typed),
        ]
        reading = form_post.read(
            where.form, typed, record, seen.context, lookup_pages.resolver(seen, where.entity)
        )
        problems += reading.problems
        if problems:
            row = stored(seen, where, record) if record else None
            with seen.reading.connect() as connection:
                edit = reading.edit
                problems += form_check.check(connection, seen.runtime, seen.context, edit, problems)
            return _refused(request, seen, where, typed, row, problems)
        edit = replace(reading.edit, confirmed=_confirmed(texts))
        result = save_record(seen.engine, seen.runtime, seen.context, edit)
        if isinstance(result, Saved):
            return _saved(request, seen, where, result, reading.edit, texts)
        row = _still_there(seen, where, record)
    except DatabaseGone:
        return _away(request, seen, where, typed, record)
    return _unsaved(request, seen, where, typed, row, result)


def _unsaved(
    request: Request,
    seen: Visit,
    where: Place,
    typed: form_post.Typed,
    row: Row | None,
    result: Conflict | Refusal,
) -> Response:
    if isinstance(result, Conflict):
        when = said(result.at, seen.context.now)
        asked = conflict.settle(where.form, typed, result, when, lookup_pages.namer(seen))
        return form_view.answer(request, where, of_typed(seen, where, typed, row, conflict=asked, status=409))
    if row is None and typed.version is not None:
        return _gone(request, seen, where, typed)
    return _refused(request, seen, where, typed, row, result.problems, result.warnings)


def _confirmed(texts: form_post.Texts) -> frozenset[str]:
    """Return the warnings that were read and saved in spite of: those of the page, by name."""
    return frozenset(name for text in texts.get("confirmado", ()) for name in text.split(",") if name)


def _gone(request: Request, seen: Visit, where: Place, typed: form_post.Typed) -> Response:
    """The record was removed meanwhile, or went out of sight: what was typed stays, as a new record."""
    label = where.entity.label
    for rows in typed.content.rows.values():
        for row in rows:
            row.id = ""
    typed.version = None
    shown = of_typed(seen, where, typed, None, status=409, draft="")
    new = "uma nova" if label.gender == "f" else "um novo"
    told = f"{label.one}: o registro foi excluído, ou deixou de estar entre os que você vê."
    shown.notes = [f"{told} O que você digitou está aqui; salve para criar {new} com isto."]
    return form_view.answer(request, where, shown)


def _still_there(seen: Visit, where: Place, record: int | None) -> Row | None:
    if record is None:
        return None
    with seen.reading.connect() as connection:
        return records.read(connection, seen.runtime, seen.context, where.entity.name, record)


def _refused(
    request: Request,
    seen: Visit,
    where: Place,
    typed: form_post.Typed,
    row: Row | None,
    problems: Sequence[Problem],
    warnings: Sequence[Problem] = (),
) -> Response:
    """Show the form with what is wrong; warnings alone are asked about, beside problems they can wait."""
    asked = () if problems else warnings
    then = (typed.texts.get("depois") or [""])[-1]
    shown = of_typed(seen, where, typed, row, problems=problems, warnings=asked, then=then, status=422)
    return form_view.answer(request, where, shown)


def _away(
    request: Request, seen: Visit, where: Place, typed: form_post.Typed, record: int | None
) -> Response:
    """Show the form without asking the database anything: what was typed is all there is."""
    row = Row(record, typed.version or 0, {}, {}, "", None) if record else None
    shown = of_typed(seen, where, typed, row, is_away=True, status=503)
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
    # The record is saved: a draft that cannot be forgotten now must not say otherwise.
    with contextlib.suppress(DatabaseGone), seen.engine.begin() as connection:
        draft = str(edit.id or form_post.draft_of(texts))
        drafts.forget(connection, seen.context.operator, where.entity.name, draft)
    request.app.state.recents.note_chosen(seen.context, chosen(seen.runtime, edit))
    then = (texts.get("depois") or [request.query_params.get("depois", "")])[-1]
    if then == "escolher":
        return _made(seen, where, result.id)
    told = {"salvo": str(result.id)}
    if result.joined:
        told["juntou"] = ",".join(dict.fromkeys(item.path.partition("/")[0] for item in result.joined))
    address = f"{where.address}/{'novo' if then == 'novo' else result.id}?{urlencode(told)}"
    return _go(request, address)


def _made(seen: Visit, where: Place, record: int) -> Response:
    """Tell a lookup which record it was given, in the words by which it is chosen."""
    made = {"id": record, "text": lookup_pages.text_of(seen, where.entity.name, str(record))}
    return Response(orjson.dumps(made), media_type="application/json")


def _go(request: Request, address: str) -> Response:
    if BY_SCRIPT in request.headers:
        return Response(status_code=204, headers={GO_TO: address})
    return RedirectResponse(address, status_code=303)
