"""Tests of the JSON API with rows below rows: made and changed in one request, problems with their path."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from tests import office, prices

PLANS, TABLES, BANDS = (f"/api/v1/{name}" for name in ("plano", "tabela", "faixa"))


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """An application with nothing in it but the package of prices."""
    with office.client(office.application(database, prices.installed(database))) as client:
        yield client


def made(site: httpx.Client) -> int:
    """Create a plan with a table of two bands and return its id."""
    bands = [{"de": 0, "valor": "10.00"}, {"de": 19, "valor": "20.00", "notas": [{"texto": "cara"}]}]
    answer = site.post(PLANS, json={"codigo": "1", "tabelas": [{"nome": "T", "faixas": bands}]})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_rows_below_rows_are_made_and_changed_at_once(site: httpx.Client) -> None:
    plan = made(site)
    table = site.get(f"{TABLES}?children=faixas").json()["items"][0]
    first, second = table["faixas"]
    rows = [{"id": first["id"], "valor": "11.50"}, {"id": second["id"], "_remove": True}]
    body = {"tabelas": [{"id": table["id"], "faixas": rows}]}
    answer = site.patch(f"{PLANS}/{plan}", headers={"If-Match": '"1"'}, json=body)
    assert answer.status_code == 200, answer.text
    assert [(row["de"], row["valor"]) for row in site.get(BANDS).json()["items"]] == [(0, "11.50")]
    stale = site.patch(f"{PLANS}/{plan}", headers={"If-Match": '"1"'}, json=body | {"codigo": "2"})
    assert stale.status_code == 409


def test_a_problem_below_has_the_whole_path(site: httpx.Client) -> None:
    bands = [{"de": 0, "valor": "x"}, {"de": 200, "valor": "1.00", "notas": [{"texto": "a", "nada": 1}, 7]}]
    answer = site.post(PLANS, json={"codigo": "1", "tabelas": [{"nome": "T", "faixas": bands}]})
    assert answer.status_code == 422
    assert {problem["field"]: problem["code"] for problem in answer.json()["problems"]} == {
        "tabelas/0/faixas/0/valor": "R114",
        "tabelas/0/faixas/1/de": "R105",
        "tabelas/0/faixas/1/notas/0/nada": "R402",
        "tabelas/0/faixas/1/notas/1": "R187",
    }


def test_a_conflict_below_names_the_row(site: httpx.Client) -> None:
    plan = made(site)
    table = site.get(f"{TABLES}?children=faixas").json()["items"][0]
    body = {"tabelas": [{"id": table["id"], "faixas": [{"id": table["faixas"][0]["id"], "valor": "5.00"}]}]}
    assert site.patch(f"{PLANS}/{plan}", headers={"If-Match": '"1"'}, json=body).status_code == 200
    body["tabelas"][0]["faixas"][0]["valor"] = "6.00"
    answer = site.patch(f"{PLANS}/{plan}", headers={"If-Match": '"1"'}, json=body)
    assert answer.status_code == 409
    (difference,) = answer.json()["differences"]
    assert difference["field"].endswith(f"faixas/{table['faixas'][0]['id']}/valor")
    assert (difference["mine"], difference["theirs"]) == ("6.00", "5.00")
