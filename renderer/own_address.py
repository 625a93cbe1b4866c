"""This file lets only addresses of this application through, so that no field becomes an open redirect."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

LONGEST = 2000


def own_page(address: str) -> str:
    """Return a path of this application, or the home page in place of anything else.

    Browsers read a backslash as a slash and skip control characters, so neither passes.
    """
    plain = address.isprintable() and "\\" not in address and len(address) <= LONGEST
    if not plain or not address.startswith("/") or address.startswith("//"):
        return "/"
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else address


def here(request: Request) -> str:
    """Return the address of a request as a path of this application."""
    query = request.url.query
    return own_page(f"{request.url.path}?{query}" if query else request.url.path)


def sign_in_page(back: str, **more: str) -> str:
    """Return the address of the sign-in page that leads on to `back`."""
    asked = ({"volta": back} if back != "/" else {}) | more
    return f"/entrar?{urlencode(asked)}" if asked else "/entrar"
