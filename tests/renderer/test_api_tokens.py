"""Tokens of the API: their scopes, their end, and that nothing else opens by them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine

from tests import door
from tests.door import bearer, made_token


@pytest.fixture
def address(database: Engine) -> Iterator[str]:
    """The office as it is served, with one account."""
    with door.site(database) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """A browser that nobody signed in with yet."""
    with door.browser(address) as client:
        yield client


def test_a_token_does_what_its_scopes_say_and_nothing_else(address: str, database: Engine) -> None:
    state = {"sigla": "MG", "nome": "Minas Gerais"}
    with door.browser(address) as client:
        door.sign_in(client)
        reads, writes = made_token(client), made_token(client, escrever="sim")
        cities = made_token(client, escrever="sim", entidades="cidade")
        assert reads not in client.get("/conta").text
    assert bearer(address, reads).status_code == 200
    refused = bearer(address, reads, "POST", "/api/v1/estado", json=state)
    assert (refused.status_code, refused.json()["problems"][0]["code"]) == (403, "R478")
    made = bearer(address, writes, "POST", "/api/v1/estado", json=state)
    assert made.status_code == 201
    city = {"nome": "Itajubá", "estado": made.json()["id"]}
    unseen = bearer(address, cities, "POST", "/api/v1/cidade", json=city)  # it knows of no states
    assert (unseen.status_code, unseen.json()["problems"][0]["code"]) == (422, "R402")
    assert bearer(address, writes, "POST", "/api/v1/cidade", json=city).status_code == 201
    renamed = bearer(
        address, cities, "PATCH", "/api/v1/cidade/1", json={"version": 1, "nome": "Delfim Moreira"}
    )
    assert renamed.status_code == 200
    for path in ("/api/v1/pessoa", "/api/v1/estado", "/api/v1/estado/1", "/api/v1/pessoa?expand=cidade"):
        assert bearer(address, cities, path=path).status_code == 403, path
    # Not by way of a link either: neither opened, nor filtered, nor sorted by.
    for asked in ("expand=estado", "estado.nome=Minas Gerais", "order=estado.nome"):
        answer = bearer(address, cities, path=f"/api/v1/cidade?{asked}")
        assert answer.status_code in (400, 403, 404), asked
        assert "Minas" not in answer.text
    for path in ("/registros/pessoa", "/conta", "/anexos/1"):
        assert bearer(address, writes, path=path).status_code == 303, path
    assert bearer(address, writes, "POST", "/conta/chaves", data={"nome": "x"}).status_code == 401
    kept = door.rows(database, "SELECT encode(token_hash, 'hex') FROM aroeira_api_token")
    assert not any(token in row[0] for row in kept for token in (reads, writes, cities))


def test_a_token_ends_when_it_is_revoked_expired_or_its_account_is_off(
    address: str, database: Engine
) -> None:
    with door.browser(address) as client:
        door.sign_in(client)
        revoked, expired, left = (made_token(client) for _ in range(3))
        number = door.rows(database, "SELECT min(id) FROM aroeira_api_token")[0][0]
        client.post("/conta/chaves/revogar", data={"chave": str(number)})
    door.run(database, "UPDATE aroeira_api_token SET expires_at = now() WHERE id = :id", id=number + 1)
    assert [bearer(address, token).status_code for token in (revoked, expired, left)] == [401, 401, 200]
    door.run(database, "UPDATE aroeira_account SET is_active = false")
    assert bearer(address, left).status_code == 401
    for bad in ("x", left[:-1], left + "x", "aroeira_"):
        assert bearer(address, bad).status_code == 401, bad


def test_a_wrong_token_is_not_helped_by_a_cookie(client: httpx.Client) -> None:
    door.sign_in(client)
    assert client.get("/api/v1/pessoa", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/api/v1/pessoa", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_all_that_is_wrong_with_a_wanted_token_keeps_it_from_being_made(client: httpx.Client) -> None:
    door.sign_in(client)
    for wanted in (
        {"nome": ""},
        {"nome": "x" * 61},
        {"dias": "0"},
        {"dias": "9999"},
        {"dias": "x"},
        {"entidades": "nada"},
    ):
        form = {"nome": "Carga", "dias": "30", "senha": door.PASSWORD} | wanted
        assert client.post("/conta/chaves", data=form).status_code == 422, wanted


def test_a_token_used_often_is_noted_as_used_now_and_then(address: str, database: Engine) -> None:
    with door.browser(address) as client:
        door.sign_in(client)
        token = made_token(client)
    for _ in range(3):
        bearer(address, token)
    first = door.rows(database, "SELECT used_at FROM aroeira_api_token")[0][0]
    assert datetime.now(UTC) - first < timedelta(minutes=1)
