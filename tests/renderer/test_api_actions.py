"""Actions over the API: the same questions and refusals as on the page, done once for each key."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import jsonschema
import pytest
from sqlalchemy import Engine

from kernel.runtime import Runtime
from kernel.storage.answered import KEPT
from tests import tariffs
from tests.office import application, client
from tests.publications import one, run

ADDRESS = "/api/v1/plano/1/acoes/criar"


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return tariffs.installed(database)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    tariffs.plan(database, runtime)
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def act(web: httpx.Client, key: str = "primeira-vez", **answers: Any) -> httpx.Response:
    return web.post(ADDRESS, json=answers, headers={"Idempotency-Key": key} if key else {})


def tables(engine: Engine) -> Any:
    return one(engine, "SELECT string_agg(codigo, ',' ORDER BY id) FROM tabela")


def problems(answer: httpx.Response) -> list[tuple[str, str | None]]:
    return [(each["code"], each.get("field")) for each in answer.json()["problems"]]


def test_an_action_is_done_and_says_what_it_made(web: httpx.Client, database: Engine) -> None:
    answer = act(web, quantas=2, inicio="2027-01-01")
    assert answer.status_code == 201
    first = answer.json()["made"][0]
    assert (first["entity"], first["text"]) == ("tabela", "P1-1")
    assert first["warnings"][0]["detail"] == "A tabela não tem faixas."
    assert tables(database) == "P1-1,P1-2"


def test_the_same_request_again_is_answered_as_the_first_time(web: httpx.Client, database: Engine) -> None:
    first, second = (act(web, quantas=2) for _ in range(2))
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert tables(database) == "P1-1,P1-2"
    other = act(web, quantas=1, prefixo="Z")
    assert (other.status_code, problems(other)) == (422, [("R176", "Idempotency-Key")])
    assert act(web, "segunda-vez", quantas=1, prefixo="Z").status_code == 201
    assert tables(database) == "P1-1,P1-2,Z-1"


def test_many_at_once_on_two_servers_do_it_once(database: Engine, runtime: Runtime) -> None:
    tariffs.plan(database, runtime)
    apps = [application(database, runtime, "ana.souza") for _ in range(2)]
    with client(apps[0]) as one_, client(apps[1]) as other, ThreadPoolExecutor(8) as pool:
        webs = [one_, other] * 4
        answers = list(pool.map(lambda web: act(web, quantas=2), webs))
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert tables(database) == "P1-1,P1-2"


def test_a_refused_request_leaves_its_key_free(web: httpx.Client, database: Engine) -> None:
    answer = act(web, quantas=13, prefixo="prefixo longo demais", inicio="ontem", outra=1)
    assert answer.status_code == 422
    assert sorted(problems(answer)) == [
        ("R102", "prefixo"), ("R105", "quantas"), ("R120", "inicio"), ("R402", "outra"),
    ]  # fmt: skip
    run(database, "INSERT INTO tabela (plano, codigo, inicio, version) VALUES (1, 'P1-2', '2027-01-01', 1)")
    taken = act(web, quantas=2)
    assert taken.status_code == 422
    assert problems(taken) == [("R160", "made/1/codigo")]
    run(database, "DELETE FROM tabela")
    assert act(web, quantas=2).status_code == 201


def test_what_is_not_there_is_not_done(web: httpx.Client, database: Engine) -> None:
    headers = {"Idempotency-Key": "primeira-vez"}
    for address, status in (
        ("/api/v1/plano/9/acoes/criar", 404),
        ("/api/v1/plano/1/acoes/outra", 404),
        ("/api/v1/tabela/1/acoes/criar", 404),
        ("/api/v1/nada/1/acoes/criar", 404),
    ):
        assert web.post(address, json={}, headers=headers).status_code == status, address
    for key in ("", "curta", "com espaço no meio", "x" * 201):
        answer = web.post(ADDRESS, json={}, headers={"Idempotency-Key": key.encode()})
        assert (answer.status_code, problems(answer)) == (400, [("R175", "Idempotency-Key")]), key
    assert web.post(ADDRESS, content=b"[1]", headers=headers).status_code == 422
    assert web.post(ADDRESS, content=b"{", headers=headers).status_code == 422
    assert tables(database) is None


def test_keys_of_others_are_theirs_and_old_ones_are_forgotten(
    web: httpx.Client, database: Engine, runtime: Runtime
) -> None:
    assert act(web, quantas=1, prefixo="A").status_code == 201
    with client(application(database, runtime, "bia")) as bia:
        assert act(bia, quantas=1, prefixo="B").status_code == 201
    assert tables(database) == "A-1,B-1"
    run(database, f"UPDATE aroeira_answered SET at = at - interval '{(KEPT + timedelta(days=1)).days} days'")
    assert act(web, "terceira-vez", quantas=1, prefixo="C").status_code == 201
    assert one(database, "SELECT string_agg(key, ',') FROM aroeira_answered") == "terceira-vez"


def test_the_document_describes_the_action_and_its_key(web: httpx.Client) -> None:
    document = web.get("/api/v1/openapi.json").json()
    described = document["paths"]["/api/v1/plano/{id}/acoes/criar"]["post"]
    key = next(each for each in described["parameters"] if each["name"] == "Idempotency-Key")
    assert (key["in"], key["required"]) == ("header", True)
    asked = described["requestBody"]["content"]["application/json"]["schema"]
    assert set(asked["properties"]) == {"quantas", "prefixo", "inicio", "modelo", "reajuste", "vezes"}
    jsonschema.Draft202012Validator.check_schema(asked)
    answers = described["responses"]["201"]["content"]["application/json"]["schema"]
    jsonschema.validate(act(web, quantas=2).json(), answers)
