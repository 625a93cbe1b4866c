"""Conditions of grids as a whole, and of blank rows, on forms over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from kernel.runtime import Runtime
from tests import rules
from tests.office import application, client


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return rules.installed(database, rules.WITH_RULED_GRID)


@pytest.fixture
def plan(database: Engine, runtime: Runtime) -> dict[str, int]:
    return rules.plans(database, runtime)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def grid(page: str) -> str:
    """Return the markup of the grid of lives."""
    begin = page.index('<div class="grid-sheet"')
    return page[begin : page.index("</form>", begin)]


def blank(page: str) -> str:
    """Return the markup of the blank row."""
    begin = page.index('class="is-blank"')
    return page[begin : page.index("</tr>", begin)]


def cell(row: str, field: str) -> str:
    begin = row.rindex("<td", 0, row.index(f'data-field="{field}"'))
    return row[begin : row.index("</td>", begin)]


def plan_of(id: int) -> dict[str, str]:
    return {"f.plano": str(id), "f.plano.texto": "x", "f.plano.de": "x"}


def asked(web: httpx.Client, data: dict[str, Any], changed: str, record: int | str = "novo") -> Any:
    answer = web.post(f"/registros/contrato/{record}/regras", data=data | {"mudou": changed})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_grid_is_locked_required_or_hidden_before_any_script(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    closed = rules.contract(database, runtime, plan["pessoa"], rules.life(10), situacao="fechado")
    shown = grid(web.get(f"/registros/contrato/{closed}").text)
    assert re.match(r'<div class="grid-sheet" [^>]* data-locked>', shown)
    assert re.search(r'<table[^>]* aria-readonly="true">', shown)
    assert re.search(r"data-add hidden>", shown)
    assert re.search(r'<span class="req" hidden>', shown)
    assert re.search(r'data-why="required locked" aria-label="por quê\? Vidas" aria-expanded="false">', shown)
    group = rules.contract(database, runtime, plan["empresa"], rules.life(10), cnpj="11")
    shown = grid(web.get(f"/registros/contrato/{group}").text)
    assert "data-locked" not in shown
    assert "aria-readonly" not in re.findall(r"<table[^>]*>", shown)[0]
    assert "data-add>" in shown
    assert '<span class="req"><span aria-hidden="true">*</span>' in shown
    alone = web.get("/registros/contrato/novo").text
    assert 'aria-expanded="false" hidden>por quê?' in grid(alone)
    hidden = web.get("/registros/contrato/novo?f.numero=0").text
    assert re.match(r'<div class="grid-sheet" [^>]* hidden>', grid(hidden))


def test_one_answer_says_how_a_grid_and_its_blank_row_stand(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], rules.life(10))
    data = {"version": "1", "f.numero": "1", "f.situacao": "aberto"} | plan_of(plan["pessoa"])
    free = {"hidden": False, "required": False, "locked": False}
    patch = asked(web, data, "situacao", made)
    assert patch["grids"] == {"vidas": free}
    assert patch["blank"]["vidas"]["fields"] == {"parentesco": free, "valor": free}
    patch = asked(web, data | {"f.situacao": "fechado"} | plan_of(plan["empresa"]), "situacao", made)
    assert patch["grids"] == {"vidas": {"hidden": False, "required": True, "locked": True}}
    assert patch["blank"]["vidas"]["fields"]["valor"] == free | {"locked": True}
    assert patch["blank"]["vidas"]["values"] == {"dobro": ""}
    assert asked(web, data | {"f.numero": "0"}, "numero", made)["grids"]["vidas"]["hidden"]


def test_a_blank_row_stands_as_its_conditions_say_from_the_start(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], rules.life(10))
    assert "is-fixed" not in cell(blank(web.get(f"/registros/contrato/{made}").text), "valor")
    assert "is-fixed" not in cell(blank(web.get("/registros/contrato/novo").text), "valor")
    closed = rules.contract(database, runtime, plan["pessoa"], situacao="fechado")
    row = blank(web.get(f"/registros/contrato/{closed}").text)
    assert 'aria-readonly="true"' in cell(row, "valor")
    assert "readonly" not in cell(row, "nome")
    # The refused page shows the record as typed.
    data = {"version": "1", "f.numero": "1", "f.situacao": "fechado", "f.carencia": "x"}
    row = blank(web.post(f"/registros/contrato/{made}", data=data | plan_of(plan["pessoa"])).text)
    assert 'aria-readonly="true"' in cell(row, "valor")


def test_why_speaks_of_a_grid_of_its_cells_and_of_a_row_that_nobody_began(
    web: httpx.Client, plan: dict[str, int]
) -> None:
    data = {"version": "", "f.numero": "1", "f.situacao": "fechado"} | plan_of(plan["empresa"])
    data |= {"c.vidas.7.nome": "Ana", "c.vidas.7.titular": "sim"}

    def why(field: str) -> str:
        answer = web.post(f"/registros/contrato/novo/porque?campo={field}", data=data)
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text)).strip()

    of_grid = "Não pode mudar porque Situação é Fechado ."
    assert why("f.vidas").startswith(of_grid)
    assert "Obrigatório porque Coletivo do plano é Sim" in why("f.vidas")
    assert why("c.vidas.7.nome").startswith(of_grid)
    assert "Não pode mudar porque Titular é Sim" in why("c.vidas.7.parentesco")
    assert "Não pode mudar porque Situação do contrato é Fechado" in why("c.vidas.9.valor")


def test_a_locked_grid_refuses_changed_rows_and_keeps_what_was_typed(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], rules.life(10), situacao="fechado")
    with database.connect() as connection:
        life = connection.scalar(text("SELECT id FROM vida"))
    base = f'{{"f":{{}},"c":{{"vidas":{{"{life}":{{"nome":"Ana"}}}}}}}}'
    page = {"version": "2", "base": base, "f.numero": "1", "c.vidas.0.id": str(life)}
    page |= plan_of(plan["pessoa"])
    refused = web.post(f"/registros/contrato/{made}", data=page | {"c.vidas.0.nome": "Outra"})
    assert refused.status_code == 422
    summary = refused.text[refused.text.index('id="erros"') :]
    assert '<a href="#t-vidas">Vidas</a> não pode mudar quando Situação é Fechado' in summary
    assert 'value="Outra"' in grid(refused.text)
    saved = web.post(f"/registros/contrato/{made}", data=page | {"c.vidas.0.nome": "Ana", "f.nota": "oi"})
    assert saved.status_code == 303, saved.text


def test_the_api_keeps_the_rows_of_a_locked_grid(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    made = rules.contract(database, runtime, plan["pessoa"], rules.life(10), situacao="fechado")
    row = {"nome": "Bia", "nascimento": "2000-01-01"}
    nested = web.patch(f"/api/v1/contrato/{made}", json={"version": 2, "vidas": [row]})
    alone = web.post("/api/v1/vida", json=row | {"contrato": made})
    assert [answer.status_code for answer in (nested, alone)] == [422, 422]
    for answer, field in ((nested, "vidas"), (alone, "contrato")):
        assert [(p["code"], p["field"]) for p in answer.json()["problems"]] == [("R168", field)]
