"""This file answers the JSON API: list, read, create, change and remove records of any entity.

Decimals are texts, dates ISO; refusals are RFC 9457 problems with every problem at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query import run
from kernel.query.plan import Filter, Line, Query
from kernel.rules.worked import computed, worked_out
from kernel.storage import records
from kernel.storage.record import Conflict, Difference, Edit, Refusal, Row, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from metadata.entity import Field
from metadata.problems import Problem, Problems, near
from renderer import api_body, api_moves, form_check, visit
from renderer.api_view import ApiView, api_view, expand, expansion, put, with_parents, written
from renderer.filters import MOST_ASKED, Question, address, read_question, too_much
from renderer.problem import describe, problem_response
from renderer.visit import Visit

ROOT = "/api/v1"
CONTROLS = frozenset({"expand", "children"})
CHILD_PAGE = 1000
_NO_VERSION = Problem("R188", {}, field="version")


class Json(Response):
    """A JSON answer written by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content."""
        return orjson.dumps(content)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def list_records(request: Request) -> Response:
    """Answer a page of records."""
    seen, view = opened(request)
    question, expands, children = _asked(request, seen, view)
    columns = (*view.paths, *_expanded_paths(seen, view, expands))
    with _source(seen, children).connect() as connection:
        page = run.page(connection, seen.runtime, seen.context, question.query(view.entity.name, columns))
        items = [written(view, line.id, line.version, line.values, line.shown) for line in page.rows]
        for line, item in zip(page.rows, items, strict=True):
            expand(seen.runtime, view, line, item, expands)
        _put_worked(connection, seen, view, page.rows, items)
        _put_children(connection, seen, view, children, items)
    body = {"items": items, "next": page.next or None, "previous": page.previous or None}
    return Json(body, headers=_links(request, page.next, page.previous))


def read_record(request: Request) -> Response:
    """Answer one record."""
    seen, view = opened(request)
    _, expands, children = _asked(request, seen, view, allow_filters=False)
    record = request.path_params["id"]
    with _source(seen, children).connect() as connection:
        row = records.read(connection, seen.runtime, seen.context, view.entity.name, record, children=False)
        if row is None:
            return absent(view, record)
        made = _of_row(view, worked_out(connection, seen.runtime, seen.context, view.entity.name, row))
        if expands:
            line = _expanded_line(connection, seen, view, record, expands)
            expand(seen.runtime, view, line, made, expands)
        _put_children(connection, seen, view, children, [made])
        if view.entity.states:
            made[api_body.TRANSITIONS] = api_moves.of_record(connection, seen, view, row)
    return Json(made, headers={"ETag": f'"{row.version}"'})


def _source(seen: Visit, children: Sequence[str]) -> Engine:
    """Child rows are streamed, which needs a transaction; a record alone needs none."""
    return seen.engine if children else seen.reading


def _of_row(view: ApiView, row: Row) -> dict[str, Any]:
    made = written(view, row.id, row.version, row.values, row.shown)
    for name in view.many:
        pairs = zip(row.values[name], row.shown[name], strict=True)
        made[name] = [{"id": target, "text": text} for target, text in pairs]
    put(view.worked, row.values, {}, made)
    return made


def _put_worked(
    connection: Any, seen: Visit, view: ApiView, lines: Sequence[Line], items: Iterable[dict[str, Any]]
) -> None:
    """Put what is computed on reading into records, for all of them at once."""
    if view.worked and lines:
        rows = [(line.id, line.values) for line in lines]
        worked = computed(connection, seen.runtime, seen.context, view.entity.name, rows)
        for item, values in zip(items, worked, strict=True):
            put(view.worked, values, {}, item)


def _expanded_line(connection: Any, seen: Visit, view: ApiView, record: int, expands: Sequence[str]) -> Line:
    query = Query(
        view.entity.name, _expanded_paths(seen, view, expands), (Filter("id", "is", (record,)),), limit=1
    )
    return run.page(connection, seen.runtime, seen.context, query).rows[0]


def _expanded_paths(seen: Visit, view: ApiView, expands: Iterable[str]) -> tuple[str, ...]:
    return tuple(there for path in expands for _, there, _ in expansion(seen.runtime, view.entity.name, path))


def _put_children(
    connection: Any, seen: Visit, view: ApiView, names: Iterable[str], items: list[dict[str, Any]]
) -> None:
    """Put child rows into their parents, one query per children field."""
    by_id = {item["id"]: item for item in items}
    for name in names:
        child = seen.runtime.entities[view.entity.name].children[name]
        child_view = api_view(seen.runtime, child.entity)
        assert child_view is not None  # a children field always leads to an entity
        for item in items:
            item[name] = []
        query = Query(
            child.entity, child_view.paths, (Filter(child.by, "one of", tuple(by_id)),), order=child.order
        )
        lines = run.stream(connection, seen.runtime, seen.context, query) if by_id else iter(())
        while chunk := list(itertools.islice(lines, CHILD_PAGE)):
            rows = [written(child_view, line.id, line.version, line.values, line.shown) for line in chunk]
            _put_worked(connection, seen, child_view, chunk, rows)
            for line, row in zip(chunk, rows, strict=True):
                by_id[line.values[child.by]][name].append(row)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


async def create_record(request: Request) -> Response:
    """Make a record."""
    return await with_body(request, _create)


async def update_record(request: Request) -> Response:
    """Change the fields that were sent."""
    return await with_body(request, _update)


async def with_body(request: Request, act: Any) -> Response:
    """Answer a request with its body, within a thread."""
    if not request.headers.get("content-type", "application/json").startswith("application/json"):
        return problem_response(415, "Envie JSON", "Use Content-Type: application/json.")
    return await run_in_threadpool(act, request, await request.body())


def _create(request: Request, body: bytes) -> Response:
    seen, view = opened(request)
    reading = api_body.read(seen.runtime, view.entity.name, body)
    edit = Edit(view.entity.name, None, None, reading.values, None, reading.children)
    if reading.problems:
        return _refused(_all_problems(seen, edit, reading))
    return answer(request, seen, view, save(seen.engine, seen.runtime, seen.context, edit), created=True)


def _update(request: Request, body: bytes) -> Response:
    seen, view = opened(request)
    record = request.path_params["id"]
    reading = api_body.read(seen.runtime, view.entity.name, body)
    versions = versions_of(request, reading.version)
    edit = Edit(view.entity.name, record, None, reading.values, None, reading.children)
    if reading.problems:
        reading.problems += [_NO_VERSION] if versions == () else []
        with seen.reading.connect() as connection:
            row = records.read(
                connection, seen.runtime, seen.context, view.entity.name, record, children=False
            )
        return _refused(_all_problems(seen, edit, reading)) if row else absent(view, record)
    if versions == ():
        return without_version()
    edit = _without_echo(seen, view, edit)
    edit = replace(edit, version=based_on(seen, view, record, versions))
    return answer(request, seen, view, save(seen.engine, seen.runtime, seen.context, edit))


def _without_echo(seen: Visit, view: ApiView, edit: Edit) -> Edit:
    """Leave out computed values that came back as they were read; others are refused."""
    sent = {name for name, _, _ in view.worked if edit.values.get(name) is not None}
    if not sent:
        return edit
    with seen.reading.connect() as connection:
        row = records.read(
            connection, seen.runtime, seen.context, view.entity.name, edit.id or 0, children=False
        )
        if row is None:
            return edit
        read = worked_out(connection, seen.runtime, seen.context, view.entity.name, row).values
    same = {name for name in sent if edit.values[name] == read[name]}
    return replace(edit, values={name: value for name, value in edit.values.items() if name not in same})


def _all_problems(seen: Visit, edit: Edit, reading: api_body.Reading) -> tuple[Problem, ...]:
    """Return what could not be read, and what the rules say of the rest."""
    if not reading.is_object:
        return tuple(reading.problems)
    with seen.reading.connect() as connection:
        rules = form_check.check(connection, seen.runtime, seen.context, edit, reading.problems)
        return (*reading.problems, *rules)


def remove_record(request: Request) -> Response:
    """Remove a record with its children."""
    seen, view = opened(request)
    record, versions = request.path_params["id"], versions_of(request, None)
    if versions == ():
        return without_version()
    version = based_on(seen, view, record, versions)
    outcome = remove(seen.engine, seen.runtime, seen.context, view.entity.name, record, version)
    return Response(status_code=204) if isinstance(outcome, Saved) else answer(request, seen, view, outcome)


def versions_of(request: Request, in_body: int | None) -> tuple[int, ...] | None:
    """Read the versions that a change may be based on; None, for `If-Match: *`, means whatever is there."""
    mark = request.headers.get("if-match", "").strip()
    if mark == "*":
        return None
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in mark.split(",")] if mark else [str(in_body)]
    return tuple(int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 10)


def based_on(seen: Visit, view: ApiView, record: int, versions: tuple[int, ...] | None) -> int | None:
    """Return the version that counts: of several, the one that is there, or else the newest."""
    if versions is None or len(versions) == 1:
        return versions and versions[0]
    with seen.reading.connect() as connection:
        row = records.read(connection, seen.runtime, seen.context, view.entity.name, record, children=False)
    return row.version if row and row.version in versions else max(versions)


def without_version() -> Response:
    """Answer that a change must say on which version it is based."""
    return problem_response(428, "Diga a versão", problems=[_NO_VERSION])


def answer(
    request: Request,
    seen: Visit,
    view: ApiView,
    outcome: Saved | Refusal | Conflict,
    *,
    created: bool = False,
) -> Response:
    """Answer what came of a change."""
    if isinstance(outcome, Conflict):
        return _conflict(seen, view, outcome)
    if isinstance(outcome, Refusal):
        if any(problem.code == "R150" for problem in outcome.problems):
            return absent(view, request.path_params.get("id", 0))
        return _refused(outcome.problems)
    headers = {"ETag": f'"{outcome.version}"'}
    if created:
        headers["Location"] = f"{ROOT}/{view.entity.name}/{outcome.id}"
    body: dict[str, Any] = {"id": outcome.id, "version": outcome.version}
    if "return=representation" in request.headers.get("prefer", ""):
        with seen.reading.connect() as connection:
            row = records.read(
                connection, seen.runtime, seen.context, view.entity.name, outcome.id, children=False
            )
            if row:
                name = view.entity.name
                body = _of_row(view, worked_out(connection, seen.runtime, seen.context, name, row))
        headers["Preference-Applied"] = "return=representation"
    if outcome.warnings:
        body["warnings"] = [_warning(warning) for warning in outcome.warnings]
    return Json(body, status_code=201 if created else 200, headers=headers)


def _warning(warning: Problem) -> dict[str, Any]:
    """Return a warning as plain data; it was saved, so there is nothing that must be done."""
    return {key: text for key, text in describe(warning).items() if key != "hint"}


def _conflict(seen: Visit, view: ApiView, conflict: Conflict) -> Response:
    same = [_difference(seen, view, each) for each in conflict.same]
    return problem_response(
        409,
        "Outra pessoa mudou o mesmo",
        "Leia de novo, decida e envie com a versão nova.",
        headers={"ETag": f'"{conflict.version}"'},
        version=conflict.version,
        changed_by=conflict.operator,
        changed_at=conflict.at.isoformat(),
        differences=same,
        also_changed=[_difference(seen, view, each) for each in conflict.other],
    )


def _difference(seen: Visit, view: ApiView, difference: Difference) -> dict[str, Any]:
    """Return a difference as JSON; a whole child row is an object of its fields."""
    compiled, steps = seen.runtime.entities[view.entity.name], difference.path.split("/")
    while len(steps) > 1:  # the name of the rows, the id of one, and what is within
        compiled, steps = seen.runtime.entities[compiled.children[steps[0]].entity], steps[2:]
    name, fields = "".join(steps), compiled.fields
    values = {"base": difference.base, "mine": difference.mine, "theirs": difference.theirs}
    return {"field": difference.path} | {key: _plain(value, name, fields) for key, value in values.items()}


def _plain(value: Any, name: str, fields: Mapping[str, Field]) -> Any:
    if value is None:
        return None
    if not name:
        return {key: _plain(part, key, fields) for key, part in value.items() if key in fields}
    return fields[name].kind.to_json(value, fields[name])


# ── what was asked ───────────────────────────────────────────────────────────────────────────────


def opened(request: Request) -> tuple[Visit, ApiView]:
    """Return the visit and the entity of the address, or raise what is wrong with it."""
    seen = visit.of(request)
    name = request.path_params["entity"]
    view = api_view(seen.runtime, name)
    if view is None:
        raise Problems(
            [Problem("R401", {"name": name, "near": near(name, seen.runtime.entities)}, field="entity")]
        )
    return seen, view


def _asked(
    request: Request,
    seen: Visit,
    view: ApiView,
    *,
    allow_filters: bool = True,
) -> tuple[Question, tuple[str, ...], tuple[str, ...]]:
    """Read the parameters; whatever is unknown is refused, all at once."""
    pairs = request.query_params.multi_items()
    expands = _listed(pairs, "expand")
    children = _listed(pairs, "children")
    if len(expands) + len(children) > MOST_ASKED:
        raise Problems([too_much()])
    others = [pair for pair in pairs if pair[0] not in CONTROLS]
    question = read_question(seen.runtime, view.entity.name, others, _canonical)
    problems = list(question.problems)
    if not allow_filters:
        problems = [
            Problem("R180", {"name": key, "near": near(key, CONTROLS)}, field=key) for key, _ in others
        ]
    links = [field.name for field in view.entity.fields.values() if field.type == "link"]
    problems += [
        Problem("R185", {"name": path, "near": near(path, links)}, field="expand")
        for path in expands
        if not expansion(seen.runtime, view.entity.name, path)
    ]
    problems += [
        Problem("R186", {"name": name, "near": near(name, view.children)}, field="children")
        for name in children
        if name not in view.children
    ]
    if problems:
        raise Problems(problems)
    return question, with_parents(expands), children


def _canonical(text: str, field: Field) -> Any:
    return field.canonical(text)


def _listed(pairs: Iterable[tuple[str, str]], key: str) -> tuple[str, ...]:
    parts = (part.strip() for name, value in pairs if name == key for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _links(request: Request, after: str, before: str) -> dict[str, str]:
    """The Link header of RFC 8288 for the pages beside this one."""
    rest = [pair for pair in request.query_params.multi_items() if pair[0] not in ("after", "before")]
    named = (("after", after, "next"), ("before", before, "prev"))
    made = [
        f'<{address(request.url.path, [*rest, (key, cursor)])}>; rel="{rel}"'
        for key, cursor, rel in named
        if cursor
    ]
    return {"Link": ", ".join(made)} if made else {}


def absent(view: ApiView, record: int) -> Response:
    """Answer that there is no such record."""
    problem = Problem("R150", {"entity": view.entity.label.one})
    return problem_response(404, "Registro não encontrado", problems=[problem], id=record)


def _refused(problems: Iterable[Problem]) -> Response:
    return problem_response(422, "O registro não foi salvo", problems=problems)


ROUTES = [
    Route(ROOT + "/{entity}", list_records, methods=["GET"]),
    Route(ROOT + "/{entity}", create_record, methods=["POST"]),
    Route(ROOT + "/{entity}/{id:record}", read_record, methods=["GET"]),
    Route(ROOT + "/{entity}/{id:record}", update_record, methods=["PATCH"]),
    Route(ROOT + "/{entity}/{id:record}", remove_record, methods=["DELETE"]),
]
