"""This file turns the second factor of one's own account on and off; the QR code is drawn here."""

from __future__ import annotations

from typing import Any

import zxingcpp
from markupsafe import Markup
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.accounts import second_factor, sign_in
from kernel.accounts.second_factor import Enrolment
from kernel.accounts.tables import ACCOUNT
from metadata.problems import Refused
from renderer import account_pages, posted, screen, session_cookies, visit
from renderer.account_pages import CRUMBS, PAGE, text
from renderer.sign_in_view import NEVER_KEPT, said
from renderer.visit import Visit

PATH = "/conta/segundo-fator"
TITLE = "Segundo fator"
QUIET_ZONE, GROUP = 4, 4


def begin(request: Request) -> Response:
    """Show a new secret that counts once its first code came back; whoever does this says the password."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    if refused := sign_in.confirm(seen.engine, seen.signed, text(texts, "senha"), seen.context.now):
        return account_pages.page(request, refused=refused, at="fator", status=422)
    if _is_on(seen):
        return RedirectResponse(PAGE, status_code=303)
    with seen.engine.begin() as connection:
        app, signed = request.app.state, seen.signed
        made = second_factor.enrol(connection, app.seal, signed.account, signed.login)
    return _enrolling(request, made)


def confirm(request: Request) -> Response:
    """Turn it on with the first code, and show the recovery codes this once."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    app, origin = request.app.state, session_cookies.origin(request)
    if _is_on(seen):
        return RedirectResponse(PAGE, status_code=303)
    with seen.engine.begin() as connection:
        account, code = seen.signed.account, text(texts, "codigo")
        codes = second_factor.confirm(connection, app.seal, account, code, seen.context.now, origin)
        again = None
        if isinstance(codes, Refused):  # not a wrong code's business to change the secret in the telephone
            again = second_factor.enrolled(connection, app.seal, account, seen.signed.login)
    if isinstance(codes, Refused):
        if again is None:
            return account_pages.page(request, refused=codes, at="fator", status=422)
        return _enrolling(request, again, codes)
    return _show_codes(request, codes)


def turn_off(request: Request) -> Response:
    """Turn it off; whoever does this says the password."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    if refused := sign_in.confirm(seen.engine, seen.signed, text(texts, "senha"), seen.context.now):
        return account_pages.page(request, refused=refused, at="fator", status=422)
    with seen.engine.begin() as connection:
        origin = session_cookies.origin(request)
        second_factor.turn_off(connection, seen.signed.account, seen.context.now, origin)
    return RedirectResponse(f"{PAGE}?feito=fator", status_code=303)


def renew_codes(request: Request) -> Response:
    """Make new recovery codes in place of the old ones, and show them this once."""
    seen, (texts, _) = visit.of(request), posted.form(request)
    if refused := sign_in.confirm(seen.engine, seen.signed, text(texts, "senha"), seen.context.now):
        return account_pages.page(request, refused=refused, at="fator", status=422)
    if not _is_on(seen):
        return RedirectResponse(PAGE, status_code=303)
    with seen.engine.begin() as connection:
        codes = second_factor.renew_recovery(connection, seen.signed.account)
    return _show_codes(request, codes)


def _is_on(seen: Visit) -> bool:
    with seen.reading.connect() as connection:
        asked = select(ACCOUNT.c.totp_is_on).where(ACCOUNT.c.id == seen.signed.account)
        return connection.scalar(asked) is True


def _enrolling(request: Request, made: Enrolment, refused: Refused | None = None) -> Response:
    groups = [made.secret[at : at + GROUP] for at in range(0, len(made.secret), GROUP)]
    return screen.page(
        request,
        "second_factor.html",
        title=TITLE,
        crumbs=CRUMBS,
        status=422 if refused else 200,
        headers=NEVER_KEPT,
        picture=qr_code(made.address),
        secret=" ".join(groups),
        error=said(refused),
    )


def _show_codes(request: Request, codes: tuple[str, ...]) -> Response:
    title = "Códigos de recuperação"
    return screen.page(
        request, "recovery_codes.html", title=title, crumbs=CRUMBS, headers=NEVER_KEPT, codes=codes
    )


def qr_code(address: str) -> Markup:
    """Return a QR code as SVG, black on white in every theme: telephones read nothing else surely."""
    drawn_code = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode)
    image: Any = zxingcpp.write_barcode_to_image(drawn_code, scale=1, add_quiet_zones=False)
    view: Any = memoryview(image)
    dark = "".join(
        f"M{column + QUIET_ZONE} {row + QUIET_ZONE}h1v1h-1z"
        for row, cells in enumerate(view.tolist())
        for column, cell in enumerate(cells)
        if cell == 0
    )
    side = view.shape[0] + 2 * QUIET_ZONE
    drawn = (
        '<svg class="qr" viewBox="0 0 {side} {side}" role="img" aria-label="Código QR com o segredo">'
        '<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{dark}"/></svg>'
    )
    return Markup(drawn).format(side=side, dark=dark)  # noqa: S704 (numbers only)


ROUTES = [
    Route(PATH, begin, methods=["POST"]),
    Route(f"{PATH}/confirmar", confirm, methods=["POST"]),
    Route(f"{PATH}/desligar", turn_off, methods=["POST"]),
    Route(f"{PATH}/recuperacao", renew_codes, methods=["POST"]),
]
