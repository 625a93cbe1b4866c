"""This file keeps the screens about accesses to those who may open them."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kernel.access.rights import EXPLAIN, MANAGE
from renderer import visit
from renderer.visit import Visit

TABS = (
    ("Papéis", "/acessos/papeis", EXPLAIN),
    ("Operadores", "/acessos/operadores", MANAGE),
    ("Matriz de acessos", "/acessos/matriz", EXPLAIN),
    ("Por que não posso?", "/acessos/porque", EXPLAIN),
)


def may(seen: Visit, right: str) -> bool:
    """Tell whether who asks has a right; who manages accesses may also see and explain them."""
    if seen.signed.scopes:  # a token speaks for programs, which have no screens
        return False
    has = seen.context.has_right
    return has(right) or (right == EXPLAIN and has(MANAGE))


def opened(request: Request, right: str) -> Visit:
    """Return the visit of somebody with a right; for others there is no such page."""
    seen = visit.of(request)
    if not may(seen, right):
        raise HTTPException(404)
    return seen


def tabs(seen: Visit) -> list[tuple[str, str]]:
    """Return the tabs that who asks may open."""
    return [(label, address) for label, address, right in TABS if may(seen, right)]


def entry(seen: Visit) -> str:
    """Return where the menu of the account leads for who asks; empty where nothing is open."""
    return next((address for _, address in tabs(seen)), "")
