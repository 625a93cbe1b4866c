"""Tests of the OpenAPI document: it is valid, it names everything, and the API does what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import jsonschema
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from sqlalchemy import Engine

from renderer import openapi
from tests import office


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office with twenty people."""
    made = office.installed(database)
    office.people(database, made, 20, office.cities(database, made))
    with office.client(office.application(database, made)) as client:
        yield client


def test_the_document_names_every_entity_and_filter(site: httpx.Client) -> None:
    first = site.get("/api/v1/openapi.json")
    document = first.json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        f"/api/v1/{name}{end}"
        for name in ("estado", "cidade", "telefone", "pessoa")
        for end in ("", "/{id}", "/exportar.csv")
    }
    filters = document["components"]["schemas"]["pessoa.filters"]["properties"]
    assert {"situacao", "nascimento.from", "nome.contains", "cpf.empty"} <= set(filters)
    answer = site.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert answer.status_code == 304
    assert site.get("/api/v1/openapi.json", headers={"If-None-Match": '"1"'}).status_code == 200


def test_every_reference_leads_somewhere_and_schemas_are_schemas() -> None:
    document = openapi.describe(office.runtime())
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas, name


def test_answers_keep_the_described_shape(site: httpx.Client) -> None:
    document = site.get("/api/v1/openapi.json").json()
    record = {**document["components"]["schemas"]["pessoa"], "components": document["components"]}
    for item in site.get("/api/v1/pessoa?children=telefones").json()["items"]:
        jsonschema.validate(item, record)


def test_no_described_request_breaks_the_server(site: httpx.Client) -> None:
    """Send generated requests, good and bad: never a 500, always a described status and shape."""
    address = str(site.base_url)
    config = SchemathesisConfig.from_dict({"generation": {"max-examples": 12, "deterministic": True}})
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
    checked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.startswith("/api/v1/pessoa"):
            checked += 1
            _try(operation)
    assert checked == 6


def _try(operation: object) -> None:
    from hypothesis import HealthCheck, given, settings

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())  # type: ignore[attr-defined]
    def run(case: object) -> None:
        answer = case.call()  # type: ignore[attr-defined]
        assert answer.status_code < 500, (case, answer.text)

    run()
