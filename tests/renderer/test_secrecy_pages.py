"""A closed record does not exist for others, with its rows, on no way; closing and opening need their rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import Engine

from kernel.access.playing import access_of
from kernel.audit import deeds
from kernel.context import Context, at_present
from tests import companies
from tests.companies import Group
from tests.door import rows
from tests.office import client, put
from tests.renderer.html import page

NAME, NOTE = "Carla Comum", "liga cedo"
FORM = "/registros/cliente/1"


@dataclass
class Desk:
    """Three operators: one with the rights, one who may be named, and one of a role that may be."""

    group: Group
    keeper: httpx.Client
    named: httpx.Client
    other: httpx.Client
    boss: httpx.Client

    def close(self, **to: str | list[str]) -> httpx.Response:
        return self.keeper.post(f"{FORM}/sigilo", data=to)


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    group = companies.installed(database)
    for login in ("rui", "bia", "lia"):
        companies.account(database, login, "trabalho")
    put(database, group.runtime, "contrato", {"numero": "C3", "cliente": 1})
    with (
        client(companies.application(group, "rui", "trabalho", "sigilo", record=1)) as keeper,
        client(companies.application(group, "bia", "trabalho", record=2)) as named,
        client(companies.application(group, "lia", "trabalho", record=2)) as other,
        client(companies.application(group, "chefe", "administrador")) as boss,
    ):
        yield Desk(group, keeper, named, other, boss)


def ways(web: httpx.Client) -> dict[str, bool]:
    """Tell by which ways somebody finds the person, or their note."""
    asked = {
        "list": "/registros/cliente", "search": "/registros/cliente?q=carla", "form": FORM,
        "api": "/api/v1/cliente/1", "api list": "/api/v1/cliente", "rows": "/api/v1/nota",
        "lookup": "/busca/cliente?q=carla", "palette": "/paleta?q=carla&fragmento=sim",
        "link": "/api/v1/contrato?expand=cliente", "link in a list": "/registros/contrato",
        "export": "/registros/cliente/exportar.csv", "history": f"{FORM}/historico",
        "preview": f"{FORM}/previa", "log": "/auditoria?entidade=cliente",
    }  # fmt: skip
    found = {}
    for way, address in asked.items():
        answer = web.get(address)
        assert answer.status_code in (200, 404), (address, answer.status_code)
        plain = answer.text.replace("<mark>", "").replace("</mark>", "")
        found[way] = NAME in plain or NOTE in plain
    found["count"] = web.get("/registros/cliente/contagem").text.strip() not in ("0", "")
    return found


def everywhere(web: httpx.Client) -> bool:
    found = ways(web)
    print(found)  # pytest shows it where something is wrong
    return all(seen for way, seen in found.items() if way not in ("log", "count"))


def test_a_closed_record_does_not_exist_for_others(desk: Desk) -> None:
    before = ways(desk.other)
    assert everywhere(desk.other), before
    answer = desk.close(operador="bia")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{FORM}?sigilo=fechado")
    assert not [way for way, seen in ways(desk.other).items() if seen and way != "count"]
    assert (
        desk.other.get("/registros/cliente/contagem").text
        != desk.named.get("/registros/cliente/contagem").text
    )
    for web in (desk.named, desk.keeper, desk.boss):
        assert everywhere(web), ways(web)


def test_it_cannot_be_written_linked_closed_or_opened_by_others(desk: Desk) -> None:
    desk.close(operador="bia")
    free = {"If-Match": "*"}
    absent = desk.other.patch("/api/v1/cliente/9999", json={"nome": "X"}, headers=free)
    for method, address, body in (
        ("PATCH", "/api/v1/cliente/1", {"nome": "X"}), ("DELETE", "/api/v1/cliente/1", None),
        ("PATCH", "/api/v1/nota/1", {"texto": "X"}), ("DELETE", "/api/v1/nota/1", None),
    ):  # fmt: skip
        answer = desk.other.request(method, address, json=body, headers=free)
        assert answer.status_code == absent.status_code == 404, (address, answer.text)
    for body in ({"numero": "N", "cliente": 1}, {"numero": "N", "cliente": 9999}):
        assert desk.other.post("/api/v1/contrato", json=body).status_code == 422
    assert desk.other.post("/api/v1/nota", json={"cliente": 1, "texto": "X"}).status_code in (404, 422)
    for address in (FORM, f"{FORM}/sigilo", f"{FORM}/excluir"):
        assert desk.other.get(address).status_code == 404, address
    for address in (f"{FORM}/sigilo", f"{FORM}/sigilo/abrir"):
        assert desk.other.post(address, data={"operador": "lia"}).status_code == 404
    assert rows(desk.group.engine, "SELECT operators FROM aroeira_closed") == [(["bia", "rui"],)]


def test_a_role_may_be_named(desk: Desk) -> None:
    desk.close(papel="trabalho")
    assert everywhere(desk.other)
    desk.close(papel="sigilo")
    assert not everywhere(desk.other)
    assert everywhere(desk.keeper)


def test_rights_are_asked_for(desk: Desk) -> None:
    answer = desk.named.post(f"{FORM}/sigilo", data={"operador": "bia"})
    assert answer.status_code == 422
    assert "PÔR SIGILO" in answer.text
    assert not rows(desk.group.engine, "SELECT 1 FROM aroeira_closed")
    desk.close(operador="bia")
    answer = desk.named.post(f"{FORM}/sigilo/abrir")
    assert answer.status_code == 422
    assert "TIRAR SIGILO" in answer.text
    assert not everywhere(desk.other)
    shown = page(desk.named, f"{FORM}/sigilo")
    assert not shown.xpath("//main//form//button")
    assert desk.keeper.post(f"{FORM}/sigilo/abrir").headers["location"] == f"{FORM}?sigilo=aberto"
    assert everywhere(desk.other)


def test_who_closed_it_and_who_changes_it_go_on_seeing_it(desk: Desk) -> None:
    desk.close()
    desk.boss.post(f"{FORM}/sigilo", data={"operador": "lia"})
    assert rows(desk.group.engine, "SELECT operators, closed_by FROM aroeira_closed") == [
        (["chefe", "lia", "rui"], "rui")
    ]
    assert everywhere(desk.other)
    assert everywhere(desk.keeper)
    assert not everywhere(desk.named)


def test_nobody_unknown_is_named(desk: Desk) -> None:
    answer = desk.close(operador=["bia", "ninguem"], papel="nenhum")
    assert answer.status_code == 422
    assert "ninguem" in answer.text
    assert "nenhum" in answer.text
    assert not rows(desk.group.engine, "SELECT 1 FROM aroeira_closed")


def test_each_change_is_in_the_history_of_the_record(desk: Desk) -> None:
    desk.close(operador="bia")
    desk.close(papel="sigilo")
    desk.keeper.post(f"{FORM}/sigilo/abrir")
    noted = rows(
        desk.group.engine,
        "SELECT a.changes -> '$secrecy', c.operator, c.kind FROM aroeira_audit a JOIN aroeira_audit_act c "
        "USING (act) WHERE a.entity = 'cliente' AND a.record = 1 AND a.changes ? '$secrecy' ORDER BY act",
    )
    first, second = ({"roles": [], "operators": ["bia", "rui"]}, {"roles": ["sigilo"], "operators": ["rui"]})
    assert noted == [
        ([None, first], "rui", "page"),
        ([first, second], "rui", "page"),
        ([second, None], "rui", "page"),
    ]
    told = " ".join(page(desk.keeper, f"{FORM}/historico").text_content().split())
    assert "rui mudou Sigilo de aberto para fechado, só para bia, rui" in told
    assert "de fechado, só para Cuida do sigilo, rui para aberto" in told


def test_only_entities_that_say_so_can_be_closed(desk: Desk) -> None:
    assert desk.keeper.get("/registros/contrato/1/sigilo").status_code == 404
    assert desk.keeper.post("/registros/contrato/1/sigilo", data={}).status_code == 404
    assert "/sigilo" not in desk.keeper.get("/registros/contrato/1").text
    assert f"{FORM}/sigilo" in desk.keeper.get(FORM).text
    assert "/sigilo" not in desk.named.get(FORM).text


def test_what_was_done_with_data_is_seen_where_the_record_is(desk: Desk) -> None:
    def context(login: str) -> Context:
        return at_present(login, access=access_of(desk.group.runtime, ("trabalho",), 2))

    def reasons(login: str) -> list[str]:
        with desk.group.engine.connect() as connection:
            found = deeds.page(connection, desk.group.runtime, context(login))
        return sorted(deed.reason for deed in found.deeds)

    with desk.group.engine.begin() as connection:
        deeds.note(connection, at_present("chefe"), "reveal", "cliente", 1, "pedido")
        deeds.note(connection, at_present("chefe"), "export", "cliente", None, "de outra pessoa")
        deeds.note(connection, context("lia"), "export", "cliente", None, "meu")
    assert reasons("lia") == ["meu", "pedido"]  # how many rows somebody else exported tells of hidden ones
    desk.close(operador="bia")
    assert reasons("lia") == ["meu"]
    assert reasons("bia") == ["pedido"]


def test_whoever_may_not_close_is_told_no_names(desk: Desk) -> None:
    page_of_others = desk.other.get(f"{FORM}/sigilo").text
    assert "não pode pôr nem retirar o sigilo" in page_of_others
    assert 'type="checkbox"' not in page_of_others
    assert 'type="checkbox"' in desk.keeper.get(f"{FORM}/sigilo").text


def test_a_program_closes_and_opens_as_the_page_does(desk: Desk) -> None:
    """By the same rights, with the same words."""
    address = "/api/v1/cliente/1/sigilo"
    assert desk.other.get(address).json() == {"closed": False}
    made = desk.keeper.put(address, json={"operators": ["bia"]})
    assert made.status_code == 200
    assert made.json() == desk.keeper.get(address).json()
    told = made.json()
    assert (told.pop("closed"), told["roles"], told["operators"], told["closed_by"]) == (
        True, [], ["bia", "rui"], "rui",
    )  # fmt: skip
    assert desk.named.get(address).json() == {"closed": True}  # who may not change it is told no names
    assert everywhere(desk.named)
    for method in ("GET", "PUT", "DELETE"):
        answers = [desk.other.request(method, f"/api/v1/cliente/{id}/sigilo", json={}) for id in (1, 9999)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["problems"] == answers[1].json()["problems"]
    for method, right, code in (("PUT", "PÔR SIGILO", "R425"), ("DELETE", "TIRAR SIGILO", "R426")):
        refused = desk.named.request(method, address, json={})
        assert (refused.status_code, refused.json()["problems"][0]["code"]) == (403, code)
        assert right in refused.text
    wrong = desk.keeper.put(address, json={"operators": ["ninguem"], "roles": ["nenhum"]})
    assert (wrong.status_code, [each["code"] for each in wrong.json()["problems"]]) == (422, ["R427", "R427"])
    for body in ({"operadores": ["lia"]}, {"roles": "trabalho"}, {"operators": [1]}):
        assert desk.keeper.put(address, json=body).json()["problems"][0]["code"] == "R187"
    assert desk.keeper.delete(address).status_code == 204
    assert everywhere(desk.other)
    assert desk.keeper.put("/api/v1/contrato/1/sigilo", json={}).status_code == 404
    paths = desk.keeper.get("/api/v1/openapi.json").json()["paths"]
    assert [path for path in paths if path.endswith("/sigilo")] == ["/api/v1/cliente/{id}/sigilo"]
    assert set(paths["/api/v1/cliente/{id}/sigilo"]) >= {"get", "put", "delete"}


def test_a_right_that_is_lacking_is_in_the_log_of_refusals(desk: Desk) -> None:
    desk.named.post(f"{FORM}/sigilo", data={"operador": "bia"})
    desk.named.delete("/api/v1/cliente/1/sigilo")
    noted = rows(desk.group.engine, "SELECT login, level, entity, record, times FROM aroeira_refusal")
    assert ("bia", "change", "cliente", 1) in {row[:4] for row in noted}
