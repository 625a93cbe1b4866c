"""Finding things by fragments: in a list, in the palette, from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, update

from tests import office
from tests.browser.screen import opened

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.office import Site

pytestmark = pytest.mark.browser


def test_staff_01_a_person_by_any_fragment_in_one_field(page: Page, people: Site) -> None:
    """Name without accents, CPF with or without punctuation; the shown row tells homonyms apart."""
    table = people.runtime.entities["pessoa"].table
    searched = func.aroeira_fold(func.concat_ws(" ", table.c.codigo, table.c.nome, table.c.cpf))
    with people.engine.begin() as connection:
        connection.execute(update(table).where(table.c.codigo == "00022").values(cpf="52998224725"))
        connection.execute(update(table).values(search_text=searched))
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("/")
    for typed, code in (
        ("celia brito 00022", "00022"),
        ("529.982.247-25", "00022"),
        ("52998224725", "00022"),
        ("00317", "00317"),
    ):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody td").nth(1)).to_have_text(code)
        expect(page.locator("#busca")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/pessoa/*")


def test_a_search_begun_before_the_last_one_was_answered_goes_on(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/registros/pessoa?q=00022", hold)
    page.keyboard.press("/")
    page.keyboard.type("00022")
    with page.expect_request("**/registros/pessoa?q=00022"):
        page.keyboard.press("Enter")
    page.keyboard.type("003")
    held[0].continue_()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#busca")).to_have_value("003")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    expect(page.locator("tbody td").nth(1)).to_have_text("00317")


def test_esc_and_a_cross_clear_the_search(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa?situacao=ativo")
    every = page.locator("#contagem").inner_text()
    box = page.get_by_role("searchbox", name="Busca rápida")
    clear = page.get_by_role("link", name="Limpar a busca")
    for act in (lambda: page.keyboard.press("Escape"), clear.click):
        page.keyboard.press("/")
        page.keyboard.type("celia brito")
        page.keyboard.press("Enter")
        expect(clear).to_be_visible()
        act()
        expect(clear).to_have_count(0)
        expect(box).to_have_value("")
        expect(box).to_be_focused()
        assert page.url.endswith("?situacao=ativo")
    expect(page.locator("#contagem")).to_have_text(every)
    page.keyboard.type("nunca perguntado")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")


def test_staff_15_routine_record_and_command_by_a_few_letters(page: Page, people: Site) -> None:
    """Three letters and Enter; Esc leaves everything as it was."""
    opened(page, f"{people.url}/registros/cidade")
    page.locator("tbody a").first.focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("pes")
    expect(page.get_by_role("option", name="Pessoas")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Buscar e comandar")).to_be_hidden()
    expect(page.locator("tbody a").first).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("incl cid")
    option = page.get_by_role("option", name="Incluir cidade")
    expect(option).to_have_attribute("aria-selected", "true")
    assert page.get_by_role("combobox").first.get_attribute("aria-activedescendant") == option.get_attribute(
        "id"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/cidade/novo")

    opened(page, people.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("helena duarte")
    expect(page.get_by_role("option").first).to_contain_text("Helena Duarte")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/pessoa/*")
    expect(page.locator("h1")).to_contain_text("Helena Duarte")


def test_the_palette_has_the_commands_of_the_screen_and_only_commands_after_the_sign(
    page: Page, people: Site
) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("Control+k")
    page.keyboard.type("busca")
    page.get_by_role("option", name="Busca rápida").click()
    expect(page.locator("#busca")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type(">cid")
    expect(page.get_by_role("option", name="Incluir cidade")).to_be_visible()
    expect(page.get_by_role("option", name="Cidades", exact=False).filter(has_text="Lugares")).to_have_count(
        0
    )


def test_while_the_palette_asks_nothing_of_the_old_choices_is_chosen(page: Page, people: Site) -> None:
    """A slow answer must not let Enter open what was on top before."""
    opened(page, people.url)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    page.route("**/paleta?q=*", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.keyboard.type("cidades")
    expect(page.get_by_role("option", name="Incluir")).to_have_count(0, timeout=300)
    expect(page.get_by_role("listbox")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/cidade")
    expect(page.locator("tbody a").first).to_be_focused()


def test_the_palette_opens_in_another_tab(page: Page, people: Site) -> None:
    opened(page, people.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("cidades")
    expect(page.get_by_role("option", name="Cidades").first).to_be_visible()
    with page.context.expect_page() as opening:
        page.keyboard.press("Control+Enter")
    opening.value.wait_for_url("**/registros/cidade")
    assert office.FILES
