"""This file stands at the door: no route but the open ones is reached without knowing who asks.

It is around the whole router, so a new route is closed from its first day. What an operator may do inside it
does not know; only what a token may not do at all.
"""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.accounts import signed as reading
from kernel.accounts.signed import Signed, operator_table
from kernel.accounts.viewing import Viewing
from kernel.outage import DatabaseGone
from metadata.problems import Problem
from renderer import failures, resending, session_cookies, sign_in_view, visit
from renderer.guard import SAFE_METHODS
from renderer.own_address import here, sign_in_page
from renderer.problem import problem_response
from renderer.turned_away import note, watched

OPEN = ("/static/", "/entrar/")  # and /entrar itself
API = "/api/"
BEARER = "bearer "
ASKS_FOR_STATUS = "x-aroeira-sessao"  # a request of session.js: it shows the sign-in over the page itself
# What somebody may do who has to choose another password first.
LOOKS = "/conferir/"
WHILE_VIEWING = ("/ver-como/fim", "/sair", "/preferencias")
WITH_OLD_PASSWORD = ("/conta/senha", "/sair", "/preferencias")
TITLE = "Entre primeiro"


class Door:
    """ASGI middleware between the guard and the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with who is signed in, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = None if is_open(request.url.path) else await _judged(request)
        status = await watched(answer or self.app, scope, receive, send)
        if status and visit.is_signed(request):
            await run_in_threadpool(note, request, status)


def is_open(path: str) -> bool:
    """Tell whether an address is for everybody."""
    return path == "/entrar" or path.startswith(OPEN)


async def _judged(request: Request) -> Response | None:
    try:
        return await _answer(request)
    except HTTPException as error:  # a body that is no form, or too large
        return failures.http(request, error)


async def _answer(request: Request) -> Response | None:
    """Return what to answer in place of the route; None lets the request in."""
    alone: Signed | None = request.app.state.signed_in_as
    try:
        signed = alone or await run_in_threadpool(_signed, request)
    except DatabaseGone as gone:
        if _is_page(request) and resending.is_kept(request):
            return sign_in_view.resend(request, await resending.fields(request), status=503)
        return failures.database_gone(request, gone)
    if signed is None or signed.waits_for_code:
        return await _stranger(request)
    let_in(request, signed)
    return None if alone else _refusal(request, signed)


def let_in(request: Request, signed: Signed) -> None:
    """Note who asks, for renderer.visit."""
    request.scope.setdefault("state", {})["signed"] = signed


def _signed(request: Request) -> Signed | None:
    """Read who is signed in: by a token for the API alone, else by the session."""
    app, now = request.app.state, datetime.now(UTC).astimezone(request.app.state.zone)
    demo, operators = bool(app.settings.demo), operator_table(app.live.runtime.configuration)
    given = request.headers.get("authorization", "")
    if given:  # whoever shows a token is not helped by a cookie
        if not given.lower().startswith(BEARER) or not request.url.path.startswith(API):
            return None
        with app.reading.connect() as connection:
            token = given[len(BEARER) :].strip()
            return reading.by_token(connection, token, now, demo=demo, operators=operators)
    shown = session_cookies.session(request)
    if not shown:
        return None
    with app.reading.connect() as connection:
        return reading.by_session(connection, shown, now, demo=demo, operators=operators)


async def _stranger(request: Request) -> Response:
    """Answer somebody who is not signed in: programs and scripts a status, people the sign-in page."""
    if not _is_page(request):
        problem = Problem("R477", {})
        headers = {"WWW-Authenticate": "Bearer"}
        return problem_response(401, TITLE, problems=[problem], headers=headers)
    if resending.is_kept(request):
        return sign_in_view.page(
            request, back=here(request), kept=await resending.fields(request), ended=True, status=401
        )
    back = here(request) if request.method in SAFE_METHODS else "/"
    ended = {"sessao": "terminou"} if session_cookies.session(request) else {}
    return RedirectResponse(sign_in_page(back, **ended), status_code=303)


def _is_page(request: Request) -> bool:
    is_own = request.method in ("GET", "HEAD", "POST")
    return is_own and not request.url.path.startswith(API) and ASKS_FOR_STATUS not in request.headers


def _refusal(request: Request, signed: Signed) -> Response | None:
    """Return what keeps somebody who is signed in from this request."""
    if signed.scopes is not None:
        return _beyond_scopes(request, signed)
    if request.method not in SAFE_METHODS and not _says_where_from(request):
        return failures.answer(request, 403, {})
    if signed.viewing and request.method not in SAFE_METHODS and not _is_look(request):
        return _while_viewing(request, signed.viewing)
    if signed.must_change_password and request.url.path not in WITH_OLD_PASSWORD:
        if not _is_page(request):
            return problem_response(403, TITLE, problems=[Problem("R479", {})])
        return RedirectResponse("/conta/senha", status_code=303)
    return None


def _is_look(request: Request) -> bool:
    """Tell whether a post only looks, or ends the view itself."""
    path = request.url.path
    return path in WHILE_VIEWING or path.startswith(LOOKS)


def _while_viewing(request: Request, viewing: Viewing) -> Response:
    """Refuse to write in the name of somebody whose screens are only looked at."""
    problem = Problem("R492", {"name": viewing.label})
    if not _is_page(request):
        return problem_response(403, problem.sentence(), problems=[problem])
    return failures.only_looks(request, problem)


def _says_where_from(request: Request) -> bool:
    """Tell whether a browser says from which page a change comes; the guard has judged what it says.

    A cookie travels with posts of other sites in browsers too old to say so: those are refused.
    """
    return "origin" in request.headers or "sec-fetch-site" in request.headers


def _beyond_scopes(request: Request, signed: Signed) -> Response | None:
    scopes = signed.scopes
    assert scopes is not None
    entity = request.url.path.removeprefix("/api/v1/").partition("/")[0]
    may_touch = scopes.entities is None or entity in (*scopes.entities, "openapi.json")
    if may_touch and (scopes.may_write or request.method in SAFE_METHODS):
        return None
    return problem_response(403, "A chave não permite", problems=[Problem("R478", {})])
