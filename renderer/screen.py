"""This file renders a page inside the shell: rail of modules, top bar, crumbs, theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kernel.access.rights import EXPLAIN
from renderer import access_gate, parameter_gate, visit, work_view
from renderer.menu import at_hand, modules
from renderer.once import per_runtime

Crumb = tuple[str, str]


def page(
    request: Request,
    template: str,
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    module: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a whole page. `crumbs` are (label, address) before the title; `module` marks the rail."""
    seen = visit.of(request)
    app = request.app.state
    text = app.templates.get_template(template).render(
        title=title,
        crumbs=crumbs,
        visit=seen,
        look=seen.look,
        operator=seen.signed.name,
        work=work_view.work(request),
        rail=_rail(seen.runtime, app, module),
        here=_here(request),
        accesses=access_gate.entry(seen),
        may_see_parameters=parameter_gate.may_see(seen),
        may_explain=access_gate.may(seen, EXPLAIN),
        **values,
    )
    return HTMLResponse(text, status_code=status, headers=headers)


def fragment(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a piece of a page, for a script that puts it in its place."""
    text = request.app.state.templates.get_template(template).render(visit=visit.of(request), **values)
    return HTMLResponse(text, status_code=status, headers=headers)


def _here(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


@per_runtime
def _rail(runtime: Any, app: Any, module: str) -> Markup:
    """The rail is the same for every page of a module, so it is written once."""
    text = app.templates.get_template("rail.html").render(
        modules=modules(runtime), module=module, at_hand=at_hand(runtime, module)
    )
    return Markup(text)  # noqa: S704 (a template escaped it)
