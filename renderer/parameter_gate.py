"""This file keeps the screens of parameters to those who may see them, or change them."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kernel.access.rights import CONFIGURE_PARAMETERS, SEE_PARAMETERS
from renderer import visit
from renderer.visit import Visit

ADDRESS = "/parametros"


def may_change(seen: Visit) -> bool:
    """Tell whether who asks may say what parameters are."""
    return not seen.signed.scopes and seen.context.has_right(CONFIGURE_PARAMETERS)


def may_see(seen: Visit) -> bool:
    """Tell whether who asks may see parameters; a token speaks for programs, which have no screens."""
    return may_change(seen) or (not seen.signed.scopes and seen.context.has_right(SEE_PARAMETERS))


def opened(request: Request, *, to_change: bool = False) -> Visit:
    """Return the visit of somebody who may; for others there is no such page."""
    seen = visit.of(request)
    if not (may_change(seen) if to_change else may_see(seen)):
        raise HTTPException(404)
    return seen
