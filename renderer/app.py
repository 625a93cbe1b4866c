"""This file composes the web application: routes, the guard around them, templates and static files.

It starts nothing: the caller gives the live runtime, the engine and the settings.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from kernel import outage
from kernel.access.playing import ADMINISTRATOR
from kernel.accounts.openid import Provider
from kernel.accounts.openid import Settings as OpenidSettings
from kernel.accounts.sealing import Seal, new_key
from kernel.accounts.signed import Signed
from kernel.database import reading
from kernel.processes.work import Versions
from metadata.problems import Problems
from metadata.values.moments import SITE_ZONE
from renderer import (
    account_pages,
    api,
    api_actions,
    api_transitions,
    audit_pages,
    bulk_pages,
    column_pages,
    deed_pages,
    export_pages,
    expression_pages,
    failures,
    form_pages,
    history_pages,
    home,
    journal_pages,
    list_pages,
    look_pages,
    matrix_pages,
    openapi,
    operator_pages,
    palette,
    parameter_pages,
    person_pages,
    preferences,
    preview,
    process_api,
    process_difference_pages,
    process_history_pages,
    process_left_out_pages,
    process_pages,
    process_report_pages,
    process_run_pages,
    process_undo_pages,
    queue_pages,
    reveal_pages,
    role_pages,
    saved_views,
    schedule_pages,
    second_factor_pages,
    secrecy_api,
    secrecy_pages,
    sign_in_pages,
    token_pages,
    why_access_pages,
    work_pages,
)
from renderer.assets import shipped
from renderer.door import Door
from renderer.environment import environment
from renderer.guard import Guard
from renderer.known_views import KnownViews
from renderer.known_work import KnownWork
from renderer.recents import Recents

PACKED_FROM, PACKING = 32_768, 1  # bytes, level: a form of 360 KB becomes 44 KB in 4 ms
# The fixed words of /registros/<list>/… stand before its records.
PARTS = (
    sign_in_pages,
    account_pages,
    second_factor_pages,
    token_pages,
    expression_pages,
    role_pages,
    operator_pages,
    matrix_pages,
    why_access_pages,
    parameter_pages,
    work_pages,
    home,
    palette,
    preferences,
    openapi,
    process_api,
    api,
    api_actions,
    api_transitions,
    secrecy_api,
    schedule_pages,
    queue_pages,
    process_pages,
    process_report_pages,
    process_history_pages,
    process_run_pages,
    process_undo_pages,
    process_difference_pages,
    process_left_out_pages,
    reveal_pages,
    saved_views,
    bulk_pages,
    column_pages,
    export_pages,
    look_pages,
    preview,
    list_pages,
    history_pages,
    person_pages,
    audit_pages,
    secrecy_pages,
    deed_pages,
    journal_pages,
    form_pages,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the application is served.

    hosts: names besides this machine's own by which browsers may reach it; `*` allows every name.
    attachments: the folder for files; without one they are kept in the database.
    key: seals the secrets of second factors; without one they outlive no restart of this process.
    openid: the provider that operators may sign in by.
    demo: the operators of the demonstration are named on the sign-in page, and let in.
    signed_in_as: no sign-in at all, everybody is this operator: for tests and embedding, never for a server.
    """

    hosts: tuple[str, ...] = ()
    zone: ZoneInfo = SITE_ZONE
    attachments: Path | None = None
    key: bytes = attribute(default_factory=new_key, repr=False)
    openid: OpenidSettings | None = None
    demo: bool = False
    signed_in_as: str | None = None


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
        middleware=[Middleware(Door)],
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
    state.zone, state.seal = settings.zone, Seal(settings.key)
    state.openid = Provider(settings.openid) if settings.openid else None
    state.signed_in_as = _everybody(settings.signed_in_as)
    state.recents = Recents(engine)
    state.versions = Versions(engine, live)
    state.known_views = KnownViews()
    state.known_work = KnownWork()
    return app


def _everybody(login: str | None) -> Signed | None:
    """Return who everybody is where there is no sign-in."""
    if login is None:
        return None
    name = login.replace(".", " ").replace("_", " ").title()
    return Signed(0, login, name, (ADMINISTRATOR.name,))


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    app.state.recents.flush()
    app.state.reading.dispose()


def _refuse(scope: Scope, status: int) -> ASGIApp:
    return failures.answer(Request(scope), status, {})
