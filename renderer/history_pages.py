"""This file shows the history of a record: saves as sentences, how it was on a day, one value put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.audit import history as audit
from kernel.audit import words
from kernel.audit.put_back import put_back
from kernel.audit.spent import Span, spans
from kernel.audit.tables import DELETED, INSERTED, LINKED, UNLINKED
from kernel.context import Context
from kernel.storage import records
from kernel.storage.record import Refusal, Saved
from metadata.problems import Problem, Refused
from metadata.values.moments import parse_date
from renderer import deed_pages, forms, posted, screen
from renderer.form_request import opened
from renderer.form_view import Place
from renderer.process_origin import MadeBy, at_work, made_by
from renderer.visit import Visit
from renderer.when import lasted, named, said

LONGEST_TOLD = 120
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Told:
    """One save as it reads: who, when, where from; what it did to each record."""

    who: str
    when: str
    at: str
    where: str
    run_address: str
    entries: tuple[ToldEntry, ...]


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """What was done to one record; `name` is empty for the record of the page itself."""

    done: str
    name: str
    entity: str
    record: int
    lines: tuple[audit.Line, ...]
    is_new: bool
    is_gone: bool
    is_links: bool


def show(request: Request) -> Response:
    """Show the history, and beside it how the record was on the day that is asked for."""
    seen, where = opened(request)
    return _page(request, seen, where)


def _page(
    request: Request, seen: Visit, where: Place, problems: tuple[Problem, ...] = (), status: int = 200
) -> Response:
    id: int = request.path_params["id"]
    entity = where.entity.name
    before = _number(request.query_params.get("antes", ""))
    day, moment, refused = _asked(request.query_params.get("em", ""), seen.context)
    with seen.reading.connect() as connection:
        row = records.read(connection, seen.runtime, seen.context, entity, id, children=False)
        found = audit.history(connection, seen.runtime, seen.context, entity, id, before)
        if row is None and not found.saves:
            raise HTTPException(404)
        told = deed_pages.of_record(connection, seen, entity, id) if not before and row else []
        works = at_work(connection, seen, (words.run_of(each.kind, each.route) for each in found.saves))
        made = made_by(connection, seen, entity, id)
        spent = spans(connection, seen.runtime, seen.context, entity, id) if not before else ()
        past = audit.past(connection, seen.runtime, seen.context, entity, id, moment) if moment else None
    title = forms.title(where.entity, row) if row else f"{where.entity.label.one} {id}"
    address = f"{where.address}/{id}"
    return screen.page(
        request,
        "history.html",
        title=f"Histórico de {title}",
        crumbs=(*where.crumbs, (title, address)) if row else where.crumbs,
        module=where.module,
        status=status,
        saves=[_told(seen, where, each, id, works) for each in found.saves],
        spent=[_spent(seen, each) for each in spent],
        deeds=told,
        made_by=made,
        older=f"{address}/historico?antes={found.before}" if found.before else "",
        is_first=not before,
        is_there=row is not None,
        day=day,
        day_error=refused.sentence() if refused else "",
        asked=moment is not None,
        past=past,
        problems=problems,
        address=address,
        put_back=request.query_params.get("reposto", ""),
    )


def _spent(seen: Visit, span: Span) -> tuple[str, str, str, str]:
    """Return the state, since when, until when and how long, in words."""
    zone = seen.context.now.tzinfo
    until = span.until or seen.context.now
    ends = f"{span.until.astimezone(zone):%d/%m/%Y %H:%M}" if span.until else "até agora"
    return span.state, f"{span.since.astimezone(zone):%d/%m/%Y %H:%M}", ends, lasted(until - span.since)


def _asked(text: str, context: Context) -> tuple[str, datetime | None, Problem | None]:
    """Return the day as written, the end of it at the site, and what is wrong with it."""
    if not text.strip():
        return "", None, None
    day = parse_date(text, context.now)
    if isinstance(day, Refused):
        return text, None, Problem(day.code, day.facts)
    if day == date.max:
        return text, None, Problem("R120", {"text": text})
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), context.now.tzinfo)
    return f"{day:%d/%m/%Y}", end - timedelta(microseconds=1), None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


def _told(seen: Visit, where: Place, save: audit.Save, id: int, works: Mapping[int, MadeBy]) -> Told:
    work = works.get(words.run_of(save.kind, save.route))
    return Told(
        words.who(save.operator, save.database_user),
        said(save.at, seen.context.now),
        f"{save.at.astimezone(seen.context.now.tzinfo):%d/%m/%Y %H:%M:%S}",
        words.where(save.kind, save.route, save.address, work.text if work else ""),
        work.address if work else "",
        tuple(told_entry(seen.runtime, each, (where.entity.name, id)) for each in save.entries),
    )


def told_entry(runtime: Any, entry: audit.Entry, page_of: tuple[str, int] = ("", 0)) -> ToldEntry:
    """Return what was done to a record in words; `page_of` is the record that needs no name."""
    label = runtime.entities[entry.entity].entity.label.one
    is_own = (entry.entity, entry.record) == page_of
    return ToldEntry(
        words.DONE[entry.operation],
        "" if is_own else f"{label} {entry.text or entry.record}",
        entry.entity,
        entry.record,
        entry.lines,
        entry.operation == INSERTED,
        entry.operation == DELETED,
        entry.operation in (LINKED, UNLINKED),
    )


def put_one_back(request: Request) -> Response:
    """Put one value back as it was before a change, by an ordinary save."""
    seen, where = opened(request)
    texts, _ = posted.form(request)
    id: int = request.path_params["id"]
    entity, field = _one(texts, "entidade"), _one(texts, "campo")
    record, act = _number(_one(texts, "registro")), _number(_one(texts, "ato"))
    described = seen.runtime.entities.get(entity)
    if described is None or field not in described.fields or not record or not act:
        raise HTTPException(404)
    done = put_back(seen.engine, seen.runtime, seen.context, entity, record, field, act)
    if isinstance(done, Saved):
        told = described.fields[field].label
        return RedirectResponse(f"{where.address}/{id}/historico?reposto={told[:LONGEST_TOLD]}", 303)
    if isinstance(done, Refusal):
        return _page(request, seen, where, (*done.problems, *done.warnings), 422)
    facts = {"operator": done.operator, "when": named(done.at, seen.context.now)}
    return _page(request, seen, where, (Problem("R142", facts),), 409)


def _one(texts: Any, name: str) -> str:
    return str(next(iter(texts.get(name, ())), ""))


ONE = "/registros/{list}/{id:record}/historico"
ROUTES = [
    Route(ONE, show, methods=["GET"]),
    Route(f"{ONE}/repor", put_one_back, methods=["POST"]),
]
