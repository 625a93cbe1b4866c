"""This file shows the reports of a run, page by page with their sums, and gives them as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access.reach import Reach
from kernel.context import Context
from kernel.privacy.personal import tells_of_people
from kernel.processes import comparing, reports
from kernel.processes.clear import may_read
from kernel.processes.messages import value_of
from kernel.processes.saying import texts_of
from kernel.query.plan import Line
from metadata.entity import Field
from metadata.process import StepReport
from metadata.row_fields import named
from renderer import documents, process_words, run_export, screen
from renderer.convertors import is_record
from renderer.export import Heading
from renderer.filters import address
from renderer.process_gate import OpenedRun, opened_run, place_of_run
from renderer.process_left_out_pages import UNSEEN
from renderer.run_export import RunExport

PAGE = 50
FIRST = 8
AT_ONCE = 1_000
SKIP = "pular"


@dataclass(frozen=True)
class Opened:
    """A report that may be read: of which run and step, with the fields of its columns."""

    opened: OpenedRun
    step: str
    report: StepReport
    fields: Sequence[Field]

    @property
    def address(self) -> str:
        """The address of the report."""
        return f"{self.opened.address}/relatorios/{self.step}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as people read it, and where the record that it names is opened."""

    text: str
    address: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a report as people read them, how many there are in all, and what they come to."""

    label: str
    address: str
    fields: Sequence[Field]
    lines: Sequence[Sequence[Cell]]
    count: int
    sums: Sequence[str]


def first_rows(connection: Connection, opened: OpenedRun) -> Iterator[Table]:
    """Yield each report that the operator may read, with its first rows; those without rows are left out."""
    for step, report in _readable(connection, opened, opened.seen.context):
        table = _table(connection, _opened(opened, step, report), 0, FIRST)
        if table.count:
            yield table


def is_more_together(connection: Connection, opened: OpenedRun) -> bool:
    """Tell whether the operator would read more of a run if they worked for all companies together."""
    access, context = opened.seen.context.access, opened.seen.context
    if access.together or not access.working:
        return False
    wide = replace(context, access=replace(access, together=True))
    plan = opened.plan
    here, there = (len(list(_readable(connection, opened, each))) for each in (context, wide))
    compared, comparable = (comparing.may_compare(connection, plan, each) for each in (context, wide))
    return there > here or comparable > compared


def _readable(
    connection: Connection, opened: OpenedRun, context: Context
) -> Iterator[tuple[str, StepReport]]:
    """Yield the reports of a run that somebody may read, by step."""
    reach = Reach(connection, opened.seen.runtime, context)
    for step, report in reports.reports(opened.plan.process).items():
        if may_read(opened.plan, reach, step, report.columns):
            yield step, report


def show(request: Request) -> Response:
    """Show a page of a report."""
    asked = _asked(request)
    opened, seen = asked.opened, asked.opened.seen
    text = request.query_params.get(SKIP, "")
    skip = int(text) if is_record(text) else 0
    with seen.reading.connect() as connection:
        table = _table(connection, asked, skip, PAGE)
        answers = process_words.answers(connection, opened.plan, seen.context, opened.run.answers)
    after, before = skip + PAGE, max(0, skip - PAGE)
    module, crumbs = place_of_run(opened)
    return screen.page(
        request,
        "run_report.html",
        title=table.label,
        crumbs=crumbs,
        module=module,
        run=opened.run,
        name=process_words.title(opened.plan, answers),
        address=opened.address,
        table=table,
        next=address(asked.address, [(SKIP, str(after))]) if table.count > after else "",
        previous=address(asked.address, [(SKIP, str(before))] if before else []) if skip else "",
        csv=f"{asked.address}.csv",
        xlsx=f"{asked.address}.xlsx",
    )


def as_csv(request: Request) -> Response:
    """Answer a report as CSV."""
    asked = _asked(request)
    return run_export.as_csv(request, asked.opened, _export(asked))


def as_xlsx(request: Request) -> Response:
    """Answer a report as a workbook."""
    asked = _asked(request)
    return run_export.as_xlsx(request, asked.opened, _export(asked))


def _asked(request: Request) -> Opened:
    opened = opened_run(request)
    step = request.path_params["step"]
    with opened.seen.reading.connect() as connection:
        report = dict(_readable(connection, opened, opened.seen.context)).get(step)
    if report is None:
        raise HTTPException(404)
    return _opened(opened, step, report)


def _opened(opened: OpenedRun, step: str, report: StepReport) -> Opened:
    columns = opened.plan.steps.entities[opened.plan.made[step].entity].fields
    return Opened(opened, step, report, [columns[name] for name in report.columns])


def _table(connection: Connection, asked: Opened, skip: int, limit: int) -> Table:
    found = reports.page(connection, asked.report, asked.opened.run.id, asked.step, skip, limit)
    sums = dict(zip(asked.report.sum, found.sums, strict=True))
    return Table(
        process_words.step_label(asked.opened.plan, asked.step),
        asked.address,
        asked.fields,
        list(_lines_of(connection, asked, found.rows)),
        found.count,
        [_printed(sums.get(field.name), field) for field in asked.fields] if sums else (),
    )


# ── values ────────────────────────────────────────────────────────────────────────────────────────


def _lines_of(connection: Connection, asked: Opened, rows: Sequence[Sequence[Any]]) -> Iterator[list[Cell]]:
    """Yield rows as people read them; the names of all records are read at once."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for field, fact in zip(asked.fields, row, strict=True):
            if field.type == "link" and isinstance(fact, int):
                wanted.setdefault(field.to, set()).add(fact)
    known = texts_of(connection, asked.opened.plan, asked.opened.seen.context, wanted)
    for row in rows:
        yield [_cell(asked, field, fact, known) for field, fact in zip(asked.fields, row, strict=True)]


def _cell(asked: Opened, field: Field, fact: Any, known: dict[tuple[str, int], str]) -> Cell:
    if field.type != "link":
        return Cell(_printed(fact, field), is_number=field.kind.is_number)
    if not isinstance(fact, int):
        return Cell("")
    text = known.get((field.to, fact), "")
    place = documents.list_of(asked.opened.seen.runtime, field.to) if text else ""
    return Cell(text or UNSEEN, f"/registros/{place}/{fact}" if place else "")


def _printed(fact: Any, field: Field) -> str:
    value = value_of(fact, field)
    return "" if value is None else str(field.kind.print(value, field))


# ── as a file ─────────────────────────────────────────────────────────────────────────────────────


def _export(asked: Opened) -> RunExport:
    opened = asked.opened
    with opened.seen.reading.connect() as connection:
        count = reports.page(connection, asked.report, opened.run.id, asked.step, 0, 0).count
    records = [field for field in asked.fields if field.type == "link"]
    runtime = opened.seen.runtime
    return RunExport(
        f"relatorios/{asked.step}",
        process_words.step_label(opened.plan, asked.step),
        [Heading(field.name, field.label, _as_told(field)) for field in asked.fields],
        lambda connection: _every(connection, asked),
        records[0].to if records else "",
        [field.label for field in asked.fields if tells_of_people(runtime, field)],
        count,
    )


def _as_told(field: Field) -> Field:
    """Return the field of a column of the file: of a record, what people call it."""
    told = Field(type="text", label=field.label) if field.type == "link" else field
    return named(field.name, told)


def _every(connection: Connection, asked: Opened) -> Iterator[Line]:
    rows = reports.every(connection, asked.report, asked.opened.run.id, asked.step)
    with asked.opened.seen.reading.connect() as names:
        for number, (row, cells) in enumerate(_with_names(names, asked, rows), 1):
            values = {
                field.name: cell.text if field.type == "link" else value_of(fact, field)
                for field, fact, cell in zip(asked.fields, row, cells, strict=True)
            }
            yield Line(number, 0, values, {})


def _with_names(
    connection: Connection, asked: Opened, rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[Sequence[Any], list[Cell]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, AT_ONCE)):
        yield from zip(some, _lines_of(connection, asked, some), strict=True)


ONE = "/execucoes/{id:record}/relatorios/{step}"
ROUTES = [
    Route(f"{ONE}.csv", as_csv, methods=["GET"]),
    Route(f"{ONE}.xlsx", as_xlsx, methods=["GET"]),
    Route(ONE, show, methods=["GET"]),
]
