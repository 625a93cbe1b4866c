"""This file answers the export of a list: exactly the columns, filters and order that are on the screen."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.query import run
from kernel.query.plan import Query
from renderer import export, list_pages
from renderer.export import Heading
from renderer.filters import Question
from renderer.lists import ListView, say, with_columns
from renderer.visit import Visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 256 * 1024


def as_csv(request: Request) -> Response:
    """Answer the list as CSV, row by row from the database."""
    seen, view, _, query = _asked(request)
    headings = _headings(view)

    def chunks() -> Iterator[bytes]:
        with seen.engine.connect() as connection:
            yield from export.csv_chunks(headings, run.stream(connection, seen.runtime, seen.context, query))

    made = chunks()
    # The first chunk runs the query: what it refuses must come before the answer has begun.
    body = itertools.chain([next(made)], made)
    return StreamingResponse(body, media_type="text/csv; charset=utf-8", headers=_headers(seen, view, "csv"))


def as_xlsx(request: Request) -> Response:
    """Answer the list as a workbook, written to disk and sent in blocks."""
    seen, view, question, query = _asked(request)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    with ExitStack() as opened:
        opened.callback(file.close)
        with seen.engine.connect() as connection:
            notes = _notes(connection, seen, view, question)
            lines = run.stream(connection, seen.runtime, seen.context, query)
            export.write_xlsx(file, view.label, _headings(view), lines, notes, request.app.state.zone)
        opened.pop_all()
    file.seek(0)
    return StreamingResponse(_blocks(file), media_type=XLSX, headers=_headers(seen, view, "xlsx"))


def _asked(request: Request) -> tuple[Visit, ListView, Question, Query]:
    seen, view = list_pages.opened(request)
    question = list_pages.asked(request, seen, view)
    view = with_columns(seen.runtime, view, question.columns)
    return seen, view, question, question.query(view.entity.name, view.paths, view.order)


def _headings(view: ListView) -> list[Heading]:
    return [Heading(column.path, column.label, column.target.field) for column in view.columns]


def _notes(connection: object, seen: Visit, view: ListView, question: Question) -> list[tuple[str, str]]:
    texts = list_pages.link_texts(connection, seen, question.filters)
    said = [say(asked, texts) for asked in question.filters]
    notes = [
        ("Lista", view.label),
        ("Gerado em", f"{seen.context.now:%d/%m/%Y %H:%M}"),
        ("Por", seen.context.operator),
    ]
    notes.extend((field, f"{operator} {values}".strip()) for field, operator, values in said)
    if question.search:
        notes.append(("Busca", question.search))
    if not question.filters and not question.search:
        notes.append(("Filtro", "nenhum: todos os registros"))
    return notes


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _headers(seen: Visit, view: ListView, kind: str) -> dict[str, str]:
    name = f"{view.name}-{seen.context.now:%Y-%m-%d-%H%M}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{quote(name)}"', "X-Accel-Buffering": "no"}


ROUTES = [
    Route("/registros/{list}/exportar.csv", as_csv, methods=["GET"]),
    Route("/registros/{list}/exportar.xlsx", as_xlsx, methods=["GET"]),
]
