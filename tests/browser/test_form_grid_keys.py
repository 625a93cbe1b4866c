"""Keys of a grid that a stranger tried: rows added below, Esc out of a select, Tab by one rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plans as package
from tests.browser.screen import cells, focus, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def plan_page(page: Page, plans: Site, column: str = "de", row: int = 0) -> None:
    """Open a plan with two bands, the focus on a cell."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.locator(f"[data-grid=faixas] td[data-field={column}]").nth(row).focus()


def test_down_on_the_last_row_adds_below_also_where_the_newest_stand_first(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("Primeiro")
    page.keyboard.press("ArrowDown")
    assert focus(page) == "2:texto"
    page.keyboard.type("Segundo")
    page.keyboard.press("Enter")
    assert focus(page) == "3:quando"
    page.get_by_role("button", name="Incluir linha").last.click()
    assert focus(page) == "1:quando"
    assert [row[1] for row in cells(page, "avisos")] == ["", "Primeiro", "Segundo", ""]


def test_esc_leaves_a_select_and_gives_its_value_back(page: Page, plans: Site) -> None:
    plan_page(page, plans, "situacao")
    before = cells(page, "faixas")[0][3]
    page.keyboard.press("F2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("[data-grid=faixas] td.is-editing")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    assert focus(page) == "1:rede"
    assert cells(page, "faixas")[0][3] == before
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("a")  # typing chooses without the list
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert focus(page) == "1:rede"
    assert cells(page, "faixas")[0][3] == before


def test_tab_goes_from_cell_to_cell_typed_in_or_not_and_leaves_after_the_last(
    page: Page, plans: Site
) -> None:
    plan_page(page, plans)
    page.keyboard.press("Tab")
    assert focus(page) == "1:ate"
    page.keyboard.type("17")
    page.keyboard.press("Tab")
    assert focus(page) == "1:valor"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focus(page) == "2:de"
    page.keyboard.press("Shift+Tab")
    assert focus(page) == "1:rede"
    page.keyboard.press("ArrowRight")  # the buttons of the row
    page.keyboard.press("Tab")
    assert focus(page) == "2:de"
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Desfazer")).to_be_focused()
    assert len(cells(page, "faixas")) == 2
    page.keyboard.press("Shift+Tab")
    assert focus(page) == "2:rede"
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Incluir linha").first).to_be_focused()


def test_esc_and_then_tab_leave_the_grid_from_any_cell(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.keyboard.press("Escape")
    expect(page.locator("#aviso")).to_have_text("Tab sai da tabela")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Desfazer")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    assert focus(page) == "1:de"
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")  # whoever moves on stays in
    page.keyboard.press("Tab")
    assert focus(page) == "1:valor"
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Incluir linha").first).to_be_focused()


def test_the_keys_of_the_grid_are_told_in_the_list_and_to_screen_readers(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    expect(page.get_by_role("grid", name="Faixas de preço")).to_have_accessible_description(
        "Tab vai à próxima célula e, da última, sai da tabela; Esc e depois Tab saem de qualquer célula."
    )
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    told = page.get_by_role("dialog", name="Teclas desta tela")
    expect(told).to_contain_text("Célula seguinte da tabela; depois da última, sai")
    expect(told).to_contain_text("Sair da tabela")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("celula seguinte")
    expect(page.get_by_role("option", name="Célula seguinte")).to_have_count(0)
