"""This file shows how a run differs from another, record by record with reasons, and gives it as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.privacy.personal import tells_of_people
from kernel.processes import comparing, telling
from kernel.processes.comparing import GONE, KINDS, LESS, MORE, NEW
from kernel.processes.runs import Run, run_of
from kernel.processes.tables import FINISHED
from kernel.query.plan import Line
from metadata.entity import Field
from metadata.row_fields import named
from renderer import documents, process_words, run_export, screen
from renderer.convertors import is_record
from renderer.export import Heading
from renderer.filters import address
from renderer.process_differences import Difference, Differences
from renderer.process_gate import OpenedRun, is_told, opened_run, place_of_run, told_of
from renderer.process_left_out_pages import UNSEEN
from renderer.run_export import RunExport
from renderer.when import said

MOST_SHOWN, PAGE, MOST_OTHERS = 5, 50, 20
KIND, SKIP, WITH = "tipo", "depois", "com"
LABELS = {NEW: "Novos", GONE: "Não há mais", MORE: "Subiram", LESS: "Desceram"}
WORDS = {NEW: "novos", GONE: "sumiram", MORE: "subiram", LESS: "desceram"}


@dataclass(frozen=True, slots=True)
class RunDifferences:
    """How a run differs from the one before it: the largest differences, each with the address of its record.

    label: what people call the records.  count: of how many something changed.
    """

    label: str
    lines: Sequence[tuple[Difference, str]]
    count: int


def differences(connection: Connection, opened: OpenedRun, before: Run) -> RunDifferences | None:
    """Return how a run differs from the one before it; nothing where that is not kept, or not open."""
    plan, context, run = opened.plan, opened.seen.context, opened.run
    if not comparing.may_compare(connection, plan, context):
        return None
    if not all(comparing.has_figures(connection, each.id) for each in (run, before)):
        return None
    saying = Differences(connection, plan, context)
    counts = comparing.counts(connection, before.id, run.id)
    changes = comparing.changes(connection, before.id, run.id, limit=MOST_SHOWN)
    return RunDifferences(
        comparing.field_of(plan, saying.said.by).label.lower(),
        [(line, _record(opened, line)) for line in saying.rows(changes)],
        sum(counts.get(kind, 0) for kind in KINDS),
    )


@dataclass(frozen=True)
class Asked:
    """What is asked for: a run beside another, differences of one kind or of all, from one on."""

    opened: OpenedRun
    before: Run
    kind: str
    skip: int

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is chosen, as it stands in the address."""
        found = [(WITH, str(self.before.id))]
        return [*found, (KIND, self.kind)] if self.kind else found


def _asked(request: Request) -> Asked:
    """Return what is asked for; 404 where there is nothing to compare, or it is not open."""
    opened = opened_run(request)
    run, plan, asked = opened.run, opened.plan, request.query_params
    with opened.seen.reading.connect() as connection:
        if not comparing.may_compare(connection, plan, opened.seen.context):
            raise HTTPException(404)
        chosen = asked.get(WITH, "")
        found = run_of(connection, int(chosen)) if is_record(chosen) else None
        before = found or comparing.before_of(connection, plan, run)
        is_open = before is not None and is_told(connection, opened.seen, before)
    if before is None or not is_open or before.process != run.process or before.id == run.id:
        raise HTTPException(404)
    kind, skip = asked.get(KIND, ""), asked.get(SKIP, "")
    return Asked(opened, before, kind if kind in KINDS else "", int(skip) if is_record(skip) else 0)


def show(request: Request) -> Response:
    """Show a page of differences, the largest first."""
    asked = _asked(request)
    opened, seen, here = asked.opened, asked.opened.seen, f"{asked.opened.address}/diferencas"
    run, before, plan = opened.run, asked.before, opened.plan
    with seen.reading.connect() as connection:
        saying = Differences(connection, plan, seen.context)
        counts = comparing.counts(connection, before.id, run.id)
        found = comparing.changes(connection, before.id, run.id, asked.kind, asked.skip, PAGE + 1)
        lines = saying.rows(found[:PAGE])
        total = saying.total(comparing.total(connection, before.id, run.id))
        answers = process_words.answers(connection, plan, seen.context, run.answers)
        others = _others(connection, asked)
    with_ = (WITH, str(before.id))
    chosen = [("Todas", sum(counts.get(kind, 0) for kind in KINDS), address(here, [with_]), not asked.kind)]
    chosen += [
        (LABELS[kind], counts.get(kind, 0), address(here, [with_, (KIND, kind)]), kind == asked.kind)
        for kind in KINDS
    ]
    module, crumbs = place_of_run(opened)
    return screen.page(
        request,
        "run_differences.html",
        title="Diferenças",
        crumbs=crumbs,
        module=module,
        name=process_words.title(plan, answers),
        run=run,
        before=before,
        before_says=said(before.asked_at, seen.context.now),
        label=comparing.field_of(plan, saying.said.by).label,
        part=comparing.field_of(plan, saying.said.parts[0]).label if saying.said.parts else "",
        total=total,
        lines=[(line, _record(opened, line)) for line in lines],
        same=counts.get(comparing.SAME, 0),
        choices=chosen,
        others=others,
        base=here,
        next=address(here, [*asked.pairs, (SKIP, str(asked.skip + PAGE))]) if len(found) > PAGE else "",
        first=address(here, asked.pairs) if asked.skip else "",
        csv=address(f"{here}.csv", asked.pairs),
        xlsx=address(f"{here}.xlsx", asked.pairs),
    )


def _record(opened: OpenedRun, line: Difference) -> str:
    """Return where the record of a line is opened; empty where it cannot be."""
    name = documents.list_of(opened.seen.runtime, _entity(opened)) if line.text else ""
    return f"/registros/{name}/{line.unit}" if name else ""


def _entity(opened: OpenedRun) -> str:
    assert opened.plan.process.compare is not None
    return comparing.field_of(opened.plan, opened.plan.process.compare.by).to


def _others(connection: Connection, asked: Asked) -> list[tuple[int, str, bool]]:
    """Return the runs that this one can be put beside: number, what it is called, whether it is chosen."""
    opened, seen = asked.opened, asked.opened.seen
    found = telling.runs(connection, told_of(seen, opened.run.process), (FINISHED,), limit=MOST_OTHERS)
    lines = [line for line in found if line.id != opened.run.id]
    named_ = []
    for line in lines:
        answers = process_words.answers(connection, opened.plan, seen.context, line.answers)
        dry = " · simulação" if line.is_dry else ""
        title = f"{line.id} · {process_words.title(opened.plan, answers)}{dry}"
        named_.append((line.id, title, line.id == asked.before.id))
    return named_


# ── as a file ─────────────────────────────────────────────────────────────────────────────────────


def as_csv(request: Request) -> Response:
    """Answer the differences as CSV."""
    asked = _asked(request)
    return run_export.as_csv(request, asked.opened, _export(asked))


def as_xlsx(request: Request) -> Response:
    """Answer the differences as a workbook."""
    asked = _asked(request)
    return run_export.as_xlsx(request, asked.opened, _export(asked))


def _export(asked: Asked) -> RunExport:
    opened, plan = asked.opened, asked.opened.plan
    assert plan.process.compare is not None
    by = comparing.field_of(plan, plan.process.compare.by)
    figure = comparing.field_of(plan, plan.process.compare.sum)
    with opened.seen.reading.connect() as connection:
        counts = comparing.counts(connection, asked.before.id, opened.run.id)
    return RunExport(
        "diferencas",
        "Diferenças",
        tuple(_headings(by, figure)),
        lambda connection: _lines(connection, asked),
        by.to,
        [by.label] if tells_of_people(opened.seen.runtime, by) else [],
        sum(counts.get(kind, 0) for kind in ([asked.kind] if asked.kind else KINDS)),
        [["", f"comparada com a execução {asked.before.id}"]],
    )


def _headings(by: Field, figure: Field) -> Iterator[Heading]:
    text = {"registro": by.label, "tipo": "O que houve"}
    numbers = {"antes": "Anterior", "agora": "Esta", "diferenca": "Diferença"}
    for name, label in text.items():
        yield Heading(name, label, named(name, Field(type="text", label=label)))
    for name, label in numbers.items():
        yield Heading(name, label, named(name, figure.model_copy(update={"label": label})))
    yield Heading("motivos", "Por quê", named("motivos", Field(type="text", label="Por quê")))


def _lines(connection: Any, asked: Asked) -> Iterator[Line]:
    opened = asked.opened
    saying = Differences(connection, opened.plan, opened.seen.context)
    for changes in comparing.every(connection, asked.before.id, opened.run.id, asked.kind):
        for change, line in zip(changes, saying.rows(changes), strict=True):
            values = {
                "registro": line.text or UNSEEN,
                "tipo": WORDS[line.kind],
                "antes": change.pair.before,
                "agora": change.pair.now,
                "diferenca": change.pair.difference,
                "motivos": "; ".join(line.reasons),
            }
            yield Line(change.unit, 0, values, {})


ONE = "/execucoes/{id:record}"
ROUTES = [
    Route(f"{ONE}/diferencas", show, methods=["GET"]),
    Route(f"{ONE}/diferencas.csv", as_csv, methods=["GET"]),
    Route(f"{ONE}/diferencas.xlsx", as_xlsx, methods=["GET"]),
]
