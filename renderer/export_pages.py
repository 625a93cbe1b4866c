"""This file answers the export of a list: exactly the columns, filters and order that are on the screen."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.query import run
from metadata.entity import Field
from metadata.problems import Problem, Problems, near
from renderer import documents, export, export_purpose, list_pages, visit
from renderer.api import ROOT
from renderer.export import Heading
from renderer.export_purpose import Asked
from renderer.filters import COLUMNS, Question, read_question
from renderer.list_question import read_columns
from renderer.lists import ListView, list_view, say, with_columns
from renderer.problem import problem_response
from renderer.visit import Visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 256 * 1024
API_PURPOSE = "purpose"


def as_csv(request: Request) -> Response:
    """Answer the list as CSV, row by row from the database."""
    asked = _asked(request)
    return export_purpose.question_of(request, asked) or _csv(asked)


def by_program(request: Request) -> Response:
    """Answer records as CSV to a program, which asks as the API does and says what for."""
    asked = _asked_by_program(request)
    if problem := export_purpose.lacking(asked, API_PURPOSE):
        return problem_response(422, "Falta a finalidade da exportação", problems=[problem])
    return _csv(asked)


def _csv(asked: Asked) -> Response:
    seen, view, query = asked.seen, asked.view, asked.query
    headings = _headings(view)

    def chunks() -> Iterator[bytes]:
        with seen.engine.connect() as connection:
            export_purpose.note(connection, asked, "csv")
            yield from export.csv_chunks(headings, run.stream(connection, seen.runtime, seen.context, query))

    made = chunks()
    # The first chunk runs the query: what it refuses must come before the answer has begun.
    body = itertools.chain([next(made)], made)
    return StreamingResponse(
        body, media_type="text/csv; charset=utf-8", headers=headers(seen, view.name, "csv")
    )


def as_xlsx(request: Request) -> Response:
    """Answer the list as a workbook, written to disk and sent in blocks."""
    asked = _asked(request)
    if page := export_purpose.question_of(request, asked):
        return page
    seen, view, question, query = asked.seen, asked.view, asked.question, asked.query
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    with ExitStack() as opened:
        opened.callback(file.close)
        with seen.engine.connect() as connection:
            export_purpose.note(connection, asked, "xlsx")
            notes = _notes(connection, seen, view, question)
            notes += [("Finalidade", asked.purpose)] if asked.purpose else []
            lines = run.stream(connection, seen.runtime, seen.context, query)
            export.write_xlsx(file, view.label, _headings(view), lines, notes, request.app.state.zone)
        opened.pop_all()
    file.seek(0)
    return StreamingResponse(blocks(file), media_type=XLSX, headers=headers(seen, view.name, "xlsx"))


def _asked(request: Request) -> Asked:
    seen, view = list_pages.opened(request)
    question = list_pages.asked(request, seen, view)
    view = with_columns(seen.runtime, view, question.columns)
    query = question.query(view.entity.name, view.paths, view.order, view.only)
    purpose = request.query_params.get(list_pages.PURPOSE, "")
    return Asked(seen, view, question, query, purpose)


def _asked_by_program(request: Request) -> Asked:
    seen, name = visit.of(request), request.path_params["entity"]
    sprite = request.app.state.assets.address("icones.svg")
    view = list_view(seen.runtime, documents.list_of(seen.runtime, name), sprite)
    if view is None:
        raise Problems([Problem("R401", {"name": name, "near": near(name, seen.runtime.entities)})])
    pairs = request.query_params.multi_items()
    read = read_question(seen.runtime, name, pairs, _canonical, frozenset((API_PURPOSE, COLUMNS)))
    columns, wrong = read_columns(seen, view, [text for key, text in pairs if key == COLUMNS])
    if problems := (*read.problems, *wrong):
        raise Problems(problems)
    view = with_columns(seen.runtime, view, columns)
    query = read.query(name, view.paths, view.order)
    return Asked(seen, view, read, query, request.query_params.get(API_PURPOSE, ""))


def _canonical(text: str, field: Field) -> Any:
    return field.canonical(text)


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
    if question.of_run:
        notes.append((f"Execução {question.of_run.run}", question.of_run.says))
    if question.search:
        notes.append(("Busca", question.search))
    if not question.is_narrow:
        notes.append(("Filtro", "nenhum: todos os registros"))
    return notes


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in blocks and close it."""
    with file:
        while block := file.read(BLOCK_BYTES):
            yield block


def headers(seen: Visit, subject: str, kind: str) -> dict[str, str]:
    """Return the headers of a file about something, named with the moment."""
    name = f"{subject}-{seen.context.now:%Y-%m-%d-%H%M}.{kind}"
    return {"Content-Disposition": f'attachment; filename="{quote(name)}"', "X-Accel-Buffering": "no"}


ROUTES = [
    Route("/registros/{list}/exportar.csv", as_csv, methods=["GET"]),
    Route("/registros/{list}/exportar.xlsx", as_xlsx, methods=["GET"]),
    Route(f"{ROOT}/{{entity}}/exportar.csv", by_program, methods=["GET"]),
]
