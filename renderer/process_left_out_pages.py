"""This file shows what was left out of a run, by reason and page by page, and gives it as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.privacy.personal import tells_of_people
from kernel.processes import leftovers
from kernel.processes.leftovers import Reason
from kernel.processes.saying import Said, Saying, unit_of
from kernel.query.plan import Line
from metadata.entity import Field
from metadata.row_fields import named
from renderer import documents, process_words, run_export, screen
from renderer.convertors import is_record
from renderer.export import Heading
from renderer.filters import address
from renderer.process_gate import OpenedRun, opened_run, place_of_run
from renderer.run_export import RunExport

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
    module, crumbs = place_of_run(opened)
    return screen.page(
        request,
        "run_left_out.html",
        title="Exceções",
        crumbs=crumbs,
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
    return run_export.as_csv(request, opened, _export(request, opened))


def as_xlsx(request: Request) -> Response:
    """Answer what was left out as a workbook."""
    opened = opened_run(request)
    return run_export.as_xlsx(request, opened, _export(request, opened))


def _export(request: Request, opened: OpenedRun) -> RunExport:
    step, reason = _asked(request)
    with opened.seen.reading.connect() as connection:
        reasons = leftovers.reasons(connection, opened.run.id)
    abouts = [made.about for made in opened.plan.made.values() if made.about in opened.seen.runtime.entities]
    return RunExport(
        "excecoes",
        "Exceções",
        HEADINGS,
        lambda connection: _lines(connection, opened, step, reason),
        unit_of(opened.plan) or (abouts[0] if abouts else ""),
        _personal(opened, reasons),
        sum(each.count for each in reasons if not reason or (each.step, each.name) == (step, reason)),
        [["", f"motivo {reason}"]] if reason else [],
    )


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


def _personal(opened: OpenedRun, reasons: Sequence[Reason]) -> Sequence[str]:
    """Return which columns show data of people: texts of records whose entity is called by such fields."""
    runtime = opened.seen.runtime
    abouts = {opened.plan.made[each.step].about for each in reasons if each.step in opened.plan.made}
    found = []
    for label, entities in (("Registro", abouts), ("Pertence a", {unit_of(opened.plan)})):
        fields = (named("a", Field(type="link", to=each)) for each in entities if each in runtime.entities)
        if any(tells_of_people(runtime, field) for field in fields):
            found += [label, "O que houve"]
    return list(dict.fromkeys(found))


ONE = "/execucoes/{id:record}"
ROUTES = [
    Route(f"{ONE}/excecoes", show, methods=["GET"]),
    Route(f"{ONE}/excecoes.csv", as_csv, methods=["GET"]),
    Route(f"{ONE}/excecoes.xlsx", as_xlsx, methods=["GET"]),
]
