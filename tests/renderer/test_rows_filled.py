"""Rows that a fill makes, as the route of the rules answers the page, and as the help says them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from kernel.context import at_present
from renderer import rule_help
from tests import waits
from tests.office import application, served


@pytest.fixture
def web(database: Engine) -> Iterator[httpx.Client]:
    made = waits.installed(database)
    waits.plan(database, made, "um", ("parto", 300), ("consulta", 30))
    many = [(f"g{number}", 1) for number in range(1_001)]
    waits.plan(database, made, "muitos", *many)
    with (
        served(application(database, made, "ana.souza")) as url,
        httpx.Client(base_url=url, headers={"Origin": url}) as client,
    ):
        yield client


def test_rows_come_under_the_numbers_that_the_page_gives_next(web: httpx.Client) -> None:
    data = {
        "version": "", "f.plano": "1", "f.plano.texto": "um", "f.plano.de": "um", "proxima.carencias": "5",
        "c.carencias.2.grupo": "velha", "c.carencias.2.dias": "3", "c.carencias.3.grupo": "minha",
        "preenchido": ["c.carencias.2.grupo", "c.carencias.2.dias"],
    }  # fmt: skip
    patch = web.post("/registros/contrato/novo/regras", data=data | {"mudou": "plano"}).json()
    assert patch["rows"] == {"carencias": {"added": ["5", "6"], "gone": ["2"]}}
    assert patch["filled"]["c.carencias.5.grupo"] == {"text": "parto", "shown": "", "marks": True}
    assert patch["filled"]["c.carencias.6.dias"]["text"] == "30"
    assert patch["values"]["f.soma"] == "337"  # the row of the person has seven by itself


def test_too_many_rows_are_told_at_the_grid(web: httpx.Client) -> None:
    data = {"version": "", "f.plano": "2", "f.plano.texto": "muitos", "f.plano.de": "muitos"}
    patch = web.post("/registros/contrato/novo/regras", data=data | {"mudou": "plano"}).json()
    assert patch["rows"] == {}
    (told,) = patch["told"]
    assert told["grid"] == "carencias"
    assert told["says"].startswith("Seriam mais de 1000 linhas em Carências")


def test_the_help_says_what_fills_a_grid() -> None:
    made = waits.runtime()
    entity = made.entities["contrato"].entity
    said = [
        text
        for what, text in rule_help.of_field(made, at_present("ana"), entity, entity.fields["carencias"])
        if what == "Linhas preenchidas sozinhas"
    ]
    assert len(said) == 2
    assert said[0].startswith("quando você informa Plano, se ")
    assert "para cada item de: Esperas do plano em que Ativa é Sim" in said[0]
    assert said[0].endswith("As linhas que você incluir ou mudar ficam como estão.")
