"""Accounts for tests, and browsers that sign in: without a screen, but with cookies and an origin."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import httpx
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from kernel.accounts import accounts
from kernel.accounts.accounts import New
from kernel.runtime import Runtime
from renderer.app import Settings, create
from tests import office
from tests.renderer.html import shown

PASSWORD = "um ipê na serra da Mantiqueira"
LOGIN = "marina.prado"


def account(engine: Engine, login: str = LOGIN, **more: Any) -> int:
    """Make an account that signs in with PASSWORD."""
    values = {"name": "Marina Prado", "password": PASSWORD, "must_change": False} | more
    with engine.begin() as connection:
        made = accounts.add(connection, New(login, **values), "testes")
        assert isinstance(made, int), made
        accounts.give(connection, made, "administrador", date(2020, 1, 1), None, "testes")
    return made


def closed(engine: Engine, made: Runtime, **settings: Any) -> Starlette:
    """Return the application as it is served: nobody is in before signing in."""
    return create(SimpleNamespace(runtime=made), engine, Settings(**settings))


@contextlib.contextmanager
def browser(address: str, **headers: str) -> Iterator[httpx.Client]:
    """Yield a client that says where its posts come from, as browsers do."""
    with httpx.Client(
        base_url=address, headers={"Origin": address, **headers}, timeout=60, verify=office.NO_TLS
    ) as made:
        yield made


def sign_in(
    client: httpx.Client, login: str = LOGIN, password: str = PASSWORD, **more: str
) -> httpx.Response:
    """Post the sign-in form."""
    return client.post("/entrar", data={"usuario": login, "senha": password, **more})


@contextlib.contextmanager
def site(engine: Engine, **settings: Any) -> Iterator[str]:
    """Serve the office with one account and yield the address."""
    made = office.installed(engine)
    account(engine)
    with office.served(closed(engine, made, **settings)) as address:
        yield address


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    """Ask the database."""
    with engine.connect() as connection:
        return list(connection.execute(text(statement), values))


def run(engine: Engine, statement: str, **values: Any) -> None:
    """Tell the database."""
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def is_in(client: httpx.Client) -> bool:
    return client.get("/api/v1/pessoa").status_code == 200


def with_session(address: str, token: str) -> bool:
    """Tell whether a session token opens anything, in a browser of its own."""
    return httpx.get(f"{address}/api/v1/pessoa", headers={"Cookie": f"sessao={token}"}).status_code == 200


def made_token(client: httpx.Client, **wanted: str) -> str:
    form = {"nome": "Carga noturna", "dias": "30", "senha": PASSWORD} | wanted
    answer = client.post("/conta/chaves", data=form)
    assert answer.status_code == 200, answer.text
    return str(shown(answer).xpath("//input[@id='chave']/@value")[0])


def bearer(
    address: str, token: str, method: str = "GET", path: str = "/api/v1/pessoa", **more: object
) -> httpx.Response:
    return httpx.request(method, address + path, headers={"Authorization": f"Bearer {token}"}, **more)  # type: ignore[arg-type]
