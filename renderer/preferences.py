"""This file keeps theme and density in a cookie, so that the server writes them and pages never flash."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from renderer import posted
from renderer.own_address import own_page

COOKIE = "aparencia"
ONE_YEAR_SECONDS = 365 * 24 * 3600
THEMES = ("system", "light", "dark")
DENSITIES = ("compact", "comfortable")


class Look(NamedTuple):
    """What the server writes on `<html>`: data-theme and data-density."""

    theme: str = "system"
    density: str = "compact"


def read_look(text: str) -> Look:
    """Read a cookie such as `dark.comfortable`; whatever is unknown becomes the default."""
    theme, _, density = text.partition(".")
    return Look(theme if theme in THEMES else "system", density if density in DENSITIES else "compact")


async def choose(request: Request) -> Response:
    """Keep the theme or the density that was pressed and go back to the page."""
    form = await posted.read(request)
    look = read_look(request.cookies.get(COOKIE, ""))
    wanted = read_look(f"{form.get('tema', look.theme)}.{form.get('densidade', look.density)}")
    answer = RedirectResponse(own_page(str(form.get("volta", "/"))), status_code=303)
    answer.set_cookie(COOKIE, ".".join(wanted), max_age=ONE_YEAR_SECONDS, samesite="lax", path="/")
    return answer


ROUTES = [Route("/preferencias", choose, methods=["POST"])]
