"""This file lets whoever may work for several companies or branches choose one, for their session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.access.working import Wish, settled, targets
from kernel.accounts import work
from renderer import posted, screen, visit, work_header, work_view
from renderer.own_address import own_page
from renderer.visit import Visit
from renderer.work_view import PAGE

TITLE = "Onde trabalhar"
LISTS = "/registros/"


def show(request: Request) -> Response:
    """Show the choice as a page of its own: where the palette leads, and without script."""
    if work_view.work(request) is None:
        raise HTTPException(404)
    return screen.page(
        request, "work.html", title=TITLE, back=own_page(request.query_params.get("volta", "/"))
    )


def choose(request: Request) -> Response:
    """Keep what was chosen; what is not theirs does not exist."""
    seen = visit.of(request)
    texts, _ = posted.form(request)
    asked, session = _wish(seen, texts), seen.signed.session
    who = visit.worker(seen.runtime, seen.signed)
    with seen.engine.begin() as connection:
        found = settled(connection, seen.runtime, who, asked)
        # The branch that was chosen stays behind with its company.
        wish = replace(asked, records={n: id for n, id in asked.records.items() if found.get(n) == id})
        if session is None or _misses(seen, asked, found):
            raise HTTPException(404)
        work.choose(connection, seen.signed.account, session, wish.as_json())
    return RedirectResponse(_back(_one(texts, "volta")), status_code=303)


def _wish(seen: Visit, texts: posted.Texts) -> Wish:
    numbers = {name: _one(texts, name) for name in targets(seen.runtime)}
    if not all(work_header.is_number(number) for number in numbers.values() if number):
        raise HTTPException(404)
    return Wish({name: int(number) for name, number in numbers.items() if number}, "juntas" in texts)


def _misses(seen: Visit, asked: Wish, found: Mapping[str, int]) -> bool:
    """Tell whether something of its own right, as a company, was asked for and is not theirs."""
    own = (name for name in asked.records if not seen.runtime.whole.entities[name].owners)
    return any(found.get(name) != asked.records[name] for name in own)


def _back(address: str) -> str:
    """Return where to go on: a record of the company before is not there any more, its list is."""
    own = own_page(address)
    path = own.partition("?")[0]
    if path.startswith(LISTS):
        return f"{LISTS}{path.removeprefix(LISTS).partition('/')[0]}"
    return "/" if path == PAGE else own


def _one(texts: posted.Texts, name: str) -> str:
    return str(next(iter(texts.get(name, ())), "")).strip()


ROUTES = [Route(PAGE, show, methods=["GET"]), Route(PAGE, choose, methods=["POST"])]
