"""This file shows what was left out of a run, by reason and page by page, and gives it as CSV or XLSX."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kernel.audit import deeds
from kernel.privacy.personal import tells_of_people
from kernel.privacy.reason import PURPOSES, judge
from kernel.processes import leftovers
from kernel.processes.saying import Said, Saying, unit_of
from kernel.query.plan import Line
from metadata.entity import Field
from metadata.row_fields import named
from renderer import documents, export, process_words, screen
from renderer.convertors import is_record
from renderer.export import Heading
from renderer.export_pages import IN_MEMORY_BYTES, XLSX, blocks, headers
from renderer.filters import address
from renderer.list_pages import PURPOSE
from renderer.problem import at_its_field
from renderer.process_gate import ALL, OpenedRun, opened_run, place

PAGE = 50
REASON, AFTER = "motivo", "depois"
UNSEEN = "registro que você não vê"


@dataclass(frozen=True, slots=True)
class Shown:
    """One row that was left out, with links to what may be seen."""

    kind: str
    text: str
    address: str
    unit_kind: str
    unit: str
    unit_address: str
    says: str
    step: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One reason to filter by."""

    label: str
    count: int
    address: str
    is_chosen: bool


def show(request: Request) -> Response:
    """Show a page of what was left out."""
    opened = opened_run(request)
    step, reason = _asked(request)
    text = request.query_params.get(AFTER, "")
    after = int(text) if is_record(text) else 0
    seen, here = opened.seen, f"{opened.address}/excecoes"
    with seen.reading.connect() as connection:
        saying = Saying(connection, opened.plan, seen.context)
        reasons = leftovers.reasons(connection, opened.run.id)
        rows = leftovers.rows(connection, opened.run.id, step, reason, after, PAGE + 1)
        shown = [line(opened, each) for each in saying.rows(rows[:PAGE])]
        answers = process_words.answers(connection, opened.plan, seen.context, opened.run.answers)
    asked = [(REASON, f"{step}.{reason}")] if reason else []
    total = sum(each.count for each in reasons)
    choices = [Choice("Todas", total, here, not reason)]
    choices += [
        Choice(
            saying.reason(each.step, each.name),
            each.count,
            address(here, [(REASON, f"{each.step}.{each.name}")]),
            (each.step, each.name) == (step, reason),
        )
        for each in reasons
    ]
    module, crumbs = place(seen, opened.process)
    return screen.page(
        request,
        "run_left_out.html",
        title="Exceções",
        crumbs=(
            *crumbs,
            (opened.process.label, f"{ALL}/{opened.process.name}"),
            (f"Execução {opened.run.id}", opened.address),
        ),
        module=module,
        run=opened.run,
        name=process_words.title(opened.plan, answers),
        address=opened.address,
        lines=shown,
        choices=choices,
        total=total,
        next=address(here, [*asked, (AFTER, str(rows[PAGE - 1].id))]) if len(rows) > PAGE else "",
        first=address(here, asked) if after else "",
        csv=address(f"{here}.csv", asked),
        xlsx=address(f"{here}.xlsx", asked),
    )


def _asked(request: Request) -> tuple[str, str]:
    step, _, reason = request.query_params.get(REASON, "").partition(".")
    return (step, reason) if reason else ("", "")


def line(opened: OpenedRun, said: Said) -> Shown:
    """Return a row with its links: none leads to what the operator may not see."""
    row, runtime = said.row, opened.plan.runtime
    unit = unit_of(opened.plan)
    return Shown(
        _label(runtime, row.entity),
        said.text or (UNSEEN if said.is_hidden and row.record else ""),
        record_address(opened, row.entity, row.record) if said.text else "",
        _label(runtime, unit),
        said.unit or (UNSEEN if row.unit is not None else ""),
        record_address(opened, unit, row.unit) if said.unit else "",
        said.sentence,
        process_words.step_label(opened.plan, row.step),
    )


def record_address(opened: OpenedRun, entity: str, record: int | None) -> str:
    """Return where a record is opened; empty where it cannot be."""
    name = documents.list_of(opened.seen.runtime, entity) if record is not None else ""
    return f"/registros/{name}/{record}" if name else ""


def _label(runtime: Any, entity: str) -> str:
    return runtime.entities[entity].entity.label.one if entity in runtime.entities else ""


# ── as a file ─────────────────────────────────────────────────────────────────────────────────────


def _text(name: str, label: str) -> Heading:
    return Heading(name, label, named(name, Field(type="text", label=label)))


HEADINGS = (
    _text("passo", "Passo"), _text("registro", "Registro"), _text("pertence", "Pertence a"),
    _text("motivo", "O que houve"),
)  # fmt: skip


def as_csv(request: Request) -> Response:
    """Answer what was left out as CSV."""
    opened = opened_run(request)
    if page := _purpose(request, opened):
        return page
    seen, asked = opened.seen, _asked(request)
    _note(request, opened, "csv")

    def chunks() -> Iterator[bytes]:
        with seen.reading.connect() as connection:
            yield from export.csv_chunks(HEADINGS, _lines(connection, opened, *asked))

    kind = "text/csv; charset=utf-8"
    return StreamingResponse(chunks(), media_type=kind, headers=headers(seen, "excecoes", "csv"))


def as_xlsx(request: Request) -> Response:
    """Answer what was left out as a workbook."""
    opened = opened_run(request)
    if page := _purpose(request, opened):
        return page
    seen, asked = opened.seen, _asked(request)
    _note(request, opened, "xlsx")
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 (closed after it was sent)
    with ExitStack() as closing:
        closing.callback(file.close)
        with seen.reading.connect() as connection:
            notes = [("Execução", str(opened.run.id)), ("Por", seen.context.operator)]
            lines = _lines(connection, opened, *asked)
            export.write_xlsx(file, "Exceções", HEADINGS, lines, notes, request.app.state.zone)
        closing.pop_all()
    file.seek(0)
    return StreamingResponse(blocks(file), media_type=XLSX, headers=headers(seen, "excecoes", "xlsx"))


def _lines(connection: Any, opened: OpenedRun, step: str, reason: str) -> Iterator[Line]:
    saying = Saying(connection, opened.plan, opened.seen.context)
    for rows in leftovers.every(connection, opened.run.id, step, reason):
        for said in saying.rows(rows):
            shown = line(opened, said)
            values = {
                "passo": shown.step,
                "registro": " ".join(filter(None, (shown.kind, shown.text))) if shown.text else "",
                "pertence": shown.unit,
                "motivo": shown.says,
            }
            yield Line(said.row.id, 0, values, {})


def _personal(opened: OpenedRun, request: Request) -> Sequence[str]:
    """Return which columns show data of people: texts of records whose entity is called by such fields."""
    runtime = opened.seen.runtime
    with opened.seen.reading.connect() as connection:
        reasons = leftovers.reasons(connection, opened.run.id)
    abouts = {opened.plan.made[each.step].about for each in reasons if each.step in opened.plan.made}
    found = []
    for label, entities in (("Registro", abouts), ("Pertence a", {unit_of(opened.plan)})):
        fields = (named("a", Field(type="link", to=each)) for each in entities if each in runtime.entities)
        if any(tells_of_people(runtime, field) for field in fields):
            found += [label, "O que houve"]
    return list(dict.fromkeys(found))


def _purpose(request: Request, opened: OpenedRun) -> Response | None:
    """Return the page that asks what the export is for, where it shows data of people."""
    personal = _personal(opened, request)
    said = request.query_params.get(PURPOSE, "")
    problem = judge(said, PURPOSE)[1] if personal else None
    if problem is None:
        return None
    is_said = PURPOSE in request.query_params
    return screen.page(
        request,
        "export_purpose.html",
        title="Exportar exceções",
        crumbs=((f"Execução {opened.run.id}", opened.address),),
        status=422 if is_said else 200,
        pairs=[pair for pair in request.query_params.multi_items() if pair[0] != PURPOSE],
        personal=personal,
        reasons=PURPOSES,
        said=said,
        problems=[at_its_field(problem)] if is_said else [],
        back=f"{opened.address}/excecoes",
    )


def _note(request: Request, opened: OpenedRun, kind: str) -> None:
    """Note the export for good, before the first row is given."""
    step, reason = _asked(request)
    said, _ = judge(request.query_params.get(PURPOSE, ""), PURPOSE)
    entity = unit_of(opened.plan) or next(
        (made.about for made in opened.plan.made.values() if made.about in opened.seen.runtime.entities), ""
    )
    with opened.seen.engine.begin() as connection:
        reasons = leftovers.reasons(connection, opened.run.id)
        count = sum(each.count for each in reasons if not reason or (each.step, each.name) == (step, reason))
        deeds.note(
            connection, opened.seen.context, "export", entity, None, said,
            list=f"execucao-{opened.run.id}", format=kind, rows=count,
            columns=[heading.path for heading in HEADINGS], personal=bool(_personal(opened, request)),
            filters=[["", f"motivo {reason}"]] if reason else [],
        )  # fmt: skip


ONE = "/execucoes/{id:record}"
ROUTES = [
    Route(f"{ONE}/excecoes", show, methods=["GET"]),
    Route(f"{ONE}/excecoes.csv", as_csv, methods=["GET"]),
    Route(f"{ONE}/excecoes.xlsx", as_xlsx, methods=["GET"]),
]
