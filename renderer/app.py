"""This file composes the web application: routes, the guard around them, templates and static files.

It starts nothing: the caller gives the live runtime, the engine and the settings.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from kernel import outage
from kernel.database import reading
from metadata.problems import Problems
from metadata.values.moments import SITE_ZONE
from renderer import (
    api,
    bulk_pages,
    column_pages,
    export_pages,
    failures,
    form_pages,
    home,
    list_pages,
    openapi,
    palette,
    preferences,
    preview,
    saved_views,
)
from renderer.assets import shipped
from renderer.environment import environment
from renderer.guard import Guard
from renderer.known_views import KnownViews
from renderer.recents import Recents

PACKED_FROM, PACKING = 32_768, 1  # bytes, level: a form of 360 KB becomes 44 KB in 4 ms
# The fixed words of /registros/<list>/… stand before its records.
PARTS = (
    home,
    palette,
    preferences,
    openapi,
    api,
    saved_views,
    bulk_pages,
    column_pages,
    export_pages,
    preview,
    list_pages,
    form_pages,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the application is served.

    hosts: names besides this machine's own by which browsers may reach it; `*` allows every name.
    operator: who works, until there is a sign-in.
    attachments: the folder for files; without one they are kept in the database.
    """

    hosts: tuple[str, ...] = ()
    operator: str = "operador"
    zone: ZoneInfo = SITE_ZONE
    attachments: Path | None = None


class Application(Starlette):
    """Starlette with the guard outside everything, error pages included."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the guard around the usual stack; large pages travel packed."""
        packed = GZipMiddleware(super().build_middleware_stack(), PACKED_FROM, PACKING)
        return Guard(packed, _refuse, self.state.settings.hosts)


def create(live: Any, engine: Engine, settings: Settings = Settings()) -> Starlette:
    """Return the application that serves `live` on `engine`."""
    outage.watch(engine)
    assets = shipped()
    routes: list[BaseRoute] = [Route("/static/{path:path}", assets.serve, methods=["GET"])]
    for part in PARTS:
        routes.extend(part.ROUTES)
    app = Application(
        routes=routes,
        lifespan=_lifespan,
        exception_handlers={
            HTTPException: failures.http,
            outage.DatabaseGone: failures.database_gone,
            Problems: failures.refused,
            Exception: failures.crash,
        },
    )
    state = app.state
    state.live, state.engine, state.settings = live, engine, settings
    state.reading = reading(engine)
    outage.watch(state.reading)
    state.assets, state.templates = assets, environment(assets)
    state.operator, state.zone = settings.operator, settings.zone
    state.operator_name = settings.operator.replace(".", " ").replace("_", " ").title()
    state.recents = Recents(engine)
    state.known_views = KnownViews()
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    app.state.recents.flush()
    app.state.reading.dispose()


def _refuse(scope: Scope, status: int) -> ASGIApp:
    return failures.answer(Request(scope), status, {})
