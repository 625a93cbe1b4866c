"""This file changes one field of many records: choose, see what changes, do it in steps, undo it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.audit.sight import sees
from kernel.query import run
from kernel.query.lookup import lookup
from kernel.query.lookup import texts as texts_of
from kernel.query.plan import Filter, Line, Query
from kernel.rules.foresight import verdicts
from kernel.runtime import CompiledEntity
from kernel.storage import batches
from kernel.storage.batch_run import advance
from kernel.storage.batches import DONE, LEFT, REFUSED, SAME, UNDONE, WAITING, Batch, BatchRow
from kernel.storage.verdict import judge
from metadata.entity import Field
from metadata.problems import Problem, Refused
from metadata.types import read_typed
from renderer import convertors, list_pages, list_question, posted, screen
from renderer.filters import address
from renderer.lists import ListView
from renderer.visit import Visit

MOST_RECORDS = 5000
SHOWN_ROWS = 50
FORESEEN = 500  # so many records are judged by the rules at once
STEP_SECONDS = 1.5
AWAY = "O registro não existe, ou não está mais entre os que você vê."
UNSHOWN = "não se mostra"
UNFIT = frozenset({"sequence", "attachment", "image", "json", "formula"})


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the preview or of the result; record: 0 where there is none to lead to any more."""

    record: int
    name: str
    before: str
    after: str
    state: str
    says: str


async def choose(request: Request) -> Response:
    """Ask which field and which value; with both, plan the change and show its preview."""
    return await run_in_threadpool(_choose, request, await posted.read(request))


def _choose(request: Request, form: FormData) -> Response:
    seen, view = list_pages.opened(request)
    ids = sorted({int(text) for each in form.getlist("ids") if convertors.is_record(text := str(each))})
    is_all = "sim" in form.getlist("todos")
    fields = fit_fields(view)
    field = next((each for each in fields if each.name == form.get("campo")), None)
    problem: Problem | None = None
    if field is not None and "valor" in form:
        value = _read(seen, view, field, form)
        planned = value if isinstance(value, Problem) else _plan(seen, view, field, value, ids, is_all, form)
        if isinstance(planned, int):
            return RedirectResponse(f"{view.address}/lotes/{planned}", status_code=303)
        problem = planned
    return screen.page(
        request,
        "bulk.html",
        title="Alterar um campo",
        crumbs=(*view.crumbs, (view.label, view.address)),
        module=view.module,
        view=view,
        ids=ids,
        is_all=is_all,
        filter_text=str(form.get("filtro", "")),
        fields=fields,
        field=field,
        problem=problem,
        typed=str(form.get("valor", "")),
        status=422 if problem else 200,
    )


def fit_fields(view: ListView) -> list[Field]:
    """Return the fields that many records may share a value of."""
    single = {name for key in view.entity.unique_keys if len(key) == 1 for name in key}
    return [
        field
        for field in view.entity.fields.values()
        if field.has_column
        and field.type not in UNFIT
        and not field.readonly
        and not (field.is_once and field.required)
        and not field.is_given
        and field.name not in single
    ]


def _read(seen: Visit, view: ListView, field: Field, form: FormData) -> Any:
    """Read the new value; without script a linked record is typed by name."""
    text = str(form.get("valor", "")).strip()
    if field.type == "link" and not text and (typed := str(form.get("valor.texto", "")).strip()):
        with seen.engine.connect() as connection:
            hits = lookup(connection, seen.runtime, seen.context, field.to, typed, {}, 2)
        if len(hits) == 1:
            return hits[0].id
        return Problem("R140" if hits else "R117", {"text": typed}, field=field.name)
    if not text:
        return Problem("R101", {"label": field.label}, field=field.name) if field.required else None
    value = read_typed(text, field, seen.context.now)
    return Problem(value.code, value.facts, field=field.name) if isinstance(value, Refused) else value


def _plan(
    seen: Visit,
    view: ListView,
    field: Field,
    value: Any,
    ids: list[int],
    is_all: bool,
    form: FormData,
) -> int | Problem:
    """Store which records change from what to what; the list on the screen is only a part of them."""
    compiled = seen.runtime.entities[view.entity.name]
    columns = tuple(each.name for each in compiled.columns)
    if is_all:
        question = list_question.read(seen, view, parse_qsl(str(form.get("filtro", ""))))
        query = question.query(view.entity.name, columns, ("id",), view.only)
    else:
        query = Query(view.entity.name, columns, (Filter("id", "one of", tuple(ids)),), order=("id",))
    with seen.engine.begin() as connection:
        lines = itertools.islice(run.stream(connection, seen.runtime, seen.context, query), MOST_RECORDS + 1)
        records = list(lines)
        if len(records) > MOST_RECORDS:
            return Problem("R191", {"max": MOST_RECORDS})
        rows = list(_rows(connection, seen, compiled, records, field, value))
        return batches.plan(
            connection,
            seen.context.operator,
            view.name,
            view.entity.name,
            field.name,
            _json(value, field),
            rows,
        )


def _rows(
    connection: Any, seen: Visit, compiled: CompiledEntity, lines: list[Line], field: Field, value: Any
) -> Iterator[BatchRow]:
    """Plan each record; what it lacks and what rules say is foreseen, keys and links are judged on saving."""
    new = {field.name: value}
    for start in range(0, len(lines), FORESEEN):
        part = lines[start : start + FORESEEN]
        changes = [(line.id, line.values, new) for line in part if line.values[field.name] != value]
        found = verdicts(connection, seen.runtime, seen.context, compiled.name, changes)
        for line in part:
            old = line.values[field.name]
            if old == value:
                yield BatchRow(line.id, line.version, _json(old, field), SAME)
                continue
            verdict = next(found)
            wrong = (*judge(compiled, {**line.values, **new}, new, hidden=verdict.hidden), *verdict.problems)
            says = "; ".join(problem.sentence() for problem in wrong)
            yield BatchRow(line.id, line.version, _json(old, field), WAITING, says)


def _json(value: Any, field: Field) -> Any:
    return None if value is None else field.kind.to_json(value, field)


# ── one planned change ───────────────────────────────────────────────────────────────────────────


def show(request: Request) -> Response:
    """Show what a planned change will do, is doing, or did."""
    seen, view = list_pages.opened(request)
    with seen.engine.connect() as connection:
        batch = _found(connection, seen, view, request)
        field = view.entity.fields[batch.field]
        counts = batches.counts(connection, batch.id)
        order = (REFUSED, LEFT) if counts.get(REFUSED) or counts.get(LEFT) else (WAITING, DONE, UNDONE)
        rows = batches.rows(connection, batch.id, order, SHOWN_ROWS)
        changes = _changes(connection, seen, batch, field, rows)
        after = _text(connection, seen, field, batch.value)
        foreseen = batches.told(connection, batch.id, WAITING)
        warned = batches.told(connection, batch.id, DONE)
    return screen.page(
        request,
        "batch.html",
        title=f"Alterar {field.label.lower()}",
        module=view.module,
        crumbs=(*view.crumbs, (view.label, view.address)),
        view=view,
        batch=batch,
        field=field,
        changes=changes,
        foreseen=foreseen,
        warned=warned,
        after=after,
        counts={state: counts.get(state, 0) for state in (WAITING, DONE, SAME, REFUSED, UNDONE, LEFT)},
        total=sum(counts.values()),
        has_begun=any(counts.get(state) for state in (DONE, REFUSED, UNDONE, LEFT)),
        goes_on="andando" in request.query_params,
    )


def go(request: Request) -> Response:
    """Change some records; the page goes on by itself while any is left."""
    seen, view = list_pages.opened(request)
    with seen.engine.connect() as connection:
        batch = _found(connection, seen, view, request)
    return _advanced(seen, view, batch)


def undo(request: Request) -> Response:
    """Put the old values back where nobody changed them since."""
    seen, view = list_pages.opened(request)
    with seen.engine.begin() as connection:
        batch = _found(connection, seen, view, request)
        batches.turn_back(connection, batch.id)
        batch = _found(connection, seen, view, request)
    return _advanced(seen, view, batch)


def _advanced(seen: Visit, view: ListView, batch: Batch) -> Response:
    is_left = advance(seen.engine, seen.runtime, seen.context, batch, STEP_SECONDS)
    there = address(f"{view.address}/lotes/{batch.id}", [("andando", "1")] if is_left else [])
    return RedirectResponse(there, status_code=303)


def _found(connection: Any, seen: Visit, view: ListView, request: Request) -> Batch:
    batch = batches.find(connection, seen.context.operator, request.path_params["batch"])
    if batch is None or batch.list != view.name or batch.field not in view.entity.fields:
        raise HTTPException(404)
    return batch


def _changes(connection: Any, seen: Visit, batch: Batch, field: Field, rows: list[BatchRow]) -> list[Change]:
    """Return what became of each row; of what is out of sight by now, no value and no way there."""
    ids = tuple(row.record for row in rows)
    names = texts_of(connection, seen.runtime, seen.context, batch.entity, ids)
    clear = _shown(connection, seen, batch, field, ids)
    after = _text(connection, seen, field, batch.value)
    before = {_key(row.old): _text(connection, seen, field, row.old) for row in rows}
    return [
        Change(
            row.record if row.record in names else 0,
            names.get(row.record) or f"nº {row.record}",
            before[_key(row.old)] if row.record in clear else UNSHOWN,
            after,
            row.state,
            row.says if row.record in names else AWAY,
        )
        for row in rows
    ]


def _shown(connection: Any, seen: Visit, batch: Batch, field: Field, ids: tuple[int, ...]) -> set[int]:
    """Return the records whose field is in sight today; a plan may be from days with other roles."""
    query = Query(
        batch.entity, (field.name,), (Filter("id", "one of", ids),), order=("id",), limit=SHOWN_ROWS
    )
    lines = run.page(connection, seen.runtime, seen.context, query).rows if ids else ()
    everywhere = sees(seen.runtime, seen.context, batch.entity, field.name)
    return {line.id for line in lines if everywhere or line.values[field.name] is not None}


def _key(value: Any) -> str:
    return repr(value)


def _text(connection: Any, seen: Visit, field: Field, value: Any) -> str:
    """Return how people read a stored value."""
    if value is None:
        return "(em branco)"
    if field.type == "link":
        return texts_of(connection, seen.runtime, seen.context, field.to, (int(value),)).get(
            int(value), f"nº {value}"
        )
    return field.kind.print(field.kind.from_json(value, field), field)


ROUTES = [
    Route("/registros/{list}/alterar", choose, methods=["POST"]),
    Route("/registros/{list}/lotes/{batch:record}", show, methods=["GET"]),
    Route("/registros/{list}/lotes/{batch:record}/andar", go, methods=["POST"]),
    Route("/registros/{list}/lotes/{batch:record}/desfazer", undo, methods=["POST"]),
]
