"""Transitions on the screen and over the API: what one may do now, what is asked, done once, told afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from kernel.accounts.signed import Signed
from tests.kernel.test_states import Shop
from tests.office import application, client
from tests.renderer.html import page, shown, texts
from tests.states import ENTITY, FILES, order
from tests.states import texts as files

ONE = "/registros/pedido/1"


@pytest.fixture
def shop(database: Engine, tmp_path: Path) -> Shop:
    made = Shop(database, files(), tmp_path)
    made.made("pedido", order("P-1", prazo=date(2026, 12, 1)))
    return made


def site(shop: Shop, *roles: str) -> Starlette:
    app = application(shop.engine, shop.runtime, "marina")
    if roles:
        app.state.signed_in_as = Signed(0, "marina", "Marina", roles)
    return app


@pytest.fixture
def web(shop: Shop) -> Iterator[httpx.Client]:
    with client(site(shop, "chefe")) as made:
        yield made


def moves(web: httpx.Client, address: str = ONE) -> list[str]:
    """Return what stands beside the state of a record: buttons, and reasons of those that are off."""
    found = page(web, address).xpath("//div[@class='moves']/*")
    return [" ".join(each.text_content().split()) for each in found]


def post(web: httpx.Client, name: str, **answers: str) -> httpx.Response:
    """Fill in the page of a transition and send it."""
    asked = page(web, f"{ONE}/transicao/{name}")
    hidden = {
        each.get("name"): each.get("value")
        for each in asked.xpath("//form[@id='formulario']//input[@type='hidden']")
    }
    return web.post(f"{ONE}/transicao/{name}", data={**hidden, **{f"f.{k}": v for k, v in answers.items()}})


def state(shop: Shop) -> str:
    return shop.rows("SELECT situacao FROM pedido WHERE id = 1")[0][0]  # type: ignore[no-any-return]


def test_a_record_shows_its_state_and_what_leads_on_from_it(shop: Shop, web: httpx.Client) -> None:
    shown_ = page(web, ONE)
    assert texts(shown_, "div.head-title span.chip--info")[0] == "Em preparo"
    assert "Liberar" in moves(web)
    assert "Cancelar" in moves(web)
    assert "Concluir" not in moves(web)
    assert any(each.startswith("desde hoje") for each in moves(web))
    assert not shown_.xpath("//select[@name='f.situacao']")
    assert shown_.xpath("//input[@id='f-situacao']/@value") == ["Em preparo"]
    shop.save("pedido", 1, {"valor": Decimal(0)})
    off = page(web, ONE).xpath("//div[@class='moves']//*[@aria-disabled='true']")
    assert [each.text_content() for each in off] == ["Liberar"]
    assert "Sem valor não se libera. Informe o valor." in moves(web)
    told = page(web, f"{ONE}/transicao/liberar").text_content()
    assert "Agora não é possível" in told
    with client(site(shop, "atendente")) as clerk:
        assert "Liberar" not in moves(clerk)
        assert clerk.get(f"{ONE}/transicao/liberar").status_code == 404
    for role in ("leitor", "cego"):
        with client(site(shop, role)) as other:
            assert moves(other) in ([], moves(other)[:1])
            assert other.get(f"{ONE}/transicao/cancelar").status_code == 404


def test_a_transition_asks_for_what_it_needs_and_is_made_once(shop: Shop, web: httpx.Client) -> None:
    refused = post(web, "cancelar", motivo="")
    assert refused.status_code == 422
    assert "Motivo" in shown(refused).xpath("//*[@id='erros']")[0].text_content()
    assert state(shop) == "preparo"
    asked = page(web, f"{ONE}/transicao/cancelar")
    assert "Em preparo → Cancelado" in asked.text_content()
    hidden = {each.get("name"): each.get("value") for each in asked.xpath("//form//input[@type='hidden']")}
    for _ in range(2):
        done = web.post(f"{ONE}/transicao/cancelar", data={**hidden, "f.motivo": "desistiu"})
        assert (done.status_code, done.headers["location"]) == (303, f"{ONE}?passou=cancelar")
    assert "Feito: Cancelar" in web.get(done.headers["location"]).text
    assert shop.rows("SELECT situacao, motivo, version FROM pedido") == [("cancelado", "desistiu", 2)]
    late = web.post(f"{ONE}/transicao/liberar", data={"version": "2", "vez": "0" * 32})
    assert late.status_code == 422
    assert "Liberar não parte de Cancelado" in late.text


def test_what_is_asked_is_marked_as_needed_though_the_form_needs_it_sometimes(
    database: Engine, tmp_path: Path
) -> None:
    needed = FILES[ENTITY].replace(
        "motivo: {type: text, max: 80}",
        'motivo: {type: text, max: 80, required: situacao = "cancelado"}',
    )
    assert needed != FILES[ENTITY]
    made = Shop(database, files({ENTITY: needed}), tmp_path)
    made.made("pedido", order("P-1"))
    with client(site(made, "atendente")) as web:
        asked = page(web, f"{ONE}/transicao/cancelar")
        assert "Motivo *" in " ".join(asked.xpath("//form[@id='formulario']")[0].text_content().split())
        assert asked.xpath("//span[@class='req'][not(@hidden)]")


def test_what_is_asked_begins_with_what_the_transition_proposes(database: Engine, tmp_path: Path) -> None:
    asks = "asks: motivo, help: O serviço não será feito."
    proposing = """asks: motivo, proposes: {motivo: '"vale " + string(valor)'}, help: Não será feito."""
    blind = "role: sem_valor\nlabel: Sem o valor\nentities: {pedido: change}\nfields: {pedido.valor: none}\n"
    more = {ENTITY: FILES[ENTITY].replace(asks, proposing)}
    assert more[ENTITY] != FILES[ENTITY]
    made = Shop(database, files({**more, "oficina/roles/sem_valor.yaml": blind}), tmp_path)
    made.made("pedido", order("P-1", valor=Decimal(7)))
    value = "//input[@name='f.motivo']/@value"
    with client(site(made, "atendente")) as web:
        assert page(web, f"{ONE}/transicao/cancelar").xpath(value) == ["vale 7"]
        assert post(web, "cancelar", motivo="").status_code == 422  # proposed, never taken by itself
    with client(site(made, "sem_valor")) as web:
        assert "vale" not in "".join(page(web, f"{ONE}/transicao/cancelar").xpath(value))
    made.save("pedido", 1, {"motivo": "outro"})
    with client(site(made, "atendente")) as web:
        assert page(web, f"{ONE}/transicao/cancelar").xpath(value) == ["outro"]


def test_what_the_transition_shows_stands_beside_what_it_asks(database: Engine, tmp_path: Path) -> None:
    showing = FILES[ENTITY].replace(
        "asks: motivo, help:", "asks: motivo, shows: [valor, prazo, parado], help:"
    )
    assert showing != FILES[ENTITY]
    blind = "role: sem_valor\nlabel: Sem o valor\nentities: {pedido: change}\nfields: {pedido.valor: none}\n"
    made = Shop(database, files({ENTITY: showing, "oficina/roles/sem_valor.yaml": blind}), tmp_path)
    made.made("pedido", order("P-1", valor=Decimal("1948.22")))
    told = "//main//dl/*/text()"
    with client(site(made, "atendente")) as web:
        page_ = page(web, f"{ONE}/transicao/cancelar")
        assert page_.xpath(told) == ["Valor", "1.948,22", "Parado", "0"]  # no day is set
        refused = shown(post(web, "cancelar", motivo=""))
        assert refused.xpath(told) == ["Valor", "1.948,22", "Parado", "0"]
        [line] = refused.xpath("//*[@role='alert']//li")
        assert line.text_content().count("Motivo") == 1, line.text_content()
    with client(site(made, "sem_valor")) as web:
        assert "Valor" not in page(web, f"{ONE}/transicao/cancelar").xpath(told)


def test_who_saved_meanwhile_is_told_and_nothing_is_done(shop: Shop, web: httpx.Client) -> None:
    asked = page(web, f"{ONE}/transicao/cancelar")
    hidden = {each.get("name"): each.get("value") for each in asked.xpath("//form//input[@type='hidden']")}
    shop.save("pedido", 1, {"motivo": "outro"})
    done = web.post(f"{ONE}/transicao/cancelar", data={**hidden, "f.motivo": "meu"})
    assert done.status_code == 409
    assert "O registro mudou enquanto isso" in done.text
    assert shown(done).xpath("//input[@name='f.motivo']/@value") == ["meu"]
    assert state(shop) == "preparo"
    fresh = shown(done).xpath("//input[@type='hidden']")
    again = {each.get("name"): each.get("value") for each in fresh if each.get("name")}
    assert web.post(f"{ONE}/transicao/cancelar", data={**again, "f.motivo": "meu"}).status_code == 303


def test_a_process_that_begins_is_told_before_and_begun_with_it(shop: Shop, web: httpx.Client) -> None:
    assert post(web, "liberar").status_code == 303
    assert "Avisar o cliente" in page(web, f"{ONE}/transicao/concluir").text_content()
    assert post(web, "concluir").status_code == 303
    assert shop.rows("SELECT process, status FROM aroeira_process_run") == [("avisar", "waiting")]


def test_the_history_names_the_transition_and_says_how_long(shop: Shop, web: httpx.Client) -> None:
    post(web, "liberar")
    post(web, "cancelar", motivo="desistiu")
    told = " ".join(page(web, f"{ONE}/historico").text_content().split())
    assert "marina fez Liberar: Situação passou de Em preparo para Liberado" in told
    assert "marina fez Cancelar: Situação passou de Liberado para Cancelado" in told
    assert "Situação desde" not in told
    rows = [
        texts(row, "td")
        for row in page(web, f"{ONE}/historico").xpath("//table[contains(@class, 'spent')]//tr")[1:]
    ]
    assert [row[0] for row in rows] == ["Cancelado", "Liberado", "Em preparo"]
    assert rows[0][2:] == ["até agora", "menos de 1 min"]
    assert {row[3] for row in rows} == {"menos de 1 min"}


def test_the_api_says_which_transitions_there_are_and_makes_one(shop: Shop, web: httpx.Client) -> None:
    address = "/api/v1/pedido/1"
    read = web.get(address).json()
    assert read["situacao_since"]
    assert read["transitions"] == [
        {"name": "liberar", "label": "Liberar", "to": "liberado", "asks": [], "possible": True},
        {"name": "cancelar", "label": "Cancelar", "to": "cancelado", "asks": ["motivo"], "possible": True},
    ]
    described = web.get("/api/v1/openapi.json").json()
    schema = {**described["components"]["schemas"]["pedido"], "components": described["components"]}
    jsonschema.validate(read, schema)
    assert "/api/v1/pedido/{id}/transicoes/cancelar" in described["paths"]
    lacks = web.post(f"{address}/transicoes/cancelar", json={"version": 1})
    assert [(each["code"], each["field"]) for each in lacks.json()["problems"]] == [("R158", "motivo")]
    stranger = web.post(f"{address}/transicoes/cancelar", json={"version": 1, "valor": "3"})
    assert stranger.json()["problems"][0]["code"] == "R402"
    assert web.post(f"{address}/transicoes/cancelar", json={"motivo": "x"}).status_code == 428
    assert web.post(f"{address}/transicoes/voar", json={"version": 1}).status_code == 404
    stale = web.post(f"{address}/transicoes/cancelar", json={"version": 7, "motivo": "x"})
    assert stale.status_code == 409
    key = {"Idempotency-Key": "uma-so-vez"}
    for _ in range(2):
        done = web.post(f"{address}/transicoes/cancelar", json={"version": 1, "motivo": "x"}, headers=key)
        assert (done.status_code, done.json()) == (200, {"id": 1, "version": 2})
    same = web.post(f"{address}/transicoes/cancelar", json={"version": 2, "motivo": "x"})
    assert [each["code"] for each in same.json()["problems"]] == ["R149"]
    assert web.get(address).json()["transitions"] == []
    echoed = {**web.get(address).json(), "motivo": "y"}
    assert web.patch(address, json=echoed).status_code == 200  # what was read may come back
    wrong = web.patch(address, json={"situacao": "preparo", "version": 3})
    assert [each["code"] for each in wrong.json()["problems"]] == ["R155"]


def test_many_records_go_by_the_change_of_a_field_and_each_refusal_is_told(
    shop: Shop, web: httpx.Client
) -> None:
    for number, value in (("P-2", 5), ("P-3", 0)):
        shop.made("pedido", order(number, value))
    asked: dict[str, Any] = {"ids": ["1", "2", "3"], "campo": "situacao", "valor": "liberado"}
    planned = web.post("/registros/pedido/alterar", data=asked)
    assert planned.status_code == 303, planned.text
    batch = planned.headers["location"]
    assert "Sem valor não se libera" in web.get(batch).text
    while "andando" in (web.post(f"{batch}/andar").headers["location"]):
        pass
    assert "Sem valor não se libera" in web.get(batch).text
    assert [row[0] for row in shop.rows("SELECT situacao FROM pedido ORDER BY id")] == [
        "liberado", "liberado", "preparo",
    ]  # fmt: skip


def test_the_help_draws_the_states_and_says_each_transition_in_words(shop: Shop, web: httpx.Client) -> None:
    help_ = page(web, "/ajuda?entidade=pedido")
    (drawing,) = help_.xpath("//svg[@role='img']")
    assert texts(drawing, "text") == [
        "Em preparo", "Liberado", "Feito", "Cancelado", "1", "2", "3", "4", "4",
    ]  # fmt: skip
    said = dict(zip(texts(help_, "dl.dl--stacked dt"), texts(help_, "dl.dl--stacked dd"), strict=True))
    assert said["1. Liberar"] == (
        "De Em preparo para Liberado. Só quando Valor é maior que R$ 0. Precisa do direito Libera pedidos."
    )
    assert said["3. Concluir"].endswith("Também começa Avisar o cliente.")
    assert "Liberado: até Prazo." in help_.text_content()
    assert page(web, "/ajuda?entidade=pedido&campo=situacao").xpath("//svg[@role='img']")
    assert not page(web, "/ajuda?entidade=pedido&campo=motivo").xpath("//svg[@role='img']")
    with client(site(shop, "atendente")) as clerk:
        assert "Liberar" not in page(clerk, "/ajuda?entidade=pedido").text_content()
    with client(site(shop, "cego")) as blind:
        assert not page(blind, "/ajuda?entidade=pedido").xpath("//svg[@role='img']")
        assert "situacao_since" not in blind.get("/api/v1/pedido/1").json()


def test_a_deadline_that_passed_colours_the_list_and_can_be_asked_for(shop: Shop, web: httpx.Client) -> None:
    shop.made("pedido", order("P-2", prazo=date(2026, 1, 2)))
    shop.made("pedido", order("P-3", prazo=date(2026, 1, 2)))
    for id in (1, 2):
        assert shop.moved(id, "liberado") == []
    shop.save("pedido", 1, {"prazo": date(2999, 1, 1)})
    listed = page(web, "/registros/pedido?columns=numero,situacao_late,situacao_since")
    assert listed.xpath("//tbody/tr[contains(@class, 'is-bad')]/@data-id") == ["2"]
    late = web.get("/api/v1/pedido?situacao_late=true").json()
    assert [each["numero"] for each in late["items"]] == ["P-2"]
    early = web.get("/api/v1/pedido?situacao_since.to=2020-01-01T00:00:00-03:00").json()
    assert early["items"] == []
