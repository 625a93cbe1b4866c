"""Tests of the JSON API: reading, writing, versions, children, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from tests import office

ROOT = "/api/v1"


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office with 120 people."""
    made = office.installed(database)
    office.people(database, made, 120, office.cities(database, made))
    with office.client(office.application(database, made)) as client:
        yield client


def created(site: httpx.Client, entity: str = "pessoa", **values: Any) -> dict[str, Any]:
    """Create a record and return what was answered."""
    answer = site.post(f"{ROOT}/{entity}", json=values)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def fields_of(answer: httpx.Response) -> dict[str, str]:
    """Return field → code of the problems of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert all({"code", "detail"} <= problem.keys() for problem in answer.json()["problems"])
    return {problem.get("field", ""): problem["code"] for problem in answer.json()["problems"]}


def test_values_are_exact_and_unambiguous(site: httpx.Client) -> None:
    item = site.get(f"{ROOT}/pessoa?codigo=00004").json()["items"][0]
    assert item["codigo"] == "00004"
    assert item["mensalidade"] == "104.50"
    assert item["nascimento"] == "1960-01-29"
    assert item["web"] is False
    assert item["cidade"].keys() == {"id", "text"}
    assert item["cpf"] is None
    assert "telefones" not in item


def test_lists_are_filtered_searched_ordered_and_paged(site: httpx.Client) -> None:
    query = "situacao=ativo&nascimento.from=1961-01-01&order=-nascimento,codigo&limit=10"
    first = site.get(f"{ROOT}/pessoa?{query}")
    page = first.json()
    births = [item["nascimento"] for item in page["items"]]
    assert len(births) == 10
    assert births == sorted(births, reverse=True)
    assert page["previous"] is None
    assert f"after={page['next']}" in first.headers["link"]
    second = site.get(f"{ROOT}/pessoa?{query}&after={page['next']}").json()
    assert second["items"][0]["nascimento"] <= births[-1]
    back = site.get(f"{ROOT}/pessoa?{query}&before={second['previous']}").json()
    assert back["items"] == page["items"]
    assert {item["nome"][:5] for item in site.get(f"{ROOT}/pessoa?q=celia").json()["items"]} == {"Célia"}
    assert len(site.get(f"{ROOT}/pessoa?situacao=ativo&situacao=cancelado&limit=1000").json()["items"]) == 80


def test_unknown_parameters_are_refused_all_at_once_with_a_hint(site: httpx.Client) -> None:
    answer = site.get(
        f"{ROOT}/pessoa?sitacao=x&web.contains=a&limit=0&order=-nome2&expand=nome&children=fones&mensalidade=1,5"
    )
    assert answer.status_code == 400
    assert fields_of(answer) == {
        "sitacao": "R180",
        "web.contains": "R181",
        "mensalidade": "R114",
        "order": "R183",
        "limit": "R184",
        "expand": "R185",
        "children": "R186",
    }
    hints = {problem.get("field"): problem.get("hint") for problem in answer.json()["problems"]}
    assert hints["sitacao"] == "você quis dizer “situacao”?"
    unknown = site.get(f"{ROOT}/pesoa")
    assert unknown.status_code == 404
    assert "pessoa" in unknown.json()["problems"][0]["hint"]
    assert site.get(f"{ROOT}/pessoa?after=abc").status_code == 400
    assert site.get(f"{ROOT}/pessoa/1?q=a").status_code == 400


def test_links_are_expanded_as_deep_as_asked(site: httpx.Client) -> None:
    item = site.get(f"{ROOT}/pessoa?limit=1&expand=cidade.estado").json()["items"][0]
    assert item["cidade"]["nome"] == item["cidade"]["text"]
    assert item["cidade"]["estado"]["sigla"] in ("MG", "SP")
    record = site.get(f"{ROOT}/pessoa/{item['id']}?expand=cidade").json()
    assert record["cidade"]["nome"] == item["cidade"]["nome"]
    assert record["cidade"]["estado"].keys() == {"id", "text"}


def test_a_record_is_made_read_changed_and_removed_with_its_children(site: httpx.Client) -> None:
    phones = [{"numero": "35998710442", "principal": True}, {"numero": "3534210000"}]
    made = created(site, codigo="P1", nome="Zélia", mensalidade="1234.50", telefones=phones)
    address = f"{ROOT}/pessoa/{made['id']}"
    answer = site.get(f"{address}?children=telefones")
    record = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (record["situacao"], record["mensalidade"]) == ("ativo", "1234.50")
    assert [phone["numero"] for phone in record["telefones"]] == ["3534210000", "35998710442"]
    first, second = record["telefones"]
    changed = site.patch(
        address,
        headers={"If-Match": '"1"'},
        json={
            "nome": "Zélia Prado",
            "telefones": [
                {"id": first["id"], "_remove": True},
                {"id": second["id"], "principal": False},
                {"numero": "11987654321"},
            ],
        },
    )
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == '"2"'
    record = site.get(f"{address}?children=telefones").json()
    assert record["nome"] == "Zélia Prado"
    assert [(phone["numero"], phone["principal"]) for phone in record["telefones"]] == [
        ("11987654321", None),
        ("35998710442", False),
    ]
    assert site.delete(address, headers={"If-Match": '"2"'}).status_code == 204
    assert site.get(address).status_code == 404
    assert site.get(f"{ROOT}/telefone").json()["items"] == []


def test_children_come_with_a_list_in_one_go(site: httpx.Client) -> None:
    for number in range(3):
        created(
            site, codigo=f"F{number}", nome=f"Filha {number}", telefones=[{"numero": f"3599871044{number}"}]
        )
    items = site.get(f"{ROOT}/pessoa?q=filha&children=telefones").json()["items"]
    assert [item["telefones"][0]["numero"] for item in items] == ["35998710440", "35998710441", "35998710442"]


def test_what_was_read_can_be_sent_back_unchanged(site: httpx.Client) -> None:
    record = site.get(f"{ROOT}/pessoa?limit=1").json()["items"][0]
    answer = site.patch(f"{ROOT}/pessoa/{record['id']}", json=record)
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == record["version"]


def test_a_change_needs_the_version_it_is_based_on(site: httpx.Client) -> None:
    made = created(site, codigo="V1", nome="Vera")
    address = f"{ROOT}/pessoa/{made['id']}"
    for answer in (site.patch(address, json={"nome": "x"}), site.delete(address)):
        assert answer.status_code == 428
        assert fields_of(answer) == {"version": "R188"}
    assert site.patch(address, headers={"If-Match": "*"}, json={"nome": "Vera Sá"}).status_code == 200


def test_a_stale_version_is_a_conflict_that_names_the_differences(site: httpx.Client) -> None:
    made = created(site, codigo="V2", nome="Vera", mensalidade="10")
    address = f"{ROOT}/pessoa/{made['id']}"
    assert site.patch(address, json={"version": 1, "mensalidade": "20.00"}).status_code == 200
    answer = site.patch(address, json={"version": 1, "mensalidade": "30.00"})
    assert answer.status_code == 409
    body = answer.json()
    assert body["version"] == 2
    assert body["changed_by"] == "marina.prado"
    assert body["differences"] == [{"field": "mensalidade", "base": None, "mine": "30.00", "theirs": "20.00"}]
    assert answer.headers["etag"] == '"2"'
    assert site.delete(address, headers={"If-Match": '"1"'}).status_code == 409
    assert (
        site.patch(
            address, headers={"If-Match": body and answer.headers["etag"]}, json={"mensalidade": "30.00"}
        ).status_code
        == 200
    )


def test_every_problem_of_a_body_comes_at_once_with_its_path(site: httpx.Client) -> None:
    answer = site.post(
        f"{ROOT}/pessoa",
        json={
            "codigo": 12,
            "nome": "x" * 300,
            "mensalidade": 1.5,
            "nascimento": "2020-02-31",
            "situacao": "nada",
            "apelido": "z",
            "telefones": [{"numero": "123"}, 7, {}],
        },
    )
    assert answer.status_code == 422
    assert fields_of(answer) == {
        "codigo": "R114",
        "nome": "R102",
        "mensalidade": "R114",
        "nascimento": "R122",
        "situacao": "R116",
        "apelido": "R402",
        "telefones/0/numero": "R137",
        "telefones/1": "R187",
        "telefones/2/numero": "R101",
    }
    missing = site.post(f"{ROOT}/pessoa", json={"mensalidade": "-1"})
    assert missing.status_code == 422
    assert set(fields_of(missing)) == {"codigo", "nome", "mensalidade"}


def test_a_change_with_an_unknown_field_is_judged_as_a_whole(site: httpx.Client) -> None:
    made = created(site, codigo="P1", nome="Paula")
    address = f"{ROOT}/pessoa/{made['id']}"
    answer = site.patch(address, json={"apelido": "z", "nome": "", "mensalidade": "-1", "version": 1})
    assert answer.status_code == 422
    assert fields_of(answer) == {"apelido": "R402", "nome": "R101", "mensalidade": "R104"}
    assert set(fields_of(site.patch(address, json={"apelido": "z"}))) == {"apelido", "version"}
    assert site.patch(f"{ROOT}/pessoa/999999", json={"apelido": "z", "version": 1}).status_code == 404


def test_names_that_come_twice_are_refused_wherever_they_stand(site: httpx.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in ('{"codigo": "D1", "codigo": "D2", "nome": "D"}', '{"telefones": [{"id": 1, "id": 2}]}'):
        answer = site.post(f"{ROOT}/pessoa", content=body, headers=json_type)
        assert answer.status_code == 422
        assert "mais de uma vez" in answer.json()["problems"][0]["detail"]


def test_a_control_character_is_refused_not_dropped(site: httpx.Client) -> None:
    answer = site.post(
        f"{ROOT}/pessoa", json={"codigo": "N\0", "nome": "N", "telefones": [{"numero": "35\x01"}]}
    )
    assert fields_of(answer) == {"codigo": "R119", "telefones/0/numero": "R119"}
    assert "U+0000" in answer.json()["problems"][0]["detail"]


def test_numbers_are_quoted_with_all_their_digits(site: httpx.Client) -> None:
    for sent in ("1000000000000000000000000000000", "1e30"):
        body = '{"codigo": ' + sent + ', "nome": "N"}'
        answer = site.post(f"{ROOT}/pessoa", content=body, headers={"Content-Type": "application/json"})
        assert "o valor 1000000000000000000000000000000 não serve" in answer.json()["problems"][0]["detail"]


def test_ids_and_versions_beyond_the_database_are_refused(site: httpx.Client) -> None:
    made = created(site, codigo="P2", nome="Pedro")
    body = {"version": 10**30, "telefones": [{"id": 10**30, "numero": "35998710442"}]}
    answer = site.patch(f"{ROOT}/pessoa/{made['id']}", json=body)
    assert fields_of(answer) == {"version": "R188", "telefones/0": "R187"}


def test_of_several_versions_the_one_that_is_there_counts(site: httpx.Client) -> None:
    made = created(site, codigo="P3", nome="Pia")
    address = f"{ROOT}/pessoa/{made['id']}"
    for name in ("Pia A", "Pia B"):
        answer = site.patch(address, json={"nome": name}, headers={"If-Match": '"1", W/"2", "abc"'})
        assert answer.status_code == 200, answer.text
    assert site.delete(address, headers={"If-Match": '"1", "2"'}).status_code == 409
    assert site.delete(address, headers={"If-Match": '"abc"'}).status_code == 428
    assert site.delete(address, headers={"If-Match": '"2", "3"'}).status_code == 204


def test_a_method_that_is_not_there_comes_with_those_that_are(site: httpx.Client) -> None:
    made = created(site, codigo="P4", nome="Paz")
    refused = site.put(f"{ROOT}/pessoa/{made['id']}", json={})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert refused.json()["detail"].endswith("Use um dos que estão em Allow.")
    assert site.put(f"{ROOT}/pessoa", json={}).headers["allow"] == "GET, HEAD, POST"
    assert "botões" in site.put("/registros/pessoa").text


def test_a_second_record_of_the_same_key_is_refused(site: httpx.Client) -> None:
    created(site, codigo="U1", nome="Um")
    answer = site.post(f"{ROOT}/pessoa", json={"codigo": "U1", "nome": "Outro"})
    assert answer.status_code == 422
    assert fields_of(answer) == {"codigo": "R160"}


def test_a_record_that_others_use_is_not_removed(site: httpx.Client) -> None:
    city = site.get(f"{ROOT}/cidade?limit=1").json()["items"][0]
    answer = site.delete(f"{ROOT}/cidade/{city['id']}", headers={"If-Match": f'"{city["version"]}"'})
    assert answer.status_code == 422
    assert "R164" in fields_of(answer).values()


def test_bodies_that_are_no_json_object_are_told(site: httpx.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    assert fields_of(site.post(f"{ROOT}/pessoa", content=b"{", headers=json_type)) == {"": "R118"}
    assert fields_of(site.post(f"{ROOT}/pessoa", content=b"[1]", headers=json_type)) == {"": "R187"}
    answer = site.post(
        f"{ROOT}/pessoa", content=b"codigo=1", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 415


def test_the_whole_record_comes_back_when_preferred(site: httpx.Client) -> None:
    answer = site.post(
        f"{ROOT}/pessoa", json={"codigo": "W1", "nome": "Wanda"}, headers={"Prefer": "return=representation"}
    )
    assert answer.headers["location"] == f"{ROOT}/pessoa/{answer.json()['id']}"
    assert answer.json()["situacao"] == "ativo"
    assert answer.headers["preference-applied"] == "return=representation"
