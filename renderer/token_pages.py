"""This file makes and revokes the tokens by which programs use the API for an account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.accounts import sign_in, tokens
from kernel.accounts.tokens import Wanted
from renderer import account_pages, posted, screen, session_cookies, visit
from renderer.account_pages import CRUMBS, PAGE, text
from renderer.posted import Texts
from renderer.sign_in_view import NEVER_KEPT

PATH = "/conta/chaves"


def make(request: Request) -> Response:
    """Make a token and show it this once; whoever does this says the password."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    wanted = _wanted(texts)
    found = tokens.problems(wanted, seen.runtime.entities)
    refused = found[0] if found else None
    refused = refused or sign_in.confirm(seen.engine, seen.signed, text(texts, "senha"), seen.context.now)
    if refused:
        return account_pages.page(request, refused=refused, at="chaves", status=422, typed=wanted)
    with seen.engine.begin() as connection:
        origin, signed = session_cookies.origin(request), seen.signed
        made = tokens.make(connection, signed.account, wanted, seen.context.now, origin, signed.login)
    return screen.page(
        request, "token_made.html", title="Chave de acesso", crumbs=CRUMBS, headers=NEVER_KEPT, token=made,
        name=wanted.name,
    )  # fmt: skip


def _wanted(texts: Texts) -> Wanted:
    named = tuple(dict.fromkeys(text(texts, "entidades").replace(",", " ").split()))
    days = text(texts, "dias")
    return Wanted(
        text(texts, "nome").strip(),
        may_write=text(texts, "escrever") == "sim",
        entities=named or None,
        days=int(days) if days.isdecimal() and len(days) < 6 else 0,
    )


def revoke(request: Request) -> Response:
    """Revoke a token."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    chosen = text(texts, "chave")
    if chosen.isdecimal() and len(chosen) < 18:
        with seen.engine.begin() as connection:
            origin, signed = session_cookies.origin(request), seen.signed
            now = seen.context.now
            tokens.revoke(connection, signed.account, int(chosen), now, origin, signed.login)
    return RedirectResponse(f"{PAGE}?feito=chave", status_code=303)


ROUTES = [
    Route(PATH, make, methods=["POST"]),
    Route(f"{PATH}/revogar", revoke, methods=["POST"]),
]
