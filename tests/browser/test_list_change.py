"""Changing from the list: one field of many records with undo, a linked record at the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.screen import complaints, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def situations(people: Site) -> list[str]:
    """Return every person's situation."""
    with people.engine.connect() as connection:
        return [row.situacao for row in connection.execute(text("SELECT situacao FROM pessoa ORDER BY id"))]


def test_staff_08_one_field_of_four_hundred_records_and_back(page: Page, people: Site) -> None:
    """Pick, choose, see the preview, change, undo; by the keyboard alone."""
    before = situations(people)
    opened(page, f"{people.url}/registros/pessoa")
    expect(page.locator("#lote")).to_be_hidden()
    page.locator("[data-select-all]").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-selected]")).to_have_text("50 selecionados")
    page.get_by_role("button", name="Alterar todos os que atendem ao filtro").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Campo")).to_be_focused()
    page.keyboard.type("Situ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    value = page.get_by_label("Novo valor de Situação")
    expect(value).to_be_focused()
    page.keyboard.type("Cancel")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    summary = page.locator("#resumo")
    expect(summary).to_contain_text("334 registros mudam; 66 já têm este valor")
    assert situations(people) == before
    assert complaints(page) == []
    page.get_by_role("button", name="Alterar 334 registros").press("Enter")
    expect(summary).to_contain_text("334 registros alterados", timeout=60_000)
    assert set(situations(people)) == {"cancelado"}
    page.get_by_role("button", name="Desfazer").press("Enter")
    expect(summary).to_contain_text("Desfeito em 334 registros", timeout=60_000)
    assert situations(people) == before


def test_a_selection_is_counted_cleared_and_ranged(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    boxes = page.locator("td.sel input")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(page.locator("[data-selected]")).to_have_text("4 selecionados")
    expect(page.locator("tr.is-picked")).to_have_count(4)
    expect(page.locator("#aviso")).to_have_text("4 selecionados")
    page.keyboard.press("Escape")
    expect(page.locator("tr.is-picked")).to_have_count(0)
    expect(page.locator("#lote")).to_be_hidden()


def test_staff_11_a_linked_record_at_the_side_and_back_to_the_same_place(page: Page, people: Site) -> None:
    """The link opens a panel; F5 saves it; the row shows the change; row, scroll and focus are the same."""
    page.set_viewport_size({"width": 1280, "height": 640})
    opened(page, f"{people.url}/registros/pessoa?order=codigo")
    row = page.locator("tbody tr").nth(33)
    link = row.locator("a[data-panel]").first
    name = link.inner_text()
    link.scroll_into_view_if_needed()
    link.focus()
    scroll = page.evaluate("scrollY")
    assert scroll > 100
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name=f"Registro ligado: {name}")
    expect(panel.get_by_role("heading", name=name)).to_be_focused()
    assert complaints(page) == []
    panel.get_by_label("Nome").fill("")
    page.keyboard.press("F5")
    expect(panel.locator("[aria-invalid=true]")).to_be_focused()
    panel.get_by_label("Nome").fill(f"{name} do Sul")
    page.keyboard.press("F5")
    expect(panel).to_be_hidden()
    expect(link).to_have_text(f"{name} do Sul")
    expect(link).to_be_focused()
    assert abs(page.evaluate("scrollY") - scroll) < 4
    with people.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM cidade WHERE nome LIKE '% do Sul'")) == 1


def test_the_panel_asks_before_it_forgets_what_was_typed(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa?order=codigo")
    link = page.locator("tbody a[data-panel]").first
    link.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#painel")
    panel.get_by_label("Nome").fill("Outra")
    page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Fechar sem salvar?")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(panel.get_by_label("Nome")).to_have_value("Outra")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Fechar sem salvar").click()
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
