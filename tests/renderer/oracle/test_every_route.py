"""Every route of the application answers exactly what an independent, slow oracle allows: nothing more or less."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from tests.renderer.oracle.asks import Ask
from tests.renderer.oracle.cells import addressed, found
from tests.renderer.oracle.expected import EXPECTED
from tests.renderer.oracle.world import ABSENT, World, world

WORLDS = 8
# Answers that are not there for somebody have none of the values that they would have for others.
TURNED_AWAY = (401, 403, 404)


def routes(app: Starlette) -> set[tuple[str, str]]:
    """Return method and path of every route."""
    assert all(isinstance(route, Route) for route in app.routes), (
        "a kind of route that this test does not know"
    )
    return {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def send(client: httpx.Client, method: str, ask: Ask) -> httpx.Response:
    """Send one request."""
    said = {"json": ask.json} if ask.json is not None else {"data": ask.body} if method == "POST" else {}
    headers = {"If-Match": '"1"'} if method == "DELETE" else {}
    return client.request(method, ask.address, headers=headers, follow_redirects=ask.follows, **said)


def wrong(here: World, method: str, ask: Ask, absent: dict[str, httpx.Response]) -> list[str]:
    """Return what an answer tells that it must not, and what it does not tell that it must."""
    answer = send(here.mine, method, ask)
    told = []
    if answer.status_code >= 500:
        told.append(f"answers {answer.status_code}")
    values = found(answer.content)
    ways = ("shown", "revealable") if ask.reveals else ("shown",)
    if leaked := {cell for cell in values if not here.allows(cell, ways)}:
        told.append(f"leaks {leaked}")
    if led := {pair for pair in addressed(answer.content) - _asked_for(ask) if not _may_name(here, *pair)}:
        told.append(f"leads to {led}")
    is_away = answer.status_code in TURNED_AWAY
    now = {cell for cell in values if not cell.old and cell.field != "*"}
    if ask.wants is not None and now != ask.wants and not (is_away and not ask.opens and not now):
        told.append(f"lacks {set(ask.wants) - now}, has {now - ask.wants} too")
    if (missing := ask.finds - values) and not is_away:
        told.append(f"does not find {missing}")
    if ask.status and answer.status_code != ask.status:
        told.append(f"answers {answer.status_code} for {ask.status}")
    if ask.counts is not None and not is_away and _number(answer.text) != ask.counts:
        told.append(f"counts {answer.text!r} for {ask.counts}")
    if ask.reveals is not None and (answer.status_code == 200) != ask.reveals:
        told.append(f"answers {answer.status_code} where it may reveal: {ask.reveals}")
    told += [] if is_away else _misled(ask, answer)
    if ask.record:
        told += _existence(here, ask, answer, absent)
    return [f"{method} {ask.address} {each}" for each in told]


def _misled(ask: Ask, answer: httpx.Response) -> list[str]:
    """Return the links that a page lacks, or must not have."""
    found = {there: f'href="{there}"' in answer.text for there in ask.leads}
    return [
        f"{'lacks' if ask.leads[there] else 'has'} a link to {there}"
        for there, is_there in found.items()
        if is_there != ask.leads[there]
    ]


def _asked_for(ask: Ask) -> set[tuple[str, int]]:
    return {ask.record} if ask.record else set()


def _may_name(here: World, entity: str, id: int) -> bool:
    return here.oracle.unlimited() or (id in here.data[entity] and here.oracle.sees(entity, id))


def _number(text: str) -> int:
    digits = re.search(r"\d+", re.sub(r"<[^>]*>", "", text))
    return int(digits[0]) if digits else -1


def _existence(here: World, ask: Ask, answer: httpx.Response, absent: dict[str, httpx.Response]) -> list[str]:
    """Compare with the answer for a record that does not exist, by kind of request."""
    entity, id = ask.record or ("", 0)
    kind = f"{entity} {ask.address.replace(f'/{id}', '/#')} {sorted(ask.body)}"
    absent.setdefault(kind, answer) if id == ABSENT else None
    if id != ABSENT and here.oracle.sees(entity, id):
        return [f"answers {answer.status_code}, not 200"] if ask.opens and answer.status_code != 200 else []
    if kind not in absent:
        return []
    other = absent[kind]
    mine, theirs = _without(entity, id, answer.text), _without(entity, ABSENT, other.text)
    if (answer.status_code, mine) != (other.status_code, theirs):
        return [f"differs from {ABSENT}: {answer.status_code} for {other.status_code}"]
    return []


def _without(entity: str, id: int, text: str) -> str:
    """Return an answer without the number that it was asked for, and without the minute in which it was."""
    told = re.sub(rf"(/{entity}/|registro=|\"id\":){id}\b", r"\1#", text)
    told = re.sub(r"\bàs \d\d:\d\d\b", "às …", told)
    return re.sub(r"\bnovo-[0-9a-f]{8}\b", "novo", told)  # each new draft has a name of its own


def test_each_route_has_an_expectation(database: Engine) -> None:
    """A new route has to say what it may tell, before it is one."""
    with world(database, 1) as here:
        assert routes(here.app) == set(EXPECTED)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_what_a_route_answers_is_what_the_oracle_allows(database: Engine, seed: int) -> None:
    with world(database, seed) as here:
        print(seed, here.oracle.record, here.oracle.roles)  # pytest shows it where something is wrong
        before, told = here.stored(), []
        for (method, _), asks in EXPECTED.items():
            absent: dict[str, httpx.Response] = {}
            asked = list(asks(here))
            # The record that does not exist comes first: what others answer is compared with it.
            asked.sort(key=lambda ask: ask.record is None or ask.record[1] != ABSENT)
            told += [each for ask in asked for each in wrong(here, method, ask, absent)]
        assert not told, "\n".join(told[:60])
        assert here.stored() == before
