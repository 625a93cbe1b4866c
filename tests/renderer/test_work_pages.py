"""Choosing the company to work for: offered where there are several, kept in the session, never beyond what is theirs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from kernel.storage import names
from tests import companies, door
from tests.companies import Group
from tests.office import served
from tests.renderer.html import page

BIA, RUI, BOSS = "bia", "rui", "chefe"
BOTH = ["C Aurora", "C Zuleica"]


@dataclass
class Desk:
    """The group, served behind its door."""

    group: Group
    app: Starlette
    address: str
    browsers: contextlib.ExitStack

    def sign_in(self, login: str) -> httpx.Client:
        """Return a browser of somebody who has just signed in."""
        client = self.browsers.enter_context(door.browser(self.address))
        assert door.sign_in(client, login).status_code == 303
        return client


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    group = companies.installed(database)
    for login, role in ((BIA, "trabalho"), (RUI, "trabalho"), (BOSS, "administrador")):
        companies.account(database, login, role)
    app = companies.application(group)
    with served(app) as address, contextlib.ExitStack() as browsers:
        yield Desk(group, app, address, browsers)


def numbers(client: httpx.Client, **headers: str) -> list[str]:
    """Return the contracts that somebody reads."""
    answer = client.get("/api/v1/contrato", headers=headers)
    assert answer.status_code == 200, answer.text
    return sorted(each["numero"] for each in answer.json()["items"])


def choose(client: httpx.Client, company: int | str = "", **more: str) -> httpx.Response:
    return client.post("/trabalho", data={"empresa": str(company), "volta": "/registros/contrato", **more})


def control(client: httpx.Client) -> list[str]:
    """Return what the control at the top of a page says."""
    found = page(client, "/registros/contrato").xpath("//summary[@class='company']")
    return [" ".join(each.text_content().split()) for each in found]


def test_the_control_is_there_for_whoever_may_work_for_several(desk: Desk) -> None:
    assert control(desk.sign_in(BIA)) == ["Aurora"]
    assert control(desk.sign_in(RUI)) == []
    assert control(desk.sign_in(BOSS)) == ["Todas as empresas"]
    assert desk.sign_in(RUI).get("/trabalho").status_code == 404
    assert desk.sign_in(BIA).get("/trabalho").status_code == 200


def test_one_reads_what_is_of_the_company_and_chooses_another(desk: Desk) -> None:
    bia = desk.sign_in(BIA)
    assert numbers(bia) == ["C Aurora"]
    answer = choose(bia, desk.group.theirs["empresa"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/registros/contrato")
    assert numbers(bia) == ["C Zuleica"]
    assert control(bia) == ["Zuleica"]
    assert bia.get(f"/registros/contrato/{desk.group.ours['contrato']}").status_code == 404
    choose(bia, desk.group.theirs["empresa"], juntas="sim")
    assert numbers(bia) == BOTH
    assert control(bia) == ["Todas as empresas"]


def test_the_administrator_reads_all_and_may_work_for_one(desk: Desk) -> None:
    boss = desk.sign_in(BOSS)
    assert numbers(boss) == BOTH
    choose(boss, desk.group.theirs["empresa"])
    assert numbers(boss) == ["C Zuleica"]
    choose(boss, desk.group.ours["empresa"], filial=str(desk.group.ours["filial"]))
    assert control(boss) == ["Aurora"]
    choose(boss, juntas="sim")
    assert numbers(boss) == BOTH


def test_a_choice_is_of_its_session_and_begins_the_next_one(desk: Desk) -> None:
    first, other = desk.sign_in(BIA), desk.sign_in(BIA)
    choose(first, desk.group.theirs["empresa"])
    assert numbers(other) == ["C Aurora"]
    first.post("/sair")
    assert numbers(desk.sign_in(BIA)) == ["C Zuleica"]
    assert numbers(other) == ["C Aurora"]


@pytest.mark.parametrize("login", [BIA, RUI])
@pytest.mark.parametrize("company", ["987654", "x", "9" * 30, "-1"])
def test_what_is_not_theirs_is_not_chosen(desk: Desk, login: str, company: str) -> None:
    client = desk.sign_in(login)
    assert choose(client, company).status_code == 404
    assert numbers(client) == ["C Aurora"]
    if login == RUI:
        assert choose(client, desk.group.theirs["empresa"]).status_code == 404


def test_a_company_that_is_theirs_no_more_falls_back_to_one_that_is(desk: Desk) -> None:
    bia = desk.sign_in(BIA)
    choose(bia, desk.group.theirs["empresa"])
    assert numbers(bia) == ["C Zuleica"]
    with desk.group.engine.begin() as connection:
        gone = text("DELETE FROM operador_empresas_links WHERE source = 2 AND target = :company")
        assert connection.execute(gone, {"company": desk.group.theirs["empresa"]}).rowcount == 1
    assert numbers(bia) in ([], ["C Aurora"])  # gone at once; what is left is found within seconds
    desk.app.state.known_work.forget()
    assert numbers(bia) == ["C Aurora"]
    assert control(bia) == []


def test_a_branch_stays_behind_with_its_company(desk: Desk) -> None:
    bia = desk.sign_in(BIA)
    answer = choose(bia, desk.group.theirs["empresa"], filial=str(desk.group.ours["filial"]))
    assert answer.status_code == 303
    assert numbers(bia) == ["C Zuleica"]


def test_a_new_record_belongs_to_the_company_and_the_branch(desk: Desk) -> None:
    bia = desk.sign_in(BIA)
    choose(bia, desk.group.theirs["empresa"], juntas="sim")
    form = page(bia, "/registros/contrato/novo")
    (company,) = form.xpath("//input[@name='f.empresa']/@value")
    assert int(company) == desk.group.theirs["empresa"]
    made = bia.post("/api/v1/contrato", json={"numero": "N1"})
    assert made.status_code == 201, made.text
    read = bia.get(f"/api/v1/contrato/{made.json()['id']}").json()
    assert (read["empresa"]["id"], read["filial"]["id"]) == (
        desk.group.theirs["empresa"],
        desk.group.theirs["filial"],
    )
    given = {"numero": "N2", "empresa": desk.group.ours["empresa"], "filial": desk.group.ours["filial"]}
    assert bia.post("/api/v1/contrato", json=given).status_code == 201


def test_a_request_of_the_api_says_for_whom_it_works(desk: Desk) -> None:
    bia = desk.sign_in(BIA)
    token = door.made_token(bia, escrever="sim")
    bearer = {"Authorization": f"Bearer {token}"}
    program = desk.browsers.enter_context(httpx.Client(base_url=desk.address, headers=bearer))
    assert numbers(program) == ["C Aurora"]
    theirs = {"Aroeira-Trabalho": f"empresa={desk.group.theirs['empresa']}"}
    assert numbers(program, **theirs) == ["C Zuleica"]
    assert numbers(program, **{"Aroeira-Trabalho": "juntas"}) == BOTH
    made = program.post("/api/v1/contrato", json={"numero": "N3"}, headers=theirs)
    assert made.status_code == 201
    assert numbers(program) == ["C Aurora"]
    for wrong in ("empresa", "firma=1", "empresa=", "empresa=x", "empresa=1=2", "cliente=1"):
        answer = program.get("/api/v1/contrato", headers={"Aroeira-Trabalho": wrong})
        assert answer.status_code == 404, wrong
        assert answer.json()["problems"][0]["field"] == "Aroeira-Trabalho"
    choose(bia, desk.group.theirs["empresa"])
    assert numbers(program) == ["C Zuleica", "N3"]  # what its account chose lately


def test_the_description_of_the_api_names_the_header(desk: Desk) -> None:
    described = desk.sign_in(BIA).get("/api/v1/openapi.json").json()
    for path in described["paths"].values():
        assert {"$ref": "#/components/parameters/Trabalho"} in path["parameters"]
    header = described["components"]["parameters"]["Trabalho"]
    assert (header["name"], header["in"]) == ("Aroeira-Trabalho", "header")
    assert "empresa" in header["description"]


def test_the_palette_leads_to_the_choice(desk: Desk) -> None:
    assert "/trabalho" in desk.sign_in(BIA).get("/paleta?q=trocar&fragmento=sim").text
    assert "/trabalho" not in desk.sign_in(RUI).get("/paleta?q=trocar&fragmento=sim").text


def test_two_operators_with_one_login_are_nobody(desk: Desk) -> None:
    with desk.group.engine.begin() as connection:
        unique = names.derived("uq", "operador", "login")
        connection.execute(text(f"ALTER TABLE operador DROP CONSTRAINT {unique}"))
        connection.execute(text("INSERT INTO operador (login) VALUES ('bia')"))
    assert numbers(desk.sign_in(BIA)) == []
