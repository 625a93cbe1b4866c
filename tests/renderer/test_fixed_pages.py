"""What only processes change, on the screen and over the API: locked, told why before anybody tries, refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from tests.kernel.test_fixed import MADE, NEW, ROWS, SAID, released
from tests.kernel.test_states import Shop
from tests.office import application, client
from tests.renderer.html import page, texts
from tests.states import texts as files


@pytest.fixture
def web(database: Engine, tmp_path: Path) -> Iterator[httpx.Client]:
    shop = Shop(database, files(ROWS), tmp_path)
    released(shop)
    with client(application(shop.engine, shop.runtime, "marina")) as made:
        yield made


def test_the_form_is_locked_but_for_what_is_free(web: httpx.Client) -> None:
    form = page(web, "/registros/pedido/1")
    locked = {each.get("name"): each.get("readonly") is not None for each in form.xpath("//input[@name]")}
    assert locked["f.valor"]
    assert not locked["f.prazo"]
    buttons = " ".join(form.xpath("//div[@class='moves']")[0].text_content().split())
    assert "Cancelar" in buttons
    assert "Voltar ao preparo" not in buttons
    assert not form.xpath("//a[@data-command='remove']")  # it would be refused
    made = web.post("/api/v1/pedido", json={"numero": "P-9"})
    assert made.status_code == 201, made.text
    assert page(web, f"/registros/pedido/{made.json()['id']}").xpath("//a[@data-command='remove']")


def test_who_would_remove_it_reads_why_not(web: httpx.Client) -> None:
    asked = page(web, "/registros/pedido/1/excluir")
    assert "Precisa ficar" in texts(asked, "h2")
    assert f"Pedido não se exclui quando {SAID}" in asked.text_content()
    assert not asked.xpath("//form[contains(@action, '/excluir')]")


def test_programs_are_refused_with_the_same_words(web: httpx.Client) -> None:
    gone = web.delete("/api/v1/pedido/1", headers={"If-Match": "*"})
    assert gone.status_code == 422
    assert SAID in gone.text
    moved = web.post("/api/v1/pedido/1/transicoes/voltar", json={}, headers={"If-Match": "*"})
    assert moved.status_code == 404
    assert "/transicoes/voltar" not in web.get("/api/v1/openapi.json").text
    assert "Só um processo faz." in page(web, "/ajuda?entidade=pedido").text_content()


def test_what_only_processes_make_offers_no_way_to_include_it(database: Engine, tmp_path: Path) -> None:
    shop = Shop(database, files(MADE), tmp_path)
    with client(application(shop.engine, shop.runtime, "marina")) as web:
        assert not page(web, "/registros/aviso").xpath("//a[contains(@href, '/novo')]")
        assert page(web, "/registros/pedido").xpath("//a[contains(@href, '/registros/pedido/novo')]")
        opened = web.get("/registros/aviso/novo")
        assert opened.status_code == 400
        assert NEW in opened.text
        assert "Isto não se inclui à mão" in opened.text
        made = web.post("/api/v1/aviso", json={"texto": "à mão"})
        assert made.status_code == 422
        assert NEW in made.text
