"""Tests of saved views on the view itself: another name, shown to all, removed and brought back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml.html import HtmlElement
from sqlalchemy import Engine

from kernel.runtime import Runtime
from tests import office
from tests.renderer.html import find, page, texts

QUERY = "situacao=ativo&q=ana"


@pytest.fixture
def made(database: Engine) -> Runtime:
    made = office.installed(database)
    office.people(database, made, 30)
    return made


@pytest.fixture
def site(database: Engine, made: Runtime) -> Iterator[httpx.Client]:
    """Marina's, with one view of hers, shared and on her home page."""
    with office.client(office.application(database, made, "marina")) as client:
        save(client, "Anas ativas", todos="sim", inicio="sim")
        yield client


def save(site: httpx.Client, name: str, query: str = QUERY, **more: str) -> None:
    answer = site.post("/registros/pessoa/visoes", data={"consulta": query, "nome": name, **more})
    assert answer.status_code == 303


def press(site: httpx.Client, root: HtmlElement, button: str, **typed: str) -> HtmlElement:
    """Send the form of a button as a browser does, and return where it leads."""
    found = next(each for each in find(root, "form button") if button in each.text_content())
    form = next(found.iterancestors("form"))
    ticked = [
        each
        for each in find(form, "input")
        if each.get("type") != "checkbox" or each.get("checked") is not None
    ]
    sent = {each.get("name"): each.get("value") for each in ticked} | typed
    if found.get("name"):
        sent[found.get("name")] = found.get("value")
    answer = site.post(form.get("action"), data=sent)
    assert answer.status_code == 303
    return page(site, answer.headers["location"])


def tabs(root: HtmlElement) -> list[str]:
    return texts(root, "nav.tabs a")[3:]


def test_an_own_view_gets_another_name_here_and_on_the_home_page(site: httpx.Client) -> None:
    root = press(site, page(site, f"/registros/pessoa?{QUERY}"), "Salvar nome e acesso", nome="Anas")
    assert tabs(root) == ["Anas"]
    assert [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")] == ["Anas"]
    assert "Anas" in " ".join(texts(page(site, "/"), "div.tile"))
    assert "Anas ativas" not in " ".join(texts(page(site, "/"), "div.tile"))


def test_a_view_is_no_longer_shown_to_all(site: httpx.Client, database: Engine, made: Runtime) -> None:
    root = page(site, f"/registros/pessoa?{QUERY}")
    press(site, root, "Salvar nome e acesso", todos="")
    with office.client(office.application(database, made, "outro")) as other:
        assert tabs(page(other, "/registros/pessoa")) == []


def test_two_own_views_never_have_one_name(site: httpx.Client) -> None:
    save(site, "Anas", "q=ana")
    root = press(site, page(site, "/registros/pessoa?q=ana"), "Salvar nome e acesso", nome="Anas ativas")
    assert tabs(root) == ["Anas ativas", "Anas"]
    assert texts(root, "div.banner h2") == ["Você já tem uma visão “Anas ativas”"]


def test_a_removed_view_is_told_and_comes_back_as_it_was(site: httpx.Client) -> None:
    root = press(site, page(site, f"/registros/pessoa?{QUERY}"), "Excluir “Anas ativas”")
    assert tabs(root) == []
    assert "A visão “Anas ativas” foi excluída" in texts(root, "div.banner")[0]
    assert len(texts(root, "span.fchip")) == 1
    assert find(page(site, "/"), "div.tile") == []
    root = press(site, root, "Desfazer")
    assert tabs(root) == ["Anas ativas"]
    assert find(root, "div.banner") == []
    assert find(root, "nav.tabs svg"), "it is shared again"
    assert len(find(page(site, "/"), "div.tile")) == 1


def test_views_of_others_offer_no_change_and_cannot_be_changed(
    site: httpx.Client, database: Engine, made: Runtime
) -> None:
    root = page(site, f"/registros/pessoa?{QUERY}")
    number = root.xpath("//input[@name='visao']")[0].get("value")
    with office.client(office.application(database, made, "outro")) as other:
        theirs = page(other, f"/registros/pessoa?{QUERY}")
        assert tabs(theirs) == ["Anas ativas"]
        assert "Excluir visão…" not in theirs.text_content()
        forged = {"consulta": QUERY, "visao": number, "nome": "Minha", "acao": "alterar"}
        other.post("/registros/pessoa/visoes", data=forged)
        gone = other.post(
            "/registros/pessoa/visoes", data=forged | {"nome": "Anas ativas", "acao": "excluir"}
        )
        assert "visao.foi" not in gone.headers["location"]
    assert tabs(page(site, "/registros/pessoa")) == ["Anas ativas"]


def test_a_notice_from_the_address_never_becomes_markup(site: httpx.Client) -> None:
    evil = {"visao.foi": "excluida", "visao.nome": "<script>alert(1)</script>"}
    assert "<script>alert" not in site.get("/registros/pessoa", params=evil).text
    assert find(page(site, "/registros/pessoa?visao.foi=nada&visao.nome=x"), "div.banner") == []
