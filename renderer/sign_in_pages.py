"""This file answers the sign-in: password, code, the way over a provider, signing out."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.accounts import openid, sessions, sign_in
from kernel.accounts.openid import Provider
from kernel.accounts.sign_in import Attempt, Entered, Proof
from kernel.accounts.signed import Signed, by_session
from kernel.context import at_present
from metadata.problems import Refused
from renderer import posted, resending, session_cookies, sign_in_view, visit
from renderer.own_address import own_page, sign_in_page
from renderer.posted import Texts
from renderer.problem import problem_response
from renderer.resending import FIELD
from renderer.save_pages import BY_SCRIPT

CODE_PAGE = "/entrar/codigo"
WAITS = "X-Falta"  # what a script still has to ask for
STATUS = {"R461": 429, "R462": 503}


def show(request: Request) -> Response:
    """Show the sign-in page; whoever is signed in goes on."""
    back = own_page(request.query_params.get("volta", "/"))
    found = _session(request)
    if found is not None and not found.waits_for_code:
        return RedirectResponse(back, status_code=303)
    return sign_in_view.page(request, back=back, ended="sessao" in request.query_params)


def enter(request: Request) -> Response:
    """Judge login and password."""
    _must_say_where_from(request)
    texts, _ = posted.form(request)
    login = _text(texts, "usuario")
    attempt = Attempt(
        login,
        _text(texts, "senha"),
        session_cookies.origin(request),
        session_cookies.device(request),
        demo=bool(request.app.state.settings.demo),
    )
    result = sign_in.enter(request.app.state.engine, attempt, _now(request))
    if isinstance(result, Entered):
        return _entered(request, result, texts)
    if BY_SCRIPT in request.headers:
        return _refused(result)
    back, kept = own_page(_text(texts, "volta")), resending.of_text(_text(texts, FIELD))
    return sign_in_view.page(
        request, back=back, kept=kept, login=login, refused=result, status=STATUS.get(result.code, 401)
    )


def show_code(request: Request) -> Response:
    """Show the page that asks for the code."""
    found = _session(request)
    back = own_page(request.query_params.get("volta", "/"))
    if found is None or not found.waits_for_code:
        return RedirectResponse(sign_in_page(back), status_code=303)
    return sign_in_view.code_page(request, back=back)


def prove(request: Request) -> Response:
    """Judge a code."""
    _must_say_where_from(request)
    texts, _ = posted.form(request)
    found = _session(request)
    back, kept = own_page(_text(texts, "volta")), resending.of_text(_text(texts, FIELD))
    if found is None or not found.waits_for_code:
        late = Refused("R474", {})
        if BY_SCRIPT in request.headers:
            return _refused(late)
        return sign_in_view.page(request, back=back, kept=kept, refused=late, status=401)
    proof = Proof(
        _text(texts, "codigo"),
        session_cookies.origin(request),
        session_cookies.device(request),
        trusted="confiar" in texts,
    )
    app = request.app.state
    shown = session_cookies.session(request)
    result = sign_in.prove(app.engine, app.seal, found, shown, proof, _now(request))
    if isinstance(result, Entered):
        return _entered(request, result, texts)
    if BY_SCRIPT in request.headers:
        return _refused(result)
    return sign_in_view.code_page(
        request, back=back, kept=kept, refused=result, status=STATUS.get(result.code, 401)
    )


def sign_out(request: Request) -> Response:
    """End the session, and have the browser forget what was typed and not saved."""
    seen = visit.of(request)
    with seen.engine.begin() as connection:
        shown, origin = session_cookies.session(request), session_cookies.origin(request)
        sessions.sign_out(connection, shown, seen.context.now, origin, seen.signed.login)
    answer = RedirectResponse("/entrar", status_code=303, headers={"Clear-Site-Data": '"storage"'})
    session_cookies.take(request, answer)
    return answer


# ── over a provider ──────────────────────────────────────────────────────────────────────────────


def go_to_provider(request: Request) -> Response:
    """Send the browser to the provider."""
    back = own_page(request.query_params.get("volta", "/"))
    provider = _provider(request)
    try:
        redirect = str(request.base_url).rstrip("/") + "/entrar/openid/volta"
        address, flow = provider.start(back, redirect)
    except openid.Unusable as error:
        return _unusable(request, back, str(error))
    answer = RedirectResponse(address, status_code=303)
    session_cookies.give_flow(request, answer, flow, request.app.state.seal)
    return answer


def come_back(request: Request) -> Response:
    """Let in whom the provider knows; only the browser that went may come back."""
    app, flow = request.app.state, session_cookies.flow(request, request.app.state.seal)
    if flow is None:
        return sign_in_view.page(request, refused=Refused("R474", {}), status=401)
    back = own_page(flow.back)
    try:
        identity = _provider(request).finish(flow, dict(request.query_params))
    except openid.Unusable as error:
        return _unusable(request, back, str(error))
    origin, device = session_cookies.origin(request), session_cookies.device(request)
    result = openid.enter(app.engine, identity, origin, device, _now(request))
    if isinstance(result, Refused):
        answer: Response = sign_in_view.page(request, back=back, refused=result, status=401)
    else:
        answer = _entered(request, result, {"volta": [back]})
    session_cookies.take_flow(request, answer)
    return answer


def done(request: Request) -> Response:
    """Tell that a window opened beside a form has done its part."""
    return sign_in_view.done_page(request)


def _provider(request: Request) -> Provider:
    found: Provider | None = request.app.state.openid
    if found is None:
        raise HTTPException(404)
    return found


def _unusable(request: Request, back: str, reason: str) -> Response:
    return sign_in_view.page(request, back=back, refused=Refused("R473", {"reason": reason}), status=502)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


def _entered(request: Request, entered: Entered, texts: Texts) -> Response:
    """Go on: to the code, back to where somebody was, or on with the form that was being sent."""
    back, kept = own_page(_text(texts, "volta")), resending.of_text(_text(texts, FIELD))
    if BY_SCRIPT in request.headers:
        answer = Response(status_code=204, headers={WAITS: "codigo"} if entered.waits else {})
    elif entered.waits:
        answer = sign_in_view.code_page(request, back=back, kept=kept)
    elif kept:
        answer = sign_in_view.resend(request, kept, to=back)
    else:
        answer = RedirectResponse(back, status_code=303)
    _end_former(request)
    session_cookies.give(request, answer, entered)
    return answer


def _end_former(request: Request) -> None:
    """End the session that the browser showed: what follows has a token of its own."""
    shown = session_cookies.session(request)
    if shown:
        with request.app.state.engine.begin() as connection:
            sessions.end_by_token(connection, shown, _now(request))


def _refused(refused: Refused) -> Response:
    status = STATUS.get(refused.code, 401)
    return problem_response(status, "Não foi possível entrar", sign_in_view.said(refused), code=refused.code)


def _must_say_where_from(request: Request) -> None:
    """A browser too old to say from which page a post comes could be signed in by another site."""
    if "origin" not in request.headers and "sec-fetch-site" not in request.headers:
        raise HTTPException(403)


def _session(request: Request) -> Signed | None:
    shown = session_cookies.session(request)
    if not shown:
        return None
    app = request.app.state
    with app.reading.connect() as connection:
        return by_session(connection, shown, _now(request), demo=bool(app.settings.demo))


def _now(request: Request) -> datetime:
    return at_present("", request.app.state.zone).now


def _text(texts: Texts, name: str) -> str:
    return (texts.get(name) or [""])[-1]


ROUTES = [
    Route("/entrar", show, methods=["GET"]),
    Route("/entrar", enter, methods=["POST"]),
    Route(CODE_PAGE, show_code, methods=["GET"]),
    Route(CODE_PAGE, prove, methods=["POST"]),
    Route("/entrar/openid", go_to_provider, methods=["GET"]),
    Route("/entrar/openid/volta", come_back, methods=["GET"]),
    Route("/entrar/pronto", done, methods=["GET"]),
    Route("/sair", sign_out, methods=["POST"]),
]
