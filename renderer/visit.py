"""This file fixes what one request works with: the runtime taken once, who asks, when, and the look."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Engine
from starlette.requests import Request

from kernel.access.access import Access
from kernel.access.effective import roles_of
from kernel.access.playing import access_of, profile_of
from kernel.access.rights import VIEW_AS, has_right
from kernel.access.seen import seen_by
from kernel.access.working import Wish, Worker, at_work, needs_settling, wish_of
from kernel.accounts.signed import Signed
from kernel.accounts.viewing import OPERATOR, ROLE, Viewing
from kernel.context import Context, Origin, at_present
from kernel.runtime import Runtime
from renderer import work_header
from renderer.preferences import COOKIE, Look, read_look


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's fixed point; a publication in its middle changes nothing of it."""

    runtime: Runtime
    engine: Engine
    reading: Engine
    context: Context
    signed: Signed
    look: Look
    viewing: Viewing | None = None


def of(request: Request) -> Visit:
    """Return the visit of this request, made at its first use."""
    state = request.scope.setdefault("state", {})
    found = state.get("visit")
    if found is None:
        found = state["visit"] = _begin(request)
    return found


def is_signed(request: Request) -> bool:
    """Tell whether the door knows who asks; on its own open pages it does not."""
    return "signed" in request.scope.get("state", {})


def _begin(request: Request) -> Visit:
    app = request.app.state
    own: Signed = request.scope["state"]["signed"]  # no visit without: the door has put it there
    runtime = app.live.runtime
    who, signed = worker(runtime, own), own
    viewing = signed.viewing if signed.viewing and has_right(who.access, VIEW_AS) else None
    if viewing:
        viewing = named(runtime, viewing)
        signed = as_other(signed, viewing)
        who = worker(runtime, signed)
    access = _access(request, who, signed)
    if viewing:
        access = replace(access, asking=signed.login)
    context = at_present(own.login, app.zone, access, origin=_origin(request, own))
    return Visit(
        runtime=seen_by(runtime, access.profile),
        engine=app.engine,
        reading=app.reading,
        context=context,
        signed=own,
        look=read_look(request.cookies.get(COOKIE, "")),
        viewing=viewing,
    )


def named(runtime: Runtime, viewing: Viewing) -> Viewing:
    """Return as whom somebody sees, a role by its label."""
    role = roles_of(runtime.whole.configuration).get(viewing.name) if viewing.kind == ROLE else None
    return replace(viewing, label=f"o papel {role.label}") if role else viewing


def as_other(signed: Signed, viewing: Viewing) -> Signed:
    """Return somebody as whom they see: with the roles and the record of another, with the own choices."""
    login = viewing.name if viewing.kind == OPERATOR else ""
    return replace(signed, login=login, roles=viewing.roles, record=viewing.record)


def worker(runtime: Runtime, signed: Signed) -> Worker:
    """Return who works: what limits them whatever they work for."""
    only = signed.scopes.entities if signed.scopes else None
    access = access_of(runtime, signed.roles, signed.record, only)
    return Worker(signed.login, access, profile_of(runtime, signed.roles, only))


def _access(request: Request, who: Worker, signed: Signed) -> Access:
    """Return what limits them while they work for what the request names, or for what they chose."""
    app = request.app.state
    runtime = app.live.runtime
    asked = work_header.asked(request, runtime)
    wish = asked or wish_of(signed.chosen)
    if not needs_settling(runtime, who.access, wish):
        return who.access
    wanted = wish or Wish()
    working = app.known_work.settled(app.reading, runtime, who, wanted)
    found = at_work(who, working, together=wanted.together)
    if asked is not None:
        work_header.must_be_theirs(runtime, asked, found)
    return found


def _origin(request: Request, signed: Signed) -> Origin:
    """Say where the request comes from, for the audit; its query may hold what nobody needs to keep."""
    address = request.client.host if request.client else ""
    path = request.url.path
    return Origin("api" if path.startswith("/api/") else "page", address, path, str(signed.session or ""))
