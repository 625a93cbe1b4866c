"""This file shows the log of all changes: searched by who, what and when, paged, exported.

Who came in and what was refused are tabs of their own beside the changes (journal_pages.py).
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import IO
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.audit import log, words
from kernel.audit.sight import sees
from kernel.context import Context
from kernel.query.plan import Line
from kernel.runtime import Runtime
from metadata.entity import Field
from metadata.problems import Problem, Refused
from metadata.values.moments import parse_date
from renderer import audit_tabs, documents, export, export_pages, screen, visit
from renderer.history_pages import ToldEntry, told_entry
from renderer.process_origin import MadeBy, at_work
from renderer.visit import Visit
from renderer.when import said

ADDRESS = audit_tabs.CHANGES
FILTERS = ("operador", "entidade", "campo", "operacao", "de", "ate")
LONGEST_NUMBER = 18
COLUMNS = {
    "at": ("Quando", "date and time"), "who": ("Quem", "text"), "where": ("De onde", "text"),
    "done": ("O que fez", "text"), "entity": ("De quê", "text"), "rows": ("Registros", "integer"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks: as written, as it is searched for, and what of it is not understood."""

    texts: dict[str, str]
    wanted: log.Wanted
    problems: tuple[tuple[str, Problem], ...]

    @property
    def query(self) -> str:
        """The filters as part of an address."""
        return urlencode({name: text for name, text in self.texts.items() if text})


@dataclass(frozen=True, slots=True)
class Told:
    """One act as it reads; `more` is how many records are not shown."""

    who: str
    when: str
    at: str
    where: str
    run_address: str
    done: str
    entity: str
    rows: int
    more: int
    entries: tuple[tuple[ToldEntry, str], ...]


def show(request: Request) -> Response:
    """Show one page of the log."""
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    asked = _asked(request, seen)
    with seen.reading.connect() as connection:
        page = (
            log.Page((), 0, 0)
            if asked.problems
            else log.page(connection, seen.runtime, seen.context, asked.wanted)
        )
        operators = log.operators(connection)
        works = at_work(connection, seen, (words.run_of(act.kind, act.route) for act in page.acts))
    entities = _entities(seen.runtime, seen.context)
    return screen.page(
        request,
        "audit.html",
        title="Auditoria",
        tabs=audit_tabs.TABS,
        current=ADDRESS,
        acts=[_told(seen, act, works) for act in page.acts],
        texts=asked.texts,
        problems=dict(asked.problems),
        operators=[(name, name or "Sem operador (direto no banco)") for name in operators],
        entities=entities,
        fields=_fields(seen.runtime, seen.context, asked.texts["entidade"]),
        operations=[(name, label) for name, (label, _) in words.OPERATIONS.items()],
        older=_turn(asked, "antes", page.before),
        newer=_turn(asked, "depois", page.after),
        is_filtered=bool(asked.query),
        exports={kind: f"{ADDRESS}/exportar.{kind}?{asked.query}" for kind in ("csv", "xlsx")},
    )


def _turn(asked: Asked, key: str, act: int) -> str:
    return f"{ADDRESS}?{asked.query}&{key}={act}" if act else ""


def _entities(runtime: Runtime, context: Context) -> list[tuple[str, str]]:
    seen = ((name, each.entity.label.many) for name, each in runtime.entities.items())
    return sorted(
        ((name, label) for name, label in seen if sees(runtime, context, name)), key=lambda pair: pair[1]
    )


def _fields(runtime: Runtime, context: Context, entity: str) -> list[tuple[str, str]]:
    if not sees(runtime, context, entity):
        return []
    fields = runtime.entities[entity].fields.values()
    return [
        (field.name, field.label)
        for field in fields
        if (field.has_column or field.type == "many links") and sees(runtime, context, entity, field.name)
    ]


# ── what the address asks ─────────────────────────────────────────────────────────────────────────


def _asked(request: Request, seen: Visit) -> Asked:
    params = request.query_params
    texts = {name: params.get(name, "").strip() for name in FILTERS}
    since, until, problems = period(texts, seen.context.now)
    operations = words.OPERATIONS.get(texts["operacao"], ("", ()))[1]
    # A field is of an entity: another entity chosen afterwards leaves it behind.
    fields = {name for name, _ in _fields(seen.runtime, seen.context, texts["entidade"])}
    texts["campo"] = texts["campo"] if texts["campo"] in fields else ""
    wanted = log.Wanted(
        texts["operador"],
        texts["entidade"],
        texts["campo"],
        operations,
        since,
        until,
        number(params.get("antes", "")),
        number(params.get("depois", "")),
    )
    return Asked(texts, wanted, tuple(problems.items()))


def period(
    texts: Mapping[str, str], now: datetime
) -> tuple[datetime | None, datetime | None, dict[str, Problem]]:
    """Return the first moment that `de` and `ate` ask for, the first beyond, and what is wrong with them."""
    read = {name: _day(texts[name], now) for name in ("de", "ate")}
    problems = {name: day for name, day in read.items() if isinstance(day, Problem)}
    days = {name: day for name, day in read.items() if isinstance(day, date)}
    begins = {
        name: datetime.combine(day + timedelta(days=name == "ate"), datetime.min.time(), now.tzinfo)
        for name, day in days.items()
    }
    return begins.get("de"), begins.get("ate"), problems


def _day(text: str, now: datetime) -> date | Problem | None:
    if not text:
        return None
    day = parse_date(text, now)
    if isinstance(day, Refused):
        return Problem(day.code, day.facts)
    return day if day < date.max else Problem("R120", {"text": text})


def number(text: str) -> int:
    """Return the number of an entry that a page goes on from; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


# ── how it reads ──────────────────────────────────────────────────────────────────────────────────


def _told(seen: Visit, act: log.Act, works: Mapping[int, MadeBy]) -> Told:
    work = works.get(words.run_of(act.kind, act.route))
    entity = seen.runtime.entities[act.entity].entity
    list_name = documents.list_of(seen.runtime, act.entity)
    entries = tuple(
        (
            told_entry(seen.runtime, entry),
            f"/registros/{list_name}/{entry.record}/historico" if list_name else "",
        )
        for entry in act.entries
    )
    return Told(
        words.who(act.operator, act.database_user),
        said(act.at, seen.context.now),
        f"{act.at.astimezone(seen.context.now.tzinfo):%d/%m/%Y %H:%M:%S}",
        words.where(act.kind, act.route, act.address, work.text if work else ""),
        work.address if work else "",
        words.DONE[act.operation],
        entity.label.one if act.rows == 1 else entity.label.many,
        act.rows,
        act.rows - len(entries),
        entries,
    )


# ── export ────────────────────────────────────────────────────────────────────────────────────────


def _headings() -> list[export.Heading]:
    return [
        export.Heading(name, label, Field.model_validate({"type": kind, "label": label}))
        for name, (label, kind) in COLUMNS.items()
    ]


def _lines(connection: Connection, seen: Visit, asked: Asked) -> Iterator[Line]:
    if asked.problems:
        return
    wanted = replace(asked.wanted, before=0, after=0)
    for act in log.stream(connection, seen.runtime, seen.context, wanted):
        told = _told(seen, act, {})
        values = {
            "at": act.at, "who": told.who, "where": told.where, "done": told.done, "entity": told.entity,
            "rows": told.rows,
        }  # fmt: skip
        yield Line(act.act, 0, values, {})


def as_csv(request: Request) -> Response:
    """Answer the log as CSV, act by act from the database."""
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    asked = _asked(request, seen)

    def chunks() -> Iterator[bytes]:
        with seen.engine.connect() as connection:
            yield from export.csv_chunks(_headings(), _lines(connection, seen, asked))

    made = chunks()
    body: Iterable[bytes] = itertools.chain([next(made)], made)
    return StreamingResponse(
        body, media_type="text/csv; charset=utf-8", headers=export_pages.headers(seen, "auditoria", "csv")
    )


def as_xlsx(request: Request) -> Response:
    """Answer the log as a workbook."""
    seen = visit.of(request)
    if not audit_tabs.may_open(seen):
        return audit_tabs.closed(request)
    asked = _asked(request, seen)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(export_pages.IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    with ExitStack() as opened:
        opened.callback(file.close)
        with seen.engine.connect() as connection:
            lines = _lines(connection, seen, asked)
            zone = request.app.state.zone
            export.write_xlsx(file, "Auditoria", _headings(), lines, _notes(seen, asked), zone)
        opened.pop_all()
    file.seek(0)
    headers = export_pages.headers(seen, "auditoria", "xlsx")
    return StreamingResponse(export_pages.blocks(file), media_type=export_pages.XLSX, headers=headers)


def _notes(seen: Visit, asked: Asked) -> Sequence[tuple[str, str]]:
    notes = [("Gerado em", f"{seen.context.now:%d/%m/%Y %H:%M}"), ("Por", seen.context.operator)]
    notes.extend((name.capitalize(), text) for name, text in asked.texts.items() if text)
    return notes


ROUTES = [
    Route(ADDRESS, show, methods=["GET"]),
    Route(f"{ADDRESS}/exportar.csv", as_csv, methods=["GET"]),
    Route(f"{ADDRESS}/exportar.xlsx", as_xlsx, methods=["GET"]),
]
