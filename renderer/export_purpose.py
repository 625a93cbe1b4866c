"""This file asks what an export with data of people is for, and notes every export before it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from kernel.audit import deeds
from kernel.privacy.personal import tells_of_people
from kernel.privacy.reason import PURPOSES, judge
from kernel.query import run
from kernel.query.plan import Query
from metadata.problems import Problem
from metadata.types import tidy
from renderer import list_pages, screen
from renderer.filters import Question
from renderer.list_pages import PURPOSE
from renderer.lists import ListView, say
from renderer.problem import at_its_field
from renderer.visit import Visit

KEPT_BACK = "(dado pessoal)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is exported: the list with its columns, the question, its query, and what it is for."""

    seen: Visit
    view: ListView
    question: Question
    query: Query
    purpose: str


def is_personal(seen: Visit, view: ListView) -> bool:
    """Tell whether some column shows data of people."""
    return any(tells_of_people(seen.runtime, column.target.field) for column in view.columns)


def lacking(asked: Asked, name: str) -> Problem | None:
    """Return what is wrong with the purpose, where there has to be one; `name` of its parameter."""
    return judge(asked.purpose, name)[1] if is_personal(asked.seen, asked.view) else None


def question_of(request: Request, asked: Asked) -> Response | None:
    """Return the page that asks for the purpose, or nothing where it is said or need not be."""
    problem = lacking(asked, PURPOSE)
    if problem is None:
        return None
    named = PURPOSE in request.query_params
    personal = [c.label for c in asked.view.columns if tells_of_people(asked.seen.runtime, c.target.field)]
    return screen.page(
        request,
        "export_purpose.html",
        title=f"Exportar {asked.view.label}",
        crumbs=(*asked.view.crumbs, (asked.view.label, asked.view.address)),
        module=asked.view.module,
        status=422 if named else 200,
        pairs=[pair for pair in request.query_params.multi_items() if pair[0] != PURPOSE],
        personal=personal,
        reasons=PURPOSES,
        said=asked.purpose,
        problems=[at_its_field(problem)] if named else [],
        back=asked.view.address,
    )


def note(connection: Connection, asked: Asked, kind: str) -> None:
    """Note an export for good: the note is there before the first row is given."""
    seen, view = asked.seen, asked.view
    found = run.count(connection, seen.runtime, seen.context, asked.query, 0)
    said, _ = judge(asked.purpose, PURPOSE)
    deeds.note(
        connection, seen.context, "export", view.entity.name, None, said,
        list=view.name, format=kind, rows=found.value, columns=[column.path for column in view.columns],
        personal=is_personal(seen, view), filters=_filters(connection, asked),
    )  # fmt: skip
    connection.commit()


def _filters(connection: Any, asked: Asked) -> list[list[str]]:
    """Return the conditions in words, each with its path; what was asked of data of people is not said."""
    seen, entity = asked.seen, asked.view.entity
    texts = list_pages.link_texts(connection, seen, asked.question.filters)
    told = []
    for each in asked.question.filters:
        label, operator, values = say(each, texts)
        hidden = bool(values) and tells_of_people(seen.runtime, each.target.field)
        told.append([each.target.path, f"{label} {operator} {KEPT_BACK if hidden else values}".strip()])
    if of_run := asked.question.of_run:
        told.append(["", f"execução {of_run.run}, passo {of_run.step}"])
    if asked.question.search:
        searched = (entity.fields[name] for name in entity.search if name in entity.fields)
        hidden = any(tells_of_people(seen.runtime, field) for field in searched)
        told.append(["", f"busca por {KEPT_BACK if hidden else asked.question.search}"])
    return [[path, tidy(text)] for path, text in told]  # JSON of the database holds no control characters
