"""Grids under rules while somebody types: locked and hidden as a whole, blank rows, pasted rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Request, expect
from sqlalchemy import text

from tests import rules
from tests.browser.screen import cells, complaints, focus, opened, saved, typed

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.office import Site

pytestmark = pytest.mark.browser
ROWS = '[data-grid="vidas"] tbody tr'
PASTE = """([td, text]) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    td.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def contract(site: Site, *lives: dict[str, object], **values: object) -> str:
    made = rules.contract(site.engine, site.runtime, 1, *lives, **values)
    return f"{site.url}/registros/contrato/{made}"


def cell(page: Page, place: int, field: str) -> Locator:
    return page.locator(ROWS).nth(place).locator(f'[data-field="{field}"]')


def paste(page: Page, td: Locator, block: str) -> None:
    page.evaluate(PASTE, [td.element_handle(), block])


def is_fixed(td: Locator) -> bool:
    return td.get_attribute("aria-readonly") == "true"


def test_a_grid_is_locked_and_unlocked_as_another_field_says(page: Page, ruled_grids: Site) -> None:
    opened(page, contract(ruled_grids, rules.life(10), rules.life(5, "Rui")))
    sheet, add = page.locator('[data-grid="vidas"]'), page.get_by_role("button", name="Incluir linha")
    why = page.get_by_role("button", name="por quê? Vidas")
    expect(add).to_be_visible()
    expect(why).to_be_hidden()
    page.get_by_role("combobox", name="Situação").select_option("fechado")
    expect(sheet).to_have_attribute("data-locked", "")
    expect(page.locator("#aviso")).to_contain_text("Vidas")
    expect(page.get_by_role("grid", name="Vidas")).to_have_attribute("aria-readonly", "true")
    expect(add).to_be_hidden()
    expect(why).to_be_visible()
    before = cells(page, "vidas")
    name = cell(page, 0, "nome")
    name.click()
    assert focus(page) == "1:nome"
    for keys in (["Zoe", "Enter"], ["F2"], ["Delete"], ["Control+Delete"], ["ArrowDown", "ArrowDown"]):
        for key in keys:
            page.keyboard.type(key) if key == "Zoe" else page.keyboard.press(key)
        name.focus()
    paste(page, name, "Um\t2\nDois\t3\nTrês\t4")
    assert cells(page, "vidas") == before
    assert page.locator(f"{ROWS} .gone:checked").count() == 0
    page.keyboard.press("Alt+?")
    answer = page.get_by_role("dialog")
    expect(answer).to_contain_text("Não pode mudar porque Situação é Fechado")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    assert focus(page) == "1:nome"
    why.click()
    expect(answer).to_contain_text("Não pode mudar porque Situação é Fechado")
    page.keyboard.press("Escape")
    expect(why).to_be_focused()
    page.get_by_role("combobox", name="Situação").select_option("aberto")
    expect(sheet).not_to_have_attribute("data-locked", "")
    expect(why).to_be_hidden()
    name.focus()
    typed(page, ["Zoe"])
    add.click()
    assert page.locator(ROWS).count() == 3
    assert cells(page, "vidas")[0][0] == "Zoe"


def test_a_locked_grid_is_saved_as_it_is(page: Page, ruled_grids: Site) -> None:
    opened(page, contract(ruled_grids, rules.life(10), situacao="fechado"))
    expect(page.get_by_role("button", name="Incluir linha")).to_be_hidden()
    expect(cell(page, 0, "nome").locator("input")).to_have_attribute("readonly", "")
    page.get_by_role("textbox", name="Nota").fill("oi")
    page.keyboard.press("Tab")
    saved(page)
    with ruled_grids.engine.connect() as connection:
        assert connection.scalar(text("SELECT nota FROM contrato")) == "oi"


def test_a_grid_goes_and_comes_and_is_asked_for(page: Page, ruled_grids: Site) -> None:
    opened(page, f"{ruled_grids.url}/registros/contrato/novo")
    sheet = page.locator('[data-grid="vidas"]')
    star = sheet.locator(".toolbar > .req")
    expect(star).to_be_hidden()
    number = page.get_by_role("textbox", name="Número")
    number.fill("0")
    page.keyboard.press("Tab")
    expect(sheet).to_be_hidden()
    expect(page.locator("#aviso")).to_contain_text("Saiu: Vidas")
    number.fill("1")
    page.locator("#f-codigo_plano").fill("2")
    page.keyboard.press("Tab")
    expect(sheet).to_be_visible()
    expect(star).to_be_visible()


def test_blank_rows_stand_right_from_the_start(page: Page, ruled_grids: Site) -> None:
    opened(page, contract(ruled_grids, rules.life(10)))
    page.get_by_role("button", name="Incluir linha").click()
    assert focus(page) == "2:nome"
    early = cell(page, 1, "valor")
    assert not is_fixed(early)
    state = page.get_by_role("combobox", name="Situação")
    # The row that nobody began follows, and so do those that come later.
    state.select_option("fechado")
    expect(early).to_have_attribute("aria-readonly", "true")
    state.select_option("aberto")
    expect(early).not_to_have_attribute("aria-readonly", "true")
    early.focus()
    page.keyboard.press("ArrowDown")
    assert focus(page) == "3:valor"
    assert not is_fixed(cell(page, 2, "valor"))


def test_many_pasted_rows_fill_others_in_one_question(page: Page, ruled_grids: Site) -> None:
    opened(page, contract(ruled_grids, rules.life(10), carencia=1))
    asked: list[int] = []

    def note(request: Request) -> None:
        if request.url.endswith("/regras"):
            asked.append(len(parse_qs(request.post_data or "").get("mudou", [""])[0].split(",")))

    page.on("request", note)
    page.get_by_role("button", name="Incluir linha").click()
    count = 60
    block = "\n".join(f"Vida {n}\t01/01/2000\tNão\tfilha\t5\t\t{1 + n % 2}" for n in range(count))
    paste(page, cell(page, 1, "nome"), block)
    expect(cell(page, count, "espera").get_by_title("Preenchido automaticamente")).to_be_visible(
        timeout=20_000
    )
    rows = page.locator(ROWS)
    assert rows.count() == count + 1
    waits = {row.locator('[data-field="espera"] input').first.input_value() for row in rows.all()[1:]}
    assert waits == {str(1 + 90 + count + 1), str(1 + 0 + count + 1)}
    assert [names for names in asked if names > count] == [max(asked)], asked


def test_a_refused_page_shows_what_is_wrong_whole(page: Page, ruled_grids: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, f"{ruled_grids.url}/registros/contrato/novo")
    page.locator("#f-codigo_plano").fill("2")
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Empresa")).to_be_visible()
    page.keyboard.press("F5")
    summary = page.locator("#erros")
    expect(summary).to_be_visible()
    top = summary.bounding_box()
    tabs = page.get_by_role("tablist").first.bounding_box()
    assert top
    assert tabs
    assert top["y"] >= tabs["y"] + tabs["height"]
