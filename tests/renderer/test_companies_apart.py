"""What is of another company does not exist: its ids in every parameter of every route lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from starlette.routing import Route

from tests import companies
from tests.companies import SECRET, Group
from tests.office import client

ABSENT = 987_654
TOLD = re.compile(rf"(C|Filial|Parcela) {SECRET}|>{SECRET}<")
PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass
class Desk:
    """The group, and a browser of somebody who works for the first company only."""

    group: Group
    web: httpx.Client
    routes: list[tuple[str, str]]

    def theirs(self) -> list[Any]:
        """Return all that is stored of the second company, to be compared."""
        found = []
        with self.group.engine.connect() as connection:
            for entity in self.group.theirs:
                chosen = text(f"SELECT t::text FROM {entity} t WHERE t::text LIKE '%{SECRET}%' ORDER BY 1")
                found.append(connection.execute(chosen).scalars().all())
        return found


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    group = companies.installed(database)
    app = companies.application(group, "rui", "trabalho", record=1)
    routes = [
        (route.path, method)
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith("/static")
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    with client(app) as web:
        yield Desk(group, web, routes)


def links(desk: Desk) -> list[tuple[str, str, str]]:
    """Return entity, field and target of every link that can lead to what is apart."""
    return [
        (compiled.name, field.name, field.to)
        for compiled in desk.group.runtime.entities.values()
        for field in compiled.fields.values()
        if field.type in ("link", "many links") and field.to in desk.group.theirs
    ]


def filled(path: str, entity: str, id: int) -> str:
    names = {"action": "renovar", "module": "grupo", "step": "proximo", "record": str(id), "batch": str(id)}
    return PARAMETER.sub(lambda found: str(id) if found[2] == "record" else names.get(found[1], entity), path)


def same(one: httpx.Response, other: httpx.Response, id: int) -> bool:
    """Tell whether two answers differ in nothing but the id that was asked for; a sheet has the time in it."""
    if "spreadsheet" in one.headers.get("content-type", ""):
        return one.status_code == other.status_code
    plain = [re.sub(rf"\b({id}|{ABSENT})\b", "ID", each.text) for each in (one, other)]
    plain = [re.sub(r"(às |kept_at\W+)[\d:.]+|[0-9A-F]{6}(?=</)|[0-9a-f]{16,}", "", each) for each in plain]
    return one.status_code == other.status_code and plain[0] == plain[1]


def test_their_ids_in_the_address_of_every_route_are_as_absent_ones(desk: Desk) -> None:
    before = desk.theirs()
    assert any("{id:record}" in path for path, _ in desk.routes)
    assert len(desk.routes) > 70
    for path, method in desk.routes:
        if "record" not in path:
            continue
        for entity, id in desk.group.theirs.items():
            answer, absent = (
                desk.web.request(method, filled(path, entity, each), content=b"") for each in (id, ABSENT)
            )
            where = (method, filled(path, entity, id))
            assert answer.status_code < 500, where
            assert SECRET not in answer.text, where
            assert same(answer, absent, id), where
    assert desk.theirs() == before


def test_their_ids_in_every_query_find_what_absent_ones_find(desk: Desk) -> None:
    asked = [(entity, f"{name}={{id}}", to) for entity, name, to in links(desk)]
    asked += [(entity, f"{name}.nome={SECRET}", to) for entity, name, to in links(desk) if to != "contrato"]
    asked += [(entity, "id={id}", entity) for entity in desk.group.theirs]
    asked += [(entity, f"q={SECRET}", entity) for entity in desk.group.theirs]
    for entity, question, to in asked:
        for address in (
            "/api/v1/{}",
            "/registros/{}",
            "/registros/{}/contagem",
            "/registros/{}/exportar.csv",
        ):
            queries = [question.format(id=id) for id in (desk.group.theirs[to], ABSENT)]
            answer, absent = (desk.web.get(f"{address.format(entity)}?{query}") for query in queries)
            assert answer.status_code < 500, (address, queries)
            found = answer.text.replace(question, "").replace(f'value="{SECRET}"', "")
            if SECRET not in question:
                assert SECRET not in found, (address, queries)
                assert same(answer, absent, desk.group.theirs[to]), (address, queries)
            else:
                assert f"C {SECRET}" not in found, (address, queries)


def test_lookups_prefills_and_expansions_do_not_name_them(desk: Desk) -> None:
    for entity, name, to in links(desk):
        id = desk.group.theirs[to]
        for address in (
            f"/registros/{entity}/novo?f.{name}={id}", f"/busca/{to}?q={SECRET}", f"/busca/{to}?q=",
            f"/busca/{to}?q={id}", f"/busca/filial?q=&campo=contrato.filial&onde.empresa={desk.group.theirs['empresa']}",
            f"/api/v1/{entity}?expand={name}", f"/paleta?q={SECRET}&fragmento=sim",
        ):  # fmt: skip
            answer = desk.web.get(address)
            assert answer.status_code < 500, address
            assert not TOLD.search(answer.text), address


def test_no_link_leads_to_them_by_the_api(desk: Desk) -> None:
    """The refusal of their id is the one of an id that does not exist."""
    before = desk.theirs()
    for entity, name, to in links(desk):
        needed = {"contrato": {"numero": "N1"}, "cliente": {"nome": "N1"}, "operador": {"login": "n1"},
                  "filial": {"nome": "N1"}, "parcela": {"contrato": desk.group.ours["contrato"]}}[entity]  # fmt: skip
        for method, address, more in (
            ("POST", f"/api/v1/{entity}", needed),
            ("PATCH", f"/api/v1/{entity}/{desk.group.ours.get(entity, 1)}", {}),
        ):
            many = desk.group.runtime.entities[entity].fields[name].type == "many links"
            bodies = [{**more, name: [each] if many else each} for each in (desk.group.theirs[to], ABSENT)]
            answer, absent = (
                desk.web.request(method, address, json=body, headers={"If-Match": "*"}) for body in bodies
            )
            assert answer.status_code == absent.status_code == 422, (method, address, answer.text)
            assert same(answer, absent, desk.group.theirs[to]), (answer.text, absent.text)
    assert desk.theirs() == before


def test_no_link_leads_to_them_by_a_form_a_bulk_change_or_an_action(desk: Desk) -> None:
    before = desk.theirs()
    for name, to in (("empresa", "empresa"), ("filial", "filial"), ("anterior", "contrato")):
        id = desk.group.theirs[to]
        for address in ("/registros/contrato/novo", f"/registros/contrato/{desk.group.ours['contrato']}"):
            form = {
                "f.numero": "Novo",
                f"f.{name}": str(id),
                "version": "1",
                "base": "{}",
                "rascunho": "novo",
            }
            answer = desk.web.post(address, data=form)
            assert answer.status_code in (400, 409, 422), (address, name, answer.status_code)
            assert not TOLD.search(answer.text), (address, name)
        planned = desk.web.post(
            "/registros/contrato/alterar",
            data={"ids": str(desk.group.ours["contrato"]), "campo": name, "valor": str(id)},
        )
        if planned.status_code == 303:
            batch = planned.headers["location"]
            desk.web.post(f"{batch}/andar")
            assert SECRET not in desk.web.get(batch).text
    action = f"/registros/contrato/{desk.group.ours['contrato']}/acao/renovar"
    for name, to in (("f.modelo", "contrato"), ("f.onde", "empresa")):
        answer = desk.web.post(action, data={name: str(desk.group.theirs[to]), "passo": "criar"})
        assert answer.status_code in (200, 422)
        assert f"C {SECRET}" not in answer.text
    assert desk.theirs() == before
    with desk.group.engine.connect() as connection:
        led = (
            "SELECT count(*) FROM contrato WHERE id <> :c AND (empresa = :e OR filial = :f OR anterior = :c)"
        )
        ids = {name[0]: desk.group.theirs[name] for name in ("empresa", "filial", "contrato")}
        assert connection.scalar(text(led), ids) == 0


def test_their_file_is_not_given_and_not_taken_over(desk: Desk) -> None:
    whole = companies.application(desk.group, "chefe", "administrador")
    with client(whole) as boss:
        files = {"arquivo": ("laudo.txt", SECRET.encode(), "text/plain")}
        made = boss.post("/anexos", data={"campo": "contrato.arquivo"}, files=files)
        id = made.json()["id"]
        kept = boss.patch(
            f"/api/v1/contrato/{desk.group.theirs['contrato']}",
            json={"arquivo": id},
            headers={"If-Match": "*"},
        )
        assert kept.status_code == 200, kept.text
        assert SECRET in boss.get(f"/anexos/{id}").text
    assert desk.web.get(f"/anexos/{id}").status_code == 404
    mine = f"/api/v1/contrato/{desk.group.ours['contrato']}"
    assert desk.web.patch(mine, json={"arquivo": id}, headers={"If-Match": "*"}).status_code == 422


@pytest.mark.parametrize("written", ["empresa={}", "filial={}", "empresa={};juntas"])
def test_their_company_in_the_header_of_the_api_does_not_exist(desk: Desk, written: str) -> None:
    id = desk.group.theirs["filial" if "filial" in written else "empresa"]
    answer, absent = (
        desk.web.get("/api/v1/contrato", headers={"Aroeira-Trabalho": written.format(each)})
        for each in (id, ABSENT)
    )
    assert answer.status_code == 404
    assert same(answer, absent, id)


def test_what_is_ours_and_what_is_common_is_there(desk: Desk) -> None:
    """Else the tests above would prove nothing."""
    assert [each["numero"] for each in desk.web.get("/api/v1/contrato").json()["items"]] == ["C Aurora"]
    assert "Carla Comum" in desk.web.get("/registros/cliente").text
    assert desk.web.get(f"/registros/contrato/{desk.group.ours['contrato']}/historico").status_code == 200
    ours = {"anterior": desk.group.ours["contrato"]}
    mine = f"/api/v1/contrato/{desk.group.ours['contrato']}"
    assert desk.web.patch(mine, json=ours, headers={"If-Match": "*"}).status_code == 200
