"""This file answers "Minha conta": the overview, another password, sessions and how to end them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.accounts import accounts, limits, passwords, second_factor, sessions, sign_in, tokens
from kernel.accounts.tables import ACCOUNT
from metadata.problems import Refused
from renderer import posted, screen, session_cookies, visit
from renderer.posted import Texts
from renderer.sign_in_view import said
from renderer.visit import Visit
from renderer.when import said as when_said

PAGE, PASSWORD_PAGE = "/conta", "/conta/senha"
TITLE = "Minha conta"
CRUMBS = ((TITLE, PAGE),)
PRODUCTS = (("Firefox", "Firefox"), ("Edg/", "Edge"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("Windows", "Windows"), ("Mac OS", "macOS"))
TOLD = {
    "senha": "Senha trocada; as outras sessões foram encerradas.",
    "sessoes": "Sessão encerrada.",
    "fator": "Segundo fator desligado.",
    "chave": "Chave revogada.",
}


def overview(request: Request) -> Response:
    """Show the account: password, second factor, sessions, tokens."""
    return page(request, told=TOLD.get(request.query_params.get("feito", ""), ""))


def page(
    request: Request, *, refused: Refused | None = None, at: str = "", status: int = 200, **told: Any
) -> Response:
    """Return the overview; `refused` stands in the part that `at` names."""
    seen = visit.of(request)
    account, now = seen.signed.account, seen.context.now
    with seen.reading.connect() as connection:
        asked = select(ACCOUNT.c.totp_is_on, ACCOUNT.c.password_hash).where(ACCOUNT.c.id == account)
        has_factor, kept = connection.execute(asked).one_or_none() or (False, None)
        idle = timedelta(minutes=limits.chosen(connection)["session_idle_minutes"])
        shown = [
            {
                "id": each.id,
                "is_this": each.id == seen.signed.session,
                "browser": browser(each.agent),
                "address": each.address,
                "begun": when_said(each.begun_at, now),
                "seen": when_said(each.seen_at, now),
            }
            for each in sessions.open_ones(connection, account, now - idle)
        ]
        values: dict[str, Any] = {
            "login": seen.signed.login,
            "roles": seen.signed.roles,
            "has_factor": has_factor,
            "has_password": kept is not None,
            "codes_left": second_factor.left(connection, account) if has_factor else 0,
            "sessions": shown,
            "tokens": tokens.valid_ones(connection, account, now),
        }
    values |= {"error": said(refused), "error_at": at, "told": ""} | told
    return screen.page(request, "account.html", title=TITLE, status=status, **values)


def browser(agent: str) -> str:
    """Return a browser and its system as people name them."""
    product = next((name for mark, name in PRODUCTS if mark in agent), "Outro programa")
    system = next((name for mark, name in SYSTEMS if mark in agent), "Linux" if "Linux" in agent else "")
    return f"{product} em {system}" if system else product


def show_password(request: Request) -> Response:
    """Show the form for another password."""
    return _password_page(request, {})


def change_password(request: Request) -> Response:
    """Take another password; all that is wrong is told at its field."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    current, fresh, again = (text(texts, name) for name in ("atual", "nova", "repetida"))
    wrong: dict[str, Refused] = {}
    if fresh != again:
        wrong["repetida"] = Refused("R469", {})
    own = (seen.signed.login, seen.signed.name)
    if refused := passwords.refusal(fresh, own):
        wrong["nova"] = refused
    if refused := sign_in.confirm(seen.engine, seen.signed, current, seen.context.now):
        wrong["atual"] = refused
    if not wrong and (refused := _change(request, seen, fresh)):
        wrong["nova"] = refused
    if wrong:
        return _password_page(request, {name: said(each) for name, each in wrong.items()}, 422)
    return RedirectResponse(f"{PAGE}?feito=senha", status_code=303)


def _change(request: Request, seen: Visit, password: str) -> Refused | None:
    origin, now = session_cookies.origin(request), seen.context.now
    with seen.engine.begin() as connection:
        account, keep = seen.signed.account, seen.signed.session
        return accounts.change_password(connection, account, password, now, origin, keep=keep)


def _password_page(request: Request, errors: dict[str, str], status: int = 200) -> Response:
    seen = visit.of(request)
    return screen.page(
        request,
        "account_password.html",
        title="Trocar a senha",
        crumbs=CRUMBS,
        status=status,
        errors=errors,
        shortest=passwords.SHORTEST,
        login=seen.signed.login,
        must=seen.signed.must_change_password,
    )


def end_sessions(request: Request) -> Response:
    """End one session, or all others."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    chosen = text(texts, "sessao")
    only = {"only": int(chosen)} if chosen.isdecimal() and len(chosen) < 18 else {"but": seen.signed.session}
    with seen.engine.begin() as connection:
        origin, login = session_cookies.origin(request), seen.signed.login
        sessions.revoke(connection, seen.signed.account, seen.context.now, origin, login=login, **only)
    return RedirectResponse(f"{PAGE}?feito=sessoes", status_code=303)


def text(texts: Texts, name: str) -> str:
    """Return the last text of a name."""
    return (texts.get(name) or [""])[-1]


ROUTES = [
    Route(PAGE, overview, methods=["GET"]),
    Route(PASSWORD_PAGE, show_password, methods=["GET"]),
    Route(PASSWORD_PAGE, change_password, methods=["POST"]),
    Route("/conta/sessoes", end_sessions, methods=["POST"]),
]
