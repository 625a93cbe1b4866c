"""An action from the form to the undoing, by keyboard alone; its pages in both themes and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.rest import at_rest
from tests.browser.screen import complaints, opened, overflow
from tests.publications import one
from tests.tariffs import table

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def press_until(page: Page, button: str) -> None:
    """Press Tab until a button has the focus, then Enter."""
    wanted = page.get_by_role("button", name=button)
    for _ in range(30):
        if wanted.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    page.keyboard.press("Enter")


def test_tables_are_asked_for_seen_made_and_undone_by_keyboard(page: Page, price_tables: Site) -> None:
    table(price_tables.engine, price_tables.runtime, 1, "MODELO", (0, "10.00"), (19, "20.00"))
    opened(page, f"{price_tables.url}/registros/plano/1")
    page.keyboard.press("Control+k")
    page.keyboard.type("criar tab")
    page.get_by_role("option", name="Criar tabelas").wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Criar tabelas", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("textbox", name="Quantas tabelas")).to_be_focused()
    page.keyboard.type("3")
    for following in ("Prefixo", "Início"):
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox", name=following)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Modelo")).to_be_focused()
    page.keyboard.type("model")
    page.get_by_role("option", name="MODELO").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Vezes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ver o que será criado")).to_be_focused()
    page.keyboard.press("Enter")
    told = page.get_by_role("status").filter(has_text="Vai criar 3 tabelas")
    expect(told).to_be_focused()
    rows = page.get_by_role("region", name="O que será criado").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(3)).to_contain_text("P1-3")
    expect(rows.nth(3)).to_contain_text("Faixas: 2")
    assert one(price_tables.engine, "SELECT count(*) FROM tabela") == 1
    press_until(page, "Criar 3 tabelas")
    expect(page.get_by_role("heading", name="Criado: 3 tabelas")).to_be_visible()
    assert one(price_tables.engine, "SELECT string_agg(valor::text, ' ' ORDER BY id) FROM faixa") == (
        "10.00 20.00 11.00 22.00 11.00 22.00 11.00 22.00"
    )
    press_until(page, "Desfazer")
    expect(page.get_by_role("heading", name="Desfeito: 3 registros removidos")).to_be_visible()
    assert one(price_tables.engine, "SELECT count(*) FROM tabela") == 1


def test_the_pages_of_an_action_are_accessible_and_fit_a_phone(page: Page, price_tables: Site) -> None:
    table(price_tables.engine, price_tables.runtime, 1, "P1-2")
    opened(page, f"{price_tables.url}/registros/plano/1")
    page.get_by_text("Ações", exact=True).click()
    assert complaints(page) == []
    page.get_by_role("link", name="Criar tabelas").click()
    for scheme, width in (("light", 1440), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 844})
        opened(page, f"{price_tables.url}/registros/plano/1/acao/criar")
        assert complaints(page) == []
        page.get_by_role("textbox", name="Quantas tabelas").fill("2")
        page.get_by_role("button", name="Ver o que será criado").click()
        expect(page.get_by_role("alert")).to_contain_text("1 registro não pode ser criado")
        assert complaints(page) == []
        assert overflow(page) == 0
        page.get_by_role("textbox", name="Quantas tabelas").fill("99")
        page.get_by_role("button", name="Ver de novo").click()
        expect(page.get_by_role("alert")).to_contain_text("Quantas tabelas não pode ser maior que 12")
        assert complaints(page) == []
