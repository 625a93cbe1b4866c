"""This file fixes what one request works with: the runtime taken once, who asks, when, and how it should look."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from kernel.context import Context
from renderer.preferences import COOKIE, Look, read_look


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's fixed point; a publication in its middle changes nothing of it."""

    runtime: Any
    engine: Any
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
    zone: ZoneInfo = app.zone
    return Visit(
        runtime=app.live.runtime,
        engine=app.engine,
        context=Context(operator=app.operator, now=datetime.now(zone), zone=zone),
        look=read_look(request.cookies.get(COOKIE, "")),
    )
