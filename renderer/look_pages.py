"""This file answers the quick look of a record: all of it on one page, to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.query import run
from kernel.query.lookup import texts as texts_of
from kernel.query.plan import Filter, Query
from renderer import screen
from renderer.facts import Fact, chips, facts
from renderer.form_request import opened
from renderer.looks import Rows, look_view

STATUS_FIRST = 1
WIDE = 7  # columns that ask for the whole width of the page


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; `all` is the address of the list with them all, `has_more` that it has others."""

    title: str
    help: str
    heads: Sequence[tuple[str, bool]]
    body: Markup
    all: str
    has_more: bool
    is_wide: bool


@dataclass(frozen=True, slots=True)
class View:
    """What the template receives; `nothing` are the titles without a row."""

    title: str
    kind: str
    chips: Sequence[Markup]
    address: str
    facts: Sequence[tuple[str, Sequence[Fact]]]
    tables: Sequence[Table]
    nothing: Sequence[str]


def show(request: Request) -> Response:
    """Show all of a record on one page."""
    seen, where = opened(request)
    record: int = request.path_params["id"]
    sprite = request.app.state.assets.address("icones.svg")
    look = look_view(seen.runtime, where.entity.name, sprite)
    if look is None:
        raise HTTPException(404)
    asked = Query(where.entity.name, look.paths, (Filter("id", "is", (record,)),), limit=1)
    with seen.reading.connect() as connection:
        found = run.page(connection, seen.runtime, seen.context, asked).rows
        if not found:
            raise HTTPException(404)
        line = found[0]
        name = texts_of(connection, seen.runtime, seen.context, where.entity.name, (record,)).get(record, "")
        read = [
            (rows, run.page(connection, seen.runtime, seen.context, query).rows if query else ())
            for rows in look.rows
            for query in (rows.query(record, line.values),)
        ]
    told = [
        (part.title, made)
        for part in look.facts
        if (
            made := list(
                facts(seen.runtime, ((t.path, t.field.label, t.field) for t in part.targets), line, sprite)
            )
        )
    ]
    tables = [_table(seen.runtime, rows, lines, record, line.values) for rows, lines in read if lines]
    view = View(
        title=name,
        kind=where.entity.label.one,
        chips=chips(where.entity, line, sprite)[:STATUS_FIRST],
        address=f"{where.address}/{record}",
        facts=told,
        tables=tables,
        nothing=[rows.title for rows, lines in read if not lines],
    )
    crumbs = (*where.crumbs, (name, view.address))
    return screen.page(
        request, "look.html", title=f"Consulta rápida · {name}", crumbs=crumbs, module=where.module, view=view
    )


def _table(runtime: Any, rows: Rows, lines: Sequence[Any], record: int, values: dict[str, Any]) -> Table:
    body = "".join([f"<tr>{rows.write(line)}</tr>" for line in lines[: rows.most]])
    return Table(
        title=rows.title,
        help=rows.help,
        heads=[(each.label, each.field.kind.is_number) for each in rows.columns],
        body=Markup(body),  # noqa: S704 (each cell is escaped where it is made)
        all=rows.address(runtime, record, values),
        has_more=len(lines) > rows.most,
        is_wide=len(rows.columns) >= WIDE,
    )


ROUTES = [Route("/registros/{list}/{id:record}/consulta", show, methods=["GET"])]
