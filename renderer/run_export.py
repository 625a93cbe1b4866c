"""This file gives what is told of a run as CSV or XLSX: asked what for where it names people, and noted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kernel.audit import deeds
from kernel.privacy.reason import PURPOSES, judge
from kernel.query.plan import Line
from renderer import export, screen
from renderer.export import Heading
from renderer.export_pages import IN_MEMORY_BYTES, XLSX, blocks, headers
from renderer.list_pages import PURPOSE
from renderer.problem import at_its_field
from renderer.process_gate import OpenedRun


@dataclass(frozen=True)
class RunExport:
    """What is exported of a run.

    stem: of the file's name, and the page that it is exported from.  entity: of the records that it names.
    personal: the columns that show data of people.  filters: what of it was chosen.
    """

    stem: str
    title: str
    headings: Sequence[Heading]
    lines: Callable[[Connection], Iterator[Line]]
    entity: str
    personal: Sequence[str]
    count: int
    filters: Sequence[Sequence[str]] = ()


def as_csv(request: Request, opened: OpenedRun, given: RunExport) -> Response:
    """Answer it as CSV."""
    if page := _purpose(request, opened, given):
        return page
    _note(request, opened, given, "csv")

    def chunks() -> Iterator[bytes]:
        with opened.seen.engine.connect() as connection:
            yield from export.csv_chunks(given.headings, given.lines(connection))

    kind = "text/csv; charset=utf-8"
    return StreamingResponse(chunks(), media_type=kind, headers=headers(opened.seen, given.stem, "csv"))


def as_xlsx(request: Request, opened: OpenedRun, given: RunExport) -> Response:
    """Answer it as a workbook."""
    if page := _purpose(request, opened, given):
        return page
    seen = opened.seen
    _note(request, opened, given, "xlsx")
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    with ExitStack() as closing:
        closing.callback(file.close)
        with seen.engine.connect() as connection:
            notes = [("Execução", str(opened.run.id)), ("Por", seen.context.operator)]
            lines = given.lines(connection)
            export.write_xlsx(file, given.title, given.headings, lines, notes, request.app.state.zone)
        closing.pop_all()
    file.seek(0)
    return StreamingResponse(blocks(file), media_type=XLSX, headers=headers(seen, given.stem, "xlsx"))


def _purpose(request: Request, opened: OpenedRun, given: RunExport) -> Response | None:
    """Return the page that asks what the export is for, where it shows data of people."""
    said = request.query_params.get(PURPOSE, "")
    problem = judge(said, PURPOSE)[1] if given.personal else None
    if problem is None:
        return None
    is_said = PURPOSE in request.query_params
    return screen.page(
        request,
        "export_purpose.html",
        title=f"Exportar {given.title.lower()}",
        crumbs=((f"Execução {opened.run.id}", opened.address),),
        status=422 if is_said else 200,
        pairs=[pair for pair in request.query_params.multi_items() if pair[0] != PURPOSE],
        personal=given.personal,
        reasons=PURPOSES,
        said=said,
        problems=[at_its_field(problem)] if is_said else [],
        back=f"{opened.address}/{given.stem}",
    )


def _note(request: Request, opened: OpenedRun, given: RunExport, kind: str) -> None:
    """Note the export for good, before the first row is given."""
    said, _ = judge(request.query_params.get(PURPOSE, ""), PURPOSE)
    with opened.seen.engine.begin() as connection:
        deeds.note(
            connection, opened.seen.context, "export", given.entity, None, said,
            list=f"execucao-{opened.run.id}", format=kind, rows=given.count,
            columns=[heading.path for heading in given.headings], personal=bool(given.personal),
            filters=[list(each) for each in given.filters],
        )  # fmt: skip
