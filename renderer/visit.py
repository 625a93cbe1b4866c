"""This file fixes what one request works with: the runtime taken once, who asks, when, and the look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from starlette.requests import Request

from kernel.context import Context, at_present
from kernel.runtime import Runtime
from renderer.preferences import COOKIE, Look, read_look


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's fixed point; a publication in its middle changes nothing of it."""

    runtime: Runtime
    engine: Engine
    reading: Engine
    context: Context
    look: Look


def of(request: Request) -> Visit:
    """Return the visit of this request, made at its first use."""
    state = request.scope.setdefault("state", {})
    found = state.get("visit")
    if found is None:
        found = state["visit"] = _begin(request)
    return found


def _begin(request: Request) -> Visit:
    app = request.app.state
    return Visit(
        runtime=app.live.runtime,
        engine=app.engine,
        reading=app.reading,
        context=at_present(app.operator, app.zone),
        look=read_look(request.cookies.get(COOKIE, "")),
    )
