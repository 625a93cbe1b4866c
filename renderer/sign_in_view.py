"""This file writes the pages in front of the door: password, code, what was typed and is to be sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from kernel.accounts import first
from kernel.outage import DatabaseGone
from metadata.problems import Problem, Refused
from renderer import resending
from renderer.preferences import COOKIE, read_look
from renderer.resending import FIELD, Pairs

NEVER_KEPT = {"cache-control": "no-store"}


def page(
    request: Request,
    *,
    back: str = "/",
    kept: Pairs = (),
    ended: bool = False,
    login: str = "",
    refused: Refused | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Return the page that asks for login and password."""
    app = request.app.state
    return _write(
        request,
        "sign_in.html",
        status,
        back=back,
        kept=resending.as_text(kept),
        ended=ended,
        login=login,
        refused=said(refused),
        provider=app.openid and app.openid.settings.label,
        demonstrated=_demonstrated(request) if app.settings.demo else (),
        version=app.live.runtime.version,
    )


def code_page(
    request: Request, *, back: str, kept: Pairs = (), refused: Refused | None = None, status: int = 200
) -> HTMLResponse:
    """Return the page that asks for the code."""
    return _write(
        request, "sign_in_code.html", status, back=back, kept=resending.as_text(kept), refused=said(refused)
    )


def resend(request: Request, pairs: Pairs, *, to: str = "", status: int = 200) -> HTMLResponse:
    """Return the page that sends a form on to where it was going."""
    address = to or request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _write(request, "resend.html", status, to=address, pairs=pairs, is_away=status == 503)


def done_page(request: Request) -> HTMLResponse:
    """Return the page at which a sign-in beside a form ends."""
    return _write(request, "sign_in_done.html", 200)


def said(refused: Refused | None) -> str:
    """Return what a refusal says, with what to do, as one sentence."""
    if refused is None:
        return ""
    text = Problem(refused.code, refused.facts).said()
    return f"{text[:1].upper()}{text[1:]}."


def _demonstrated(request: Request) -> Sequence[dict[str, str]]:
    try:
        with request.app.state.reading.connect() as connection:
            return first.demonstrated(connection)
    except DatabaseGone:
        return ()


def _write(request: Request, template: str, status: int, **values: Any) -> HTMLResponse:
    look = read_look(request.cookies.get(COOKIE, ""))
    found = request.app.state.templates.get_template(template)
    text = found.render(look=look, field=FIELD, **values)
    return HTMLResponse(text, status_code=status, headers=NEVER_KEPT)
