"""This file answers the pages of parameters: all, one with its timeline, a change, a day taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel import cascade
from kernel.cascade import Answer
from kernel.fold import fold
from kernel.parameter_change import Change, change
from kernel.parameters import Dated, all_values, counting, on
from kernel.query.lookup import texts as texts_of
from kernel.storage.record import Row
from metadata.parameter import Parameter
from metadata.problems import Problem
from renderer import form_post, forms, lookup_pages, parameter_form, parameter_view, posted, screen
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_marks import mark
from renderer.parameter_form import DAY, FIELD_OF, REASON, RECORD, SINCE
from renderer.parameter_gate import ADDRESS, may_change, opened
from renderer.posted import Texts, last
from renderer.visit import Visit

CRUMBS = (("Parâmetros", ADDRESS),)
ASKED_FOR, TOLD = "f.", "feito"
DONE = {"valor": "Valor gravado.", "retirado": "Valor retirado; vale de novo o que valia antes dele."}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a request is about: a parameter, and all that was ever said of it."""

    seen: Visit
    parameter: Parameter
    history: tuple[Dated, ...]

    @property
    def address(self) -> str:
        """The address of the parameter."""
        return f"{ADDRESS}/{self.parameter.name}"

    @property
    def now(self) -> Dated | None:
        """What the site says today."""
        return on(counting(self.history), self.seen.context.today)

    @property
    def last(self) -> int:
        """The last entry there is."""
        return max((one.id for one in self.history), default=0)


def _opened(request: Request, *, to_change: bool = False) -> Opened:
    seen = opened(request, to_change=to_change)
    whole = seen.runtime.whole
    parameter = whole.configuration.parameters.get(request.path_params["name"])
    if parameter is None:
        raise HTTPException(404)
    with seen.reading.connect() as connection:
        history = all_values(whole, connection).get(parameter.name, ())
    return Opened(seen, parameter, history)


def overview(request: Request) -> Response:
    """Show every parameter with what counts today; searched by every word."""
    seen = opened(request)
    whole, text = seen.runtime.whole, request.query_params.get("q", "").strip()[:120]
    with seen.reading.connect() as connection:
        values = all_values(whole, connection)
    rows = [
        parameter_view.row(whole, parameter, values.get(name, ()), seen.context.today)
        for name, parameter in whole.configuration.parameters.items()
    ]
    found = [row for row in rows if all(word in row.folded for word in fold(text).split())]
    found.sort(key=lambda row: fold(row.label))
    return screen.page(
        request, "parameters.html", title="Parâmetros", rows=found, text=text, all=len(rows), address=ADDRESS,
    )  # fmt: skip


def show(request: Request) -> Response:
    """Show one parameter; where the address asks for a record, say where its value is from."""
    about = _opened(request)
    form = parameter_form.of_change(about.seen.runtime.whole, about.parameter.name, _templates(request))
    since = _day(request.query_params.get(SINCE, "")) or about.seen.context.today
    begun = next((one.kept for one in counting(about.history) if one.since == since), None)
    blank = Row(0, 0, {SINCE: since, parameter_form.VALUE: begun}, {}, "", None)
    return _page(request, about, forms.shown_content(form, blank, about.seen.context))


def give(request: Request) -> Response:
    """Give a value from a day on."""
    about = _opened(request, to_change=True)
    seen, name = about.seen, about.parameter.name
    form = parameter_form.of_change(seen.runtime.whole, name, _templates(request))
    texts, _ = posted.form(request)
    typed = form_post.as_typed(form, texts, seen.context)
    values, problems = parameter_form.read(
        form, typed, seen.context, lookup_pages.resolver(seen, form.entity)
    )
    if not problems:
        wanted, told = parameter_form.change_of(name, values, _seen(texts))
        problems = [*told] if wanted is None else _changed(about, wanted)
    if problems:
        return _page(request, about, typed.content, problems)
    return RedirectResponse(f"{about.address}?{TOLD}=valor", status_code=303)


def ask_back(request: Request) -> Response:
    """Show what would count if a value were taken back."""
    about = _opened(request, to_change=True)
    form = parameter_form.of_taking_back(about.seen.runtime.whole, _templates(request))
    return _back(
        request, about, form, forms.shown_content(form, Row(0, 0, {}, {}, "", None), about.seen.context)
    )


def take_back(request: Request) -> Response:
    """Take a value back."""
    about = _opened(request, to_change=True)
    seen = about.seen
    form = parameter_form.of_taking_back(seen.runtime.whole, _templates(request))
    texts, _ = posted.form(request)
    typed = form_post.as_typed(form, texts, seen.context)
    values, problems = parameter_form.read(
        form, typed, seen.context, lookup_pages.resolver(seen, form.entity)
    )
    since = _day(last(texts, SINCE))
    if since is None:
        raise HTTPException(400)
    if not problems:
        reason = " ".join((values.get(REASON) or "").split())
        wanted = Change(about.parameter.name, since, None, reason, is_taken_back=True, seen=_seen(texts))
        problems = _changed(about, wanted)
    if problems:
        return _back(request, about, form, typed.content, problems, since)
    return RedirectResponse(f"{about.address}?{TOLD}=retirado", status_code=303)


def _changed(about: Opened, wanted: Change) -> list[Problem]:
    seen = about.seen
    with seen.engine.begin() as connection:
        problems = change(seen.runtime, connection, seen.context, wanted)
    return [
        Problem(each.code, each.facts, field=FIELD_OF.get(each.field or "", each.field)) for each in problems
    ]


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────


def _page(request: Request, about: Opened, content: Content, problems: Sequence[Problem] = ()) -> Response:
    seen, parameter = about.seen, about.parameter
    whole = seen.runtime.whole
    form = parameter_form.of_change(whole, parameter.name, _templates(request))
    errors = mark(form, content, problems)
    value, since, origin = parameter_view.now_shown(whole, parameter, about.now)
    with seen.reading.connect() as connection:
        levels = cascade.levels(connection, seen.runtime, seen.context, parameter)
    return screen.page(
        request,
        "parameter.html",
        title=parameter_view.label_of(parameter),
        crumbs=CRUMBS,
        status=422 if errors else 200,
        parameter=parameter,
        package=parameter_view.package_of(whole, parameter.name),
        address=about.address,
        today_value=value,
        since=since,
        origin=origin,
        timeline=parameter_view.timeline(seen, parameter, about.history),
        may_change=may_change(seen),
        errors=errors,
        body=forms.body(form, content),
        edit=about.last,  # whoever reads a refusal has before their eyes what others said meanwhile
        told=DONE.get(request.query_params.get(TOLD, ""), ""),
        **_origin(request, about, levels),
    )


def _origin(request: Request, about: Opened, levels: Sequence[cascade.Level]) -> dict[str, Any]:
    """Return the cascade, and whose value is asked for where the operator sees such records."""
    seen, parameter = about.seen, about.parameter
    steps = parameter_view.steps(seen, parameter, levels, about.now)
    order = parameter_view.order(parameter, steps)
    if not parameter.cascade or parameter.of not in seen.runtime.entities:
        return {"steps": steps, "order": order, "ask": ""}
    form = parameter_form.of_record(seen.runtime, parameter.name, _templates(request))
    texts = {key: request.query_params.getlist(key) for key in request.query_params}
    content = forms.shown_content(form, Row(0, 0, {DAY: seen.context.today}, {}, "", None), seen.context)
    found: dict[str, Any] = {"answer": None, "problems": ()}
    if any(key.startswith(ASKED_FOR + RECORD) for key in texts) and request.method == "GET":
        typed = form_post.as_typed(form, texts, seen.context)
        content = typed.content
        resolve = lookup_pages.resolver(seen, form.entity)
        values, problems = parameter_form.read(form, typed, seen.context, resolve)
        found["problems"] = mark(form, content, problems)
        if not problems:
            found |= _answered(about, levels, values)
            steps = found.pop("steps", steps)
    return {"steps": steps, "order": order, "ask": forms.body(form, content), **found}


def _answered(about: Opened, levels: Sequence[cascade.Level], values: dict[str, Any]) -> dict[str, Any]:
    seen, parameter = about.seen, about.parameter
    record, day = values[RECORD], values.get(DAY) or seen.context.today
    with seen.reading.connect() as connection:
        found = cascade.answer(connection, seen.runtime, seen.context, parameter, record, day)
        named = texts_of(connection, seen.runtime, seen.context, parameter.of, (record,))
    if found is None:
        raise HTTPException(404)
    steps = parameter_view.steps(seen, parameter, levels, found.dated, found)
    return {
        "steps": steps, "answer": found, "whose": named.get(record, ""), "day": f"{day:%d/%m/%Y}",
        "given": next((step for step in steps if step.is_answer), None),
        "value": parameter_view.with_unit(parameter, _value(found)),
    }  # fmt: skip


def _value(found: Answer) -> str:
    return found.shown[found.place] if not found.is_hidden else ""


def _back(
    request: Request, about: Opened, form: FormLayout, content: Content,
    problems: Sequence[Problem] = (), since: date | None = None,
) -> Response:  # fmt: skip
    day = since or _day(request.query_params.get(SINCE, ""))
    taken = next((one for one in counting(about.history) if one.since == day), None)
    if day is None or (taken is None and not problems):
        raise HTTPException(404)
    errors = mark(form, content, problems)
    return screen.page(
        request,
        "parameter_back.html",
        title="Retirar um valor",
        crumbs=(*CRUMBS, (parameter_view.label_of(about.parameter), about.address)),
        status=422 if errors else 200,
        address=about.address,
        day=day.isoformat(),
        since=f"{day:%d/%m/%Y}",
        value=parameter_view.with_unit(about.parameter, taken.shown) if taken else "",
        instead=parameter_view.without(about.parameter, about.history, day),
        needs_reason=parameter_view.needs_reason(about.history, day, about.seen.context.today),
        errors=errors,
        body=forms.body(form, content),
        edit=about.last,
    )


def _templates(request: Request) -> Any:
    return request.app.state.templates


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _seen(texts: Texts) -> int:
    """Return the last entry that the page knew of."""
    found = last(texts, "edicao")
    return int(found) if form_post.NUMBER.fullmatch(found) else 0


ONE = f"{ADDRESS}/{{name}}"
ROUTES = [
    Route(ADDRESS, overview, methods=["GET"]),
    Route(ONE, show, methods=["GET"]),
    Route(ONE, give, methods=["POST"]),
    Route(f"{ONE}/retirar", ask_back, methods=["GET"]),
    Route(f"{ONE}/retirar", take_back, methods=["POST"]),
]
