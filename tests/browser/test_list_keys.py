"""The list by the keyboard: rows, preview, search, filters, order, pages; the focus is never lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.screen import opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
ROW_OF_FOCUS = "document.activeElement.closest('tr')?.rowIndex ?? -1"


def test_staff_03_the_same_keys_on_the_list(page: Page, people: Site) -> None:
    """F1 help, F3 new, F4 remove with a question, / search, ? keys, Esc one layer at a time."""
    address = f"{people.url}/registros/pessoa"
    opened(page, address)
    page.keyboard.press("F1")
    expect(page.locator("#ajuda")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#ajuda")).to_have_count(0)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Teclas desta tela")
    for label in (
        "Busca rápida",
        "Prévia da linha",
        "Incluir",
        "Excluir a linha",
        "Ajuda do campo ou da tela",
    ):
        expect(keys.get_by_text(label, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("F3")
    page.wait_for_url("**/registros/pessoa/novo")
    opened(page, address)
    page.keyboard.press("ArrowDown")
    name = page.locator("tbody .k-name a").first.inner_text()
    page.keyboard.press("F4")
    page.wait_for_url("**/excluir")
    expect(page.locator("main")).to_contain_text(name)


def test_a_key_right_after_esc_is_already_for_the_page(page: Page, people: Site) -> None:
    """The browser tells of a closed dialog a moment after Esc; both keys come within that moment here."""
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Teclas desta tela")).to_be_visible()
    page.evaluate("""() => ["Escape", "F3"].forEach(key => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))""")
    page.wait_for_url("**/registros/pessoa/novo")


def test_arrows_move_enter_opens_and_space_previews(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(ROW_OF_FOCUS) == 2
    page.keyboard.press("Space")
    preview = page.get_by_role("complementary", name=re.compile("Prévia de"))
    second = page.locator("tbody tr").nth(1)
    expect(preview.locator("h2")).to_have_text(second.locator(".k-name a").inner_text())
    expect(second).to_have_attribute("aria-current", "true")
    expect(page.locator("#aviso")).to_contain_text("Prévia de")
    page.keyboard.press("ArrowDown")
    third = page.locator("tbody tr").nth(2)
    expect(preview.locator("h2")).to_have_text(third.locator(".k-name a").inner_text())
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    assert page.evaluate(ROW_OF_FOCUS) == 3
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/pessoa/*")


def test_order_pages_and_filters_change_in_place_and_keep_the_focus(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.evaluate("window.stays = true")
    head = page.get_by_role("columnheader", name="Código").get_by_role("link")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Código")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody td").nth(1)).to_have_text("00001")
    expect(page.get_by_role("columnheader", name="Código").get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="Próxima").click()
    expect(page.locator("#contagem")).to_contain_text("51 a 100")
    expect(page.locator("tbody .k-name a").first).to_be_focused()
    expect(page.locator("#aviso")).to_have_text("Registros 51 a 100")
    page.go_back()
    expect(page.locator("#contagem")).to_contain_text("1 a 50")
    assert page.evaluate("window.stays") is True


def test_a_filter_by_keyboard_from_the_popover(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.locator("#filtro > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#filtro-corpo a", has_text="Situação").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Ativo")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".fchip")).to_have_text("Situação é Em carência")
    expect(page.locator("#filtro > summary")).to_be_focused()
    expect(page.locator("#aviso")).not_to_be_empty()
    page.get_by_role("link", name="Tirar o filtro Situação").press("Enter")
    expect(page.locator(".fchip")).to_have_count(0)
    page.locator("#filtro > summary").press("Enter")
    page.locator("#filtro-corpo a", has_text="Cidade").first.press("Enter")
    page.get_by_role("combobox", name="Registro").click()
    page.keyboard.type("itaj")
    page.get_by_role("option", name="Itajubá").click()
    page.get_by_role("button", name="Aplicar").click()
    expect(page.locator(".fchip")).to_have_text("Cidade é Itajubá")
    page.locator(".fchip a").first.click()
    expect(page.get_by_role("combobox", name="Registro")).to_have_value("Itajubá")
    page.keyboard.press("Escape")


def test_the_count_goes_on_when_asked(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    expect(page.locator("#contagem")).to_have_text("1 a 50 de 400")


def test_the_list_works_without_script(browser, people: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="pt-BR")
    page = context.new_page()
    page.goto(f"{people.url}/registros/pessoa")
    page.locator("#busca").fill("bento")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("Bento")
    page.locator("#filtro > summary").click()
    page.locator("#filtro-corpo a", has_text="Situação").click()
    page.get_by_label("Inadimplente").check()
    page.get_by_role("button", name="Aplicar").click()
    expect(page.locator(".fchip")).to_have_text("Situação é Inadimplente")
    expect(page.locator("#lote")).to_be_hidden()
    page.locator("td.sel input").first.check()
    page.get_by_role("button", name="Alterar um campo").click()
    page.get_by_label("Campo").select_option("situacao")
    page.get_by_role("button", name="Continuar").click()
    page.get_by_label("Novo valor de Situação").select_option("ativo")
    page.get_by_role("button", name="Ver o que muda").click()
    expect(page.locator("#resumo")).to_contain_text("1 registro muda")
    context.close()


def test_a_typed_date_goes_into_the_filter_and_a_wrong_one_stays_there(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa?situacao=ativo")
    count = page.locator("tbody tr").count()
    page.locator("#filtro > summary").press("Enter")
    page.locator("#filtro-corpo a", has_text="Nascimento").press("Enter")
    value = page.get_by_role("textbox", name="Valor")
    expect(value).to_be_focused()
    page.keyboard.type("31/02/2026")
    page.keyboard.press("Enter")
    expect(page.locator("[data-filter-error]")).to_contain_text("Nascimento: “31/02/2026” não existe")
    expect(value).to_be_focused()
    expect(value).to_have_value("31/02/2026")
    expect(page.locator("tbody tr")).to_have_count(count)
    assert page.url.endswith("?situacao=ativo")
    page.get_by_role("combobox", name="Condição").select_option("a partir de")
    value.fill("010170")
    value.press("Enter")
    expect(page.locator(".fchip", has_text="Nascimento")).to_contain_text("01/01/1970")
