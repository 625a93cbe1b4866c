"""Views of a list: saved, shared, on the home page; and exports of exactly what is shown."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.screen import complaints, opened
from tests.office import application, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def test_staff_10_a_filtered_list_becomes_a_view_shared_and_on_the_home_page(
    page: Page, people: Site
) -> None:
    """Saved by the keyboard; a colleague sees it; its tile counts."""
    opened(page, f"{people.url}/registros/pessoa?situacao=inadimplente")
    page.locator("summary", has_text="Visão").press("Enter")
    page.get_by_label("Salvar esta visão como").fill("Cobrar esta semana")
    page.get_by_label("Mostrar para todos").press("Space")
    page.get_by_label("Pôr na tela inicial").press("Space")
    page.get_by_role("button", name="Salvar visão").press("Enter")
    tab = page.get_by_role("navigation", name="Visões salvas").get_by_role("link", name="Cobrar esta semana")
    expect(tab).to_have_attribute("aria-current", "true")
    opened(page, people.url)
    tile = page.locator(".tile", has_text="Cobrar esta semana")
    expect(tile.locator(".value")).to_have_text("67")
    tile.get_by_role("link").press("Enter")
    expect(page.locator(".fchip")).to_have_text("Situação é Inadimplente")
    with served(application(people.engine, people.runtime, "colega")) as other:
        opened(page, f"{other}/registros/pessoa")
        expect(page.get_by_role("link", name="Cobrar esta semana")).to_be_visible()
        opened(page, other)
        expect(page.locator(".tile")).to_have_count(0)


def test_an_own_view_is_renamed_removed_and_brought_back_on_the_view_itself(page: Page, people: Site) -> None:
    """By the keyboard; removing asks first and can be undone; a view of others offers neither."""
    opened(page, f"{people.url}/registros/pessoa?situacao=inadimplente&q=a")
    page.get_by_label("Salvar visão").press("Enter")
    page.get_by_label("Salvar esta visão como").fill("Cobrar")
    page.get_by_label("Mostrar para todos").press("Space")
    page.get_by_role("button", name="Salvar visão").press("Enter")
    tabs = page.get_by_role("navigation", name="Visões salvas")
    expect(tabs.get_by_role("link", name="Cobrar")).to_have_attribute("aria-current", "true")
    page.get_by_label("Editar visão").press("Enter")
    page.get_by_label("Nome da visão").fill("Cobrar hoje")
    page.get_by_label("Nome da visão").press("Enter")
    expect(tabs.get_by_role("link", name="Cobrar hoje")).to_have_attribute("aria-current", "true")
    page.get_by_label("Editar visão").press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator("summary", has_text="Excluir visão…")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ela some também para os colegas")).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="“Cobrar hoje” foi excluída")).to_be_visible()
    expect(tabs.get_by_role("link", name="Cobrar hoje")).to_have_count(0)
    expect(page.get_by_role("button", name="Desfazer")).to_be_focused()
    assert complaints(page) == []
    page.keyboard.press("Enter")
    expect(tabs.get_by_role("link", name="Cobrar hoje")).to_have_attribute("aria-current", "true")
    with served(application(people.engine, people.runtime, "colega")) as other:
        opened(page, f"{other}/registros/pessoa?situacao=inadimplente&q=a")
        expect(tabs.get_by_role("link", name="Cobrar hoje")).to_have_attribute("aria-current", "true")
        expect(page.get_by_label("Editar visão")).to_have_count(0)


def test_columns_are_chosen_by_the_keyboard_in_place_and_kept_in_the_address(
    page: Page, people: Site
) -> None:
    """Move, remove, add one behind a link; the focus stays with the column; the way back is one press."""
    opened(page, f"{people.url}/registros/pessoa?q=ana")
    page.get_by_label("Colunas", exact=True).press("Enter")
    chosen = page.get_by_role("list", name="Colunas, na ordem da lista").get_by_role("listitem")
    expect(chosen).to_have_count(8)
    page.get_by_role("button", name="Antes: Nome").press("Enter")
    expect(chosen.first).to_contain_text("Nome")
    expect(page.get_by_role("button", name="Antes: Nome")).to_be_focused()
    expect(page.locator("#aviso")).to_have_text("Nome: coluna 1 de 8")
    for label in ("CPF", "Situação", "Cidade", "Estado (cidade)", "Nascimento"):
        page.get_by_role("button", name=f"Tirar: {label}", exact=True).press("Enter")
        expect(page.get_by_role("button", name=f"Tirar: {label}", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Tirar: Mensalidade")).to_be_focused()
    field = page.get_by_label("Mais uma coluna")
    field.select_option("cidade.estado")
    page.get_by_role("button", name="Pôr").press("Enter")
    expect(field).to_be_focused()
    assert complaints(page) == []
    field.select_option("cidade.estado.nome")
    page.get_by_role("button", name="Mostrar na lista").press("Enter")
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_text(
        ["", "Nome", "Código", "Mensalidade", "Estado (cidade)", "Nome (estado)"], use_inner_text=True
    )
    expect(page.get_by_label("Colunas", exact=True)).to_be_focused()
    assert "columns=nome,codigo," in page.url
    assert "q=ana" in page.url
    page.get_by_role("link", name="Colunas escolhidas: 5").press("Enter")
    expect(chosen).to_have_count(5)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Voltar às colunas de origem").press("Enter")
    expect(heads).to_have_count(9)
    page.go_back()
    expect(heads).to_have_count(6)


def test_staff_16_exports_exactly_what_is_on_the_screen_with_the_filters_named(
    page: Page, people: Site
) -> None:
    """The same rows in the same order in both files; the workbook names the filters; so does print."""
    opened(page, f"{people.url}/registros/pessoa?situacao=carencia&q=ana&order=-codigo")
    shown = [name.strip() for name in page.locator("td.k-name").all_inner_texts()]
    assert 5 < len(shown) < 50
    page.locator("summary", has_text="Exportar").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Texto separado por ; (CSV)").press("Enter")
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert [row[1] for row in rows[1:]] == shown
    with page.expect_download() as download:
        page.get_by_role("link", name="Planilha (XLSX)").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert [row[1].value for row in book["Pessoas"].iter_rows(min_row=2)] == shown
    notes = {row[0].value: row[1].value for row in book["Filtros"].iter_rows()}
    assert (notes["Situação"], notes["Busca"]) == ("é Em carência", "ana")
    page.emulate_media(media="print")
    expect(page.locator(".fchip").first).to_be_visible()
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator("#busca")).to_be_hidden()
