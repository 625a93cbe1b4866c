"""Rules in the API: computed values are read and never written, warnings come with what was saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from kernel.runtime import Runtime
from renderer import openapi
from tests import rules
from tests.office import application, client


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return rules.installed(database)


@pytest.fixture
def plan(database: Engine, runtime: Runtime) -> dict[str, int]:
    return rules.plans(database, runtime)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def life(value: str, name: str = "Ana") -> dict[str, Any]:
    return {"nome": name, "nascimento": "2000-01-01", "titular": True, "valor": value}


def test_computed_values_are_in_every_answer(web: httpx.Client, plan: dict[str, int]) -> None:
    body = {"numero": "1", "plano": plan["pessoa"], "desconto": "1", "vidas": [life("10"), life("5", "Bia")]}
    made = web.post("/api/v1/contrato", json=body, headers={"Prefer": "return=representation"}).json()
    assert (made["total"], made["liquido"]) == ("15.00", "14.00")
    read = web.get(f"/api/v1/contrato/{made['id']}?children=vidas").json()
    assert read["total"] == "15.00"
    assert [row["dobro"] for row in read["vidas"]] == ["20.00", "10.00"]
    listed = web.get("/api/v1/contrato").json()["items"]
    assert [item["liquido"] for item in listed] == ["14.00"]


def test_a_computed_value_may_come_back_but_not_another(web: httpx.Client, plan: dict[str, int]) -> None:
    body = {"numero": "1", "plano": plan["pessoa"], "vidas": [life("10")]}
    made = web.post("/api/v1/contrato", json=body).json()
    read = web.get(f"/api/v1/contrato/{made['id']}").json()
    assert web.patch(f"/api/v1/contrato/{made['id']}", json=read | {"numero": "2"}).status_code == 200
    read = web.get(f"/api/v1/contrato/{made['id']}").json()
    refused = web.patch(f"/api/v1/contrato/{made['id']}", json=read | {"total": "1.00"})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["problems"]] == ["total"]


def test_warnings_are_told_with_what_was_saved(web: httpx.Client, plan: dict[str, int]) -> None:
    body = {"numero": "1", "plano": plan["pessoa"], "carencia": 400}
    made = web.post("/api/v1/contrato", json=body)
    assert made.status_code == 201
    told = {"code": "R169", "field": "carencia", "detail": "A carência de 400 dias passa de 300."}
    assert made.json()["warnings"] == [told]
    assert "warnings" not in web.post("/api/v1/contrato", json=body | {"carencia": 1}).json()


def test_rules_are_told_beside_what_cannot_be_read(web: httpx.Client, plan: dict[str, int]) -> None:
    body = {"numero": "1", "plano": plan["empresa"], "desconto": "muito", "vidas": [life("10", "A")]}
    refused = web.post("/api/v1/contrato", json=body).json()
    fields = {each["field"] for each in refused["problems"]}
    assert fields == {"desconto", "cnpj", "vidas/0/nome"}


def test_computed_values_are_described_as_read_only(runtime: Runtime) -> None:
    schemas = openapi.describe(runtime)["components"]["schemas"]
    assert schemas["contrato"]["properties"]["total"]["readOnly"]
    assert "total" not in schemas["contrato.edit"]["properties"]
    assert "warnings" in schemas["Saved"]["properties"]
