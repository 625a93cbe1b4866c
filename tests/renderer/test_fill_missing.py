"""What a fill says where it looks a record up and finds none: beside the field, told while typing, no refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from kernel.runtime import Runtime
from tests import rules
from tests.office import application, client

SAYS = "Não há plano com este código."
NEW = "/registros/contrato/novo"


def with_missing(name: str, where: str) -> dict[str, str]:
    text = rules.FILES[name]
    assert where in text
    return {name: text.replace(where, f"{where}\n    missing: {SAYS}")}


FILES = {
    **rules.FILES,
    **with_missing("loja/entities/contrato.yaml", "where: {codigo: codigo_plano}"),
    **with_missing("loja/entities/vida.yaml", "where: {codigo: codigo}"),
}


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    made = rules.installed(database, FILES)
    rules.plans(database, made)
    return made


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def missing(web: httpx.Client, changed: str, **texts: Any) -> dict[str, str]:
    answer = web.post(f"{NEW}/regras", data={"version": "", "mudou": changed, **texts})
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()["missing"]
    return found


def test_only_a_text_that_finds_nothing_is_told(web: httpx.Client) -> None:
    asked = "codigo_plano"
    assert missing(web, asked, **{"f.codigo_plano": "999"}) == {"f.codigo_plano": SAYS}
    assert missing(web, asked, **{"f.codigo_plano": "1"}) == {"f.codigo_plano": ""}
    assert missing(web, asked, **{"f.codigo_plano": ""}) == {"f.codigo_plano": ""}
    assert missing(web, "numero", **{"f.codigo_plano": "999"}) == {}


def test_a_cell_is_told_as_a_field_is(web: httpx.Client) -> None:
    rows = {"c.vidas.0.id": "", "c.vidas.0.nome": "Ana", "c.vidas.0.codigo": "999"}
    assert missing(web, "c.vidas.0.codigo", **rows) == {"c.vidas.0.codigo": SAYS}
    assert missing(web, "c.vidas.0.codigo", **(rows | {"c.vidas.0.codigo": "1"})) == {"c.vidas.0.codigo": ""}


def test_it_keeps_nothing_from_being_saved(web: httpx.Client, database: Engine) -> None:
    plan = {"f.plano": "1", "f.plano.texto": "1 · Individual", "f.plano.de": "1 · Individual"}
    values = {"version": "", "f.numero": "7", "f.codigo_plano": "999", **plan}
    answer = web.post(NEW, data=values, follow_redirects=False)
    assert answer.status_code == 303, answer.text
