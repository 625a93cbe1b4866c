"""Views of a list: saved, shared, on the home page; and exports of exactly what is shown."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.screen import opened
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
