"""This file asks for what a transition of a record needs, says what it runs, and has it made, once.

The post carries the version that was shown: where the record has changed meanwhile, the page shows how it is
now and asks again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel import moving
from kernel.moving import Asked, Open
from kernel.query.plan import Line
from kernel.runtime import Runtime
from kernel.storage.answered import Answer, Once
from kernel.storage.record import Conflict, Row, Saved
from metadata.entity import Entity
from metadata.problems import Problem
from metadata.states import Transition
from renderer import form_post, forms, lookup_pages, posted, screen
from renderer.facts import Fact, facts
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_marks import ErrorLine, mark, warn
from renderer.form_request import opened, stored
from renderer.form_view import Place
from renderer.once import per_runtime
from renderer.posted import Texts
from renderer.question_layout import asked as asked_of
from renderer.question_layout import laid_out
from renderer.visit import Visit
from renderer.when import said

KEY, VERSION, CONFIRMED = "vez", "version", "confirmado"
# What is asked must be filled, whatever the record is like on its form.
ALWAYS = {"required": True, "required_when": "", "readonly_when": "", "hidden_when": ""}


@dataclass(frozen=True, slots=True)
class View:
    """What the template receives.

    before, after: the labels of the states.  lacks: why it cannot be made now.  process: what it runs.
    meanwhile: who changed the record since it was shown.  facts: what is told of it.
    """

    transition: Transition
    record: str
    record_address: str
    address: str
    before: str
    after: str
    version: int
    key: str
    body: Markup
    errors: Sequence[ErrorLine] = ()
    warnings: Sequence[ErrorLine] = ()
    confirms: str = ""
    lacks: str = ""
    process: str = ""
    meanwhile: str = ""
    facts: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True)
class _Opened:
    seen: Visit
    where: Place
    row: Row
    name: str
    rule: Transition
    open: Open | None
    form: FormLayout

    @property
    def address(self) -> str:
        return f"{self.where.address}/{self.row.id}"


@per_runtime
def _questions(runtime: Runtime, entity: str, name: str, templates: object) -> FormLayout:
    """Return what a transition asks for as a form."""
    known: Entity = runtime.configuration.entities[entity]
    rule = known.made_by_hand[name]
    fields = {each: known.fields[each].model_copy(update=ALWAYS) for each in rule.asks}
    return laid_out(asked_of(entity, rule.label, fields), templates)


def _opened(request: Request) -> _Opened:
    seen, where = opened(request)
    name = request.path_params["transition"]
    rule = where.entity.made_by_hand.get(name)
    if rule is None:  # there is none, or the operator lacks the right to it
        raise HTTPException(404)
    row = stored(seen, where, request.path_params["id"])
    state = row.values.get(where.entity.state_field or "")
    with seen.reading.connect() as connection:
        ways = moving.open_moves(
            connection, seen.runtime, seen.context, where.entity.name, row.id, str(state or "")
        )
    open_ = next((each for each in ways if each.name == name), None)
    form = _questions(seen.runtime, where.entity.name, name, request.app.state.templates)
    return _Opened(seen, where, row, name, rule, open_, form)


def show(request: Request) -> Response:
    """Ask for what the transition needs, filled with what is there already."""
    found = _opened(request)
    seen, row = found.seen, found.row
    with seen.reading.connect() as connection:
        begins = moving.proposed(
            connection, seen.runtime, seen.context, found.where.entity.name, row.id, found.name
        )
    begun = replace(row, values={**row.values, **begins})
    return _page(request, found, forms.shown_content(found.form, begun, seen.context))


def make(request: Request) -> Response:
    """Make it, or show the page again with what stands against it."""
    found = _opened(request)
    seen, entity = found.seen, found.where.entity.name
    texts, _ = posted.form(request)
    typed = form_post.as_typed(found.form, texts, seen.context)
    reading = form_post.read(
        found.form, typed, None, seen.context, lookup_pages.resolver(seen, found.form.entity)
    )
    version = posted.last(texts, VERSION)
    if reading.problems or not version.isdecimal():
        return _page(request, found, typed.content, reading.problems, status=422)
    confirmed = frozenset(posted.last(texts, CONFIRMED).split(",")) - {""}
    wanted = Asked(entity, found.row.id, found.name, int(version), reading.edit.values, confirmed)
    outcome = moving.make(seen.engine, seen.runtime, seen.context, wanted, _once(request, texts))
    if isinstance(outcome, Conflict):
        by = f"{outcome.operator}, {said(outcome.at, seen.context.now)}"
        return _page(request, found, typed.content, meanwhile=by, status=409)
    if isinstance(outcome, Saved | Answer):
        return RedirectResponse(f"{found.address}?passou={found.name}", status_code=303)
    return _page(request, found, typed.content, outcome.problems, outcome.warnings, status=422)


def _once(request: Request, texts: Texts) -> Once | None:
    """Return the key that the page was given, with what was posted on it; it is good for one time."""
    key = posted.last(texts, KEY)
    told = sorted((name, tuple(values)) for name, values in texts.items() if name.startswith("f."))
    digest = hashlib.sha256(repr((request.url.path, told)).encode()).hexdigest()
    return Once(key, digest) if re.fullmatch(r"[0-9a-f]{32}", key) else None


def _page(
    request: Request, found: _Opened, content: Content, problems: Sequence[Problem] = (),
    warnings: Sequence[Problem] = (), *, meanwhile: str = "", status: int = 200,
) -> Response:  # fmt: skip
    entity, row, rule = found.where.entity, found.row, found.rule
    choices = entity.fields[entity.state_field or ""].choices
    title = forms.title(entity, row)
    state = str(row.values.get(entity.state_field or "") or "")
    view = View(
        transition=rule,
        record=title,
        record_address=found.address,
        address=f"{found.address}/transicao/{found.name}",
        before=choices[state].label if state in choices else state,
        after=choices[rule.to].label,
        version=row.version,
        key=uuid4().hex,
        body=forms.body(found.form, content) if rule.asks else Markup(""),
        errors=mark(found.form, content, problems),
        warnings=warn(found.form, content, warnings),
        confirms=",".join(str(warning.facts["check"]) for warning in warnings),
        lacks=found.open.lacks if found.open else f"de {state} não se vai por aqui",
        process=found.open.process if found.open else "",
        meanwhile=meanwhile,
        facts=_facts(found),
    )
    return screen.page(
        request,
        "transition.html",
        title=rule.label,
        crumbs=(*found.where.crumbs, (title, found.address)),
        module=found.where.module,
        status=status,
        view=view,
    )


def _facts(found: _Opened) -> list[Fact]:
    """Return what the transition shows of the record, as far as the operator sees it."""
    seen, entity = found.seen, found.where.entity
    fields = [entity.fields[name] for name in found.rule.shows if name in entity.fields]
    with seen.reading.connect() as connection:
        worked_out = moving.shown(
            connection, seen.runtime, seen.context, entity.name, found.row.id, found.name
        )
    line = Line(found.row.id, found.row.version, {**found.row.values, **worked_out}, dict(found.row.shown))
    return list(facts(seen.runtime, ((field.name, field.label, field) for field in fields), line))


ONE = "/registros/{list}/{id:record}/transicao/{transition}"
ROUTES = [Route(ONE, show, methods=["GET"]), Route(ONE, make, methods=["POST"])]
