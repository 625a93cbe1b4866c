"""Looks of grids and of the help beside a form, measured: alignment, widths, empty grids, counts, phone width."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plans as package
from tests.browser.screen import complaints, opened, overflow, saved

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.office import Site

pytestmark = pytest.mark.browser
# The first row of pixels of a picture, inside its frame, that holds ink.
INK = """async data => {
  const bytes = Uint8Array.from(atob(data), sign => sign.charCodeAt(0));
  const { width, height, pixels } = await createImageBitmap(new Blob([bytes])).then(image => {
    const drawn = new OffscreenCanvas(image.width, image.height).getContext('2d');
    drawn.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, pixels: drawn.getImageData(0, 0, image.width, image.height).data };
  });
  const light = (x, y) => [0, 1, 2].reduce((sum, part) => sum + pixels[(y * width + x) * 4 + part], 0);
  for (let y = 4; y < height - 4; y += 1)
    for (let x = 4; x < width - 8; x += 1) if (Math.abs(light(x, y) - light(5, 5)) > 250) return y;
  return -1;
}"""
TEXT_LEFT = """element => { const range = document.createRange(); range.selectNodeContents(element);
  return Math.round(range.getBoundingClientRect().left); }"""


def plan_page(page: Page, plans: Site, width: int = 1440) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")


def cell(page: Page, field: str, grid: str = "faixas") -> Locator:
    return page.locator(f"[data-grid={grid}] tbody td[data-field={field}]").first


def width_of(column: Locator) -> float:
    box = column.bounding_box()
    assert box
    return box["width"]


@pytest.mark.parametrize(("width", "density"), [(1440, "compact"), (1440, "comfortable"), (390, "compact")])
def test_texts_of_all_cells_stand_at_one_height(page: Page, plans: Site, width: int, density: str) -> None:
    plan_page(page, plans, width)
    page.evaluate("density => { document.documentElement.dataset.density = density; }", density)
    page.evaluate("""() => {
      for (const input of document.querySelectorAll('[data-grid=faixas] td > input:not([type=hidden]), [data-grid=faixas] .combo > input'))
        input.value = 'Ativo';
      for (const select of document.querySelectorAll('[data-grid=faixas] td > select')) select.value = 'ativo';
    }""")
    tops = {}
    for field in ("de", "valor", "situacao", "rede"):
        picture = cell(page, field).screenshot()
        tops[field] = page.evaluate(INK, base64.b64encode(picture).decode())
    assert tops["situacao"] > 0
    assert len(set(tops.values())) == 1, tops


def test_titles_of_grids_stand_in_line_with_sections_and_columns(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    lefts = {
        page.get_by_role("heading", name="Identificação").evaluate(TEXT_LEFT),
        page.get_by_role("heading", name="Avisos").evaluate(TEXT_LEFT),
        page.get_by_role("columnheader", name="Quando").evaluate(TEXT_LEFT),
    }
    assert len(lefts) == 1, lefts


def test_widths_follow_the_kind_of_field(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    assert width_of(cell(page, "quando", "avisos")) < 140
    assert width_of(cell(page, "texto", "avisos")) > 900
    page.set_viewport_size({"width": 390, "height": 900})
    date = cell(page, "quando", "avisos").get_by_role("textbox")
    assert date.evaluate("input => input.scrollWidth <= input.clientWidth")


def test_an_empty_grid_is_one_line_with_its_button(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.get_by_role("tab", name="Avisos").click()
    panel = page.get_by_role("tabpanel", name="Avisos")
    expect(panel).to_contain_text("Ainda não há linhas; inclua a primeira")
    expect(panel.locator("kbd:visible")).to_have_count(0)
    expect(panel.get_by_role("grid")).to_have_count(0)
    assert complaints(page) == []
    panel.get_by_role("button", name="Incluir linha").press("Enter")
    expect(panel.get_by_role("grid", name="Avisos")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(panel).to_contain_text("Ainda não há linhas; inclua a primeira")
    expect(panel.get_by_role("button", name="Incluir linha")).to_be_focused()


def test_tabs_tell_how_many_rows_are_behind_them(page: Page, plans: Site) -> None:
    plan_page(page, plans)

    def tab(name: str) -> Locator:
        return page.get_by_role("tab", name=name, exact=True)

    expect(tab("Faixas de preço 2 linhas")).to_be_visible()
    expect(tab("Avisos")).to_be_visible()
    cell(page, "de").focus()
    page.keyboard.press("Control+Delete")
    expect(tab("Faixas de preço 1 linha")).to_be_visible()
    tab("Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("Primeiro")
    expect(tab("Avisos 1 linha")).to_be_visible()
    saved(page)
    expect(tab("Faixas de preço 1 linha")).to_be_visible()
    expect(tab("Avisos 1 linha")).to_be_visible()


def test_a_tab_tells_its_rows_and_its_errors(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    cell(page, "de").focus()
    page.keyboard.type("200")
    page.keyboard.press("F5")
    expect(page.get_by_role("tab", name="Faixas de preço 2 linhas 1 erro", exact=True)).to_be_visible()


def test_the_help_stands_beside_the_form_where_there_is_room(page: Page, plans: Site) -> None:
    plan_page(page, plans)
    page.locator("#f-codigo").press("F1")
    side = page.get_by_role("complementary", name="Ajuda")
    side.wait_for()
    edge = side.bounding_box()
    assert edge
    for part in (page.locator("#formulario"), page.get_by_role("button", name="Salvar F5")):
        box = part.bounding_box()
        assert box
        assert box["x"] + box["width"] <= edge["x"]
    assert overflow(page) <= 0
    page.keyboard.press("Escape")
    whole = page.locator("#formulario").bounding_box()
    assert whole
    assert whole["x"] + whole["width"] > edge["x"]


def test_an_open_lookup_stays_inside_a_phone(page: Page, plans: Site) -> None:
    plan_page(page, plans, 390)
    cell(page, "rede").focus()
    with page.expect_response("**/busca/**"):
        page.keyboard.press("F2")
        page.keyboard.press("F2")
    box = page.get_by_role("listbox").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert overflow(page) <= 0
