"""This file answers actions of a record: asks, shows what will be made, makes it as a whole, undoes it.

An address says what was made (`feito=tabelas.12.13`), so that a page read again makes nothing twice; a page
that offers to make something carries a key, so that its post sent twice leads to what the first one made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel import actions
from kernel.actions import Made, Planned
from kernel.query.lookup import texts as texts_of
from kernel.rules.actions import CompiledAction
from kernel.storage import answered
from kernel.storage.answered import Answer, Once
from kernel.storage.record import Edit, Row
from metadata.action import Action
from metadata.entity import Entity
from metadata.problems import Problem
from renderer import convertors, documents, filters, form_post, forms, lookup_pages, posted, screen
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_marks import ErrorLine, mark
from renderer.form_request import opened, stored
from renderer.form_view import Place
from renderer.posted import Texts
from renderer.problem import next_step
from renderer.question_layout import questions
from renderer.visit import Visit
from renderer.when import said

DONE, UNDONE = "feito", "desfeito"
MAKE, KEY = "criar", "vez"
GONE = "R150"  # said of every record where the press before this one has undone it
NO_QUESTIONS = Markup()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about: the record, the action, its questions as a form."""

    seen: Visit
    where: Place
    row: Row
    action: CompiledAction
    form: FormLayout

    @property
    def record_address(self) -> str:
        """The address of the record."""
        return f"{self.where.address}/{self.row.id}"

    @property
    def address(self) -> str:
        """The address of the action on the record."""
        return f"{self.record_address}/acao/{self.action.action.name}"


@dataclass(frozen=True, slots=True)
class Line:
    """One record that would be made, in words; `address` where it has been."""

    kind: str
    text: str
    rows: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the template receives: the questions and what they come to, or what was made.

    mark: of what is shown, where it can be made; key: good for making it once.  made: as addresses say it.
    wrong: how many records stand against it.  undone: how many were just removed.
    """

    action: Action
    record: str
    record_address: str
    address: str
    body: Markup = NO_QUESTIONS
    errors: Sequence[ErrorLine] = ()
    lines: Sequence[Line] = ()
    wrong: int = 0
    says: str = ""
    mark: str = ""
    key: str = ""
    made: Sequence[str] = ()
    undone: int = 0
    differs: bool = False


def _asked(request: Request) -> Asked:
    seen, where = opened(request)
    action = seen.runtime.actions.get(request.path_params["action"])
    if action is None or action.action.of != where.entity.name:
        raise HTTPException(404)
    row = stored(seen, where, request.path_params["id"])
    form = questions(seen.runtime, action.action.name, request.app.state.templates)
    return Asked(seen, where, row, action, form)


def show(request: Request) -> Response:
    """Ask the questions; or, where the address says what was made, tell that and offer to undo it."""
    asked = _asked(request)
    if made := _in_address(asked, request.query_params.getlist(DONE)):
        return _done(request, asked, made)
    seen = asked.seen
    with seen.reading.connect() as connection:
        begins = actions.defaults(connection, seen.runtime, seen.context, asked.action, asked.row.id)
    name = lookup_pages.namer(seen)
    links = {key: field for key, field in asked.action.questions.items() if field.type == "link"}
    shown = {key: name(field, begins[key]) for key, field in links.items() if begins.get(key)}
    content = forms.shown_content(asked.form, Row(0, 0, begins, shown, "", None), seen.context)
    return _page(request, asked, content, undone=request.query_params.get(UNDONE, ""))


def run(request: Request) -> Response:
    """Show what the answers come to; make it where that is what was shown before."""
    asked = _asked(request)
    seen = asked.seen
    texts, _ = posted.form(request)
    wants, once = texts.get("passo", [""])[-1] == MAKE, _once(asked, texts)
    if wants and once:
        with seen.reading.connect() as connection:
            earlier = answered.find(connection, seen.context.operator, once)
        if earlier and earlier.is_same:
            return _made(asked, earlier)
    typed = form_post.as_typed(asked.form, texts, seen.context)
    resolve = lookup_pages.resolver(seen, asked.form.entity)
    reading = form_post.read(asked.form, typed, None, seen.context, resolve)
    with seen.reading.connect() as connection:
        answers = reading.edit.values
        planned = actions.plan(connection, seen.runtime, seen.context, asked.action, asked.row.id, answers)
    unread = {problem.field for problem in reading.problems}
    problems = [*reading.problems, *(each for each in planned.problems if each.field not in unread)]
    if problems:
        return _page(request, asked, typed.content, problems)
    is_known = texts.get("visto", [""])[-1] == planned.mark
    if wants and is_known:
        found = actions.make(seen.engine, seen.runtime, seen.context, planned.edits, once)
        if isinstance(found, Answer) or not any(each.problems for each in found):
            return _made(asked, found)
        made = found
    else:
        made = actions.look(seen.engine, seen.runtime, seen.context, planned.edits)
    return _page(request, asked, typed.content, planned=planned, made=made, differs=wants and not is_known)


def _once(asked: Asked, texts: Texts) -> Once | None:
    """Return the key that the page was given, with what was posted on it; it is good for one time."""
    key = texts.get(KEY, [""])[-1]
    said = sorted((name, tuple(values)) for name, values in texts.items() if name.startswith("f."))
    digest = hashlib.sha256(repr((asked.address, said)).encode()).hexdigest()
    return Once(key, digest) if re.fullmatch(r"[0-9a-f]{32}", key) else None


def _made(asked: Asked, made: Sequence[Made] | Answer) -> Response:
    """Lead to what was made, now or by the first of two posts."""
    told = made.answer.get(actions.MADE, ()) if isinstance(made, Answer) else actions.told(made)
    return RedirectResponse(filters.address(asked.address, _told(told)), status_code=303)


def undo(request: Request) -> Response:
    """Remove what was made, all of it or nothing."""
    asked = _asked(request)
    seen = asked.seen
    texts, _ = posted.form(request)
    made = _in_address(asked, texts.get(DONE, ()))
    if not made:
        raise HTTPException(400)
    wrong = actions.undo(seen.engine, seen.runtime, seen.context, made)
    if wrong and not (len(wrong) == len(made) and all(problem.code == GONE for *_, problem in wrong)):
        return _done(request, asked, made, wrong)
    return RedirectResponse(filters.address(asked.address, [(UNDONE, str(len(made)))]), status_code=303)


# ── what was made, in an address ──────────────────────────────────────────────────────────────────


def _told(made: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    ids: dict[str, list[str]] = {}
    for each in made:
        ids.setdefault(each["entity"], []).append(str(each["id"]))
    return [(DONE, ".".join((entity, *those))) for entity, those in ids.items()]


def _in_address(asked: Asked, texts: Sequence[str]) -> list[tuple[str, int]]:
    """Return (entity, id) of what an address says was made; only of what the action can make."""
    able = {part.entity.name for part in asked.action.parts}
    found: list[tuple[str, int]] = []
    for text in texts:
        entity, *ids = text.split(".")
        if entity in able:
            found += [(entity, int(id)) for id in ids if convertors.is_record(id)]
    return list(dict.fromkeys(found))[: actions.MOST]


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: Request, asked: Asked, content: Content, problems: Sequence[Problem] = (),
    planned: Planned | None = None, made: Sequence[Made] = (), undone: str = "", *, differs: bool = False,
) -> Response:  # fmt: skip
    errors: list[ErrorLine] = mark(asked.form, content, problems)
    lines = [_line(asked.seen, each) for each in made]
    wrong = sum(1 for line in lines if line.problems)
    return _screen(
        request,
        asked,
        status=422 if errors or wrong else 200,
        body=forms.body(asked.form, content),
        errors=errors,
        lines=lines,
        wrong=wrong,
        mark=planned.mark if planned and not wrong else "",
        key=uuid4().hex if planned and not wrong else "",
        says=_counted(asked.seen, [each.edit.entity for each in made]),
        differs=differs,
        undone=int(undone) if undone.isdecimal() and len(undone) < 4 else 0,
    )


def _done(
    request: Request, asked: Asked, made: Sequence[tuple[str, int]],
    wrong: Sequence[tuple[str, int, Problem]] = (),
) -> Response:  # fmt: skip
    seen = asked.seen
    entities = seen.runtime.configuration.entities
    named: dict[tuple[str, int], str] = {}
    with seen.reading.connect() as connection:
        for entity in dict.fromkeys(name for name, _ in made):
            ids = tuple(id for name, id in made if name == entity)
            found = texts_of(connection, seen.runtime, seen.context, entity, ids)
            named |= {(entity, id): text for id, text in found.items()}
    against: dict[tuple[str, int], list[str]] = {}
    for entity, id, problem in wrong:
        against.setdefault((entity, id), []).append(_sentence(entities[entity], _dated(seen, problem)))
    lines = [
        Line(
            entities[entity].label.one,
            named.get((entity, id), "não existe mais"),
            "",
            tuple(against.get((entity, id), ())),
            address=_address_of(seen, entity, id) if (entity, id) in named else "",
        )
        for entity, id in made
    ]
    return _screen(
        request,
        asked,
        status=409 if wrong else 200,
        lines=lines,
        wrong=len(against),
        made=_told_again(made),
        says=_counted(seen, [entity for entity, _ in made]),
    )


def _address_of(seen: Visit, entity: str, id: int) -> str:
    return f"/registros/{documents.list_of(seen.runtime, entity)}/{id}"


def _told_again(made: Sequence[tuple[str, int]]) -> list[str]:
    return [
        ".".join((entity, *(str(id) for name, id in made if name == entity)))
        for entity in dict.fromkeys(name for name, _ in made)
    ]


def _screen(request: Request, asked: Asked, *, status: int, **values: Any) -> Response:
    title = forms.title(asked.where.entity, asked.row)
    return screen.page(
        request,
        "action.html",
        title=asked.action.action.label,
        crumbs=(*asked.where.crumbs, (title, asked.record_address)),
        module=asked.where.module,
        status=status,
        view=View(asked.action.action, title, asked.record_address, asked.address, **values),
    )


# ── words ─────────────────────────────────────────────────────────────────────────────────────────


def _counted(seen: Visit, entities: Sequence[str]) -> str:
    """Say how many of what: 3 tabelas de preço, 1 aviso."""
    said_ = []
    for name in dict.fromkeys(entities):
        count = entities.count(name)
        label = seen.runtime.configuration.entities[name].label
        word = label.one if count == 1 else label.many
        said_.append(f"{count} {word[:1].lower()}{word[1:]}")
    return " e ".join(said_)


def _line(seen: Visit, made: Made) -> Line:
    entity = seen.runtime.configuration.entities[made.edit.entity]
    return Line(
        entity.label.one,
        made.text or entity.label.one,
        ", ".join(_rows_of(entity, made.edit)),
        tuple(_sentence(entity, problem) for problem in made.problems),
        tuple(_sentence(entity, problem) for problem in made.warnings),
    )


def _rows_of(entity: Entity, edit: Edit) -> Iterator[str]:
    for name, rows in edit.children.items():
        yield f"{entity.fields[name].label}: {len(rows)}"


def _sentence(entity: Entity, problem: Problem) -> str:
    """Say a problem with the row that it is about, and what to do."""
    name, _, rest = (problem.field or "").partition("/")
    number = rest.partition("/")[0]
    field = entity.fields.get(name)
    place = f"{field.label}, linha {int(number) + 1}: " if field and number.isdecimal() else ""
    sentence, step = problem.sentence(), next_step(problem)
    said_ = f"{sentence}; {step}" if step else sentence
    return place + said_ if place else said_[:1].upper() + said_[1:]


def _dated(seen: Visit, problem: Problem) -> Problem:
    """Return a problem with the moment in its facts written as people say it."""
    facts: Mapping[str, Any] = problem.facts
    if "when" not in facts:
        return problem
    return replace(problem, facts={**facts, "when": said(facts["when"], seen.context.now)})


ONE = "/registros/{list}/{id:record}/acao/{action}"
ROUTES = [
    Route(ONE, show, methods=["GET"]),
    Route(ONE, run, methods=["POST"]),
    Route(f"{ONE}/desfazer", undo, methods=["POST"]),
]
