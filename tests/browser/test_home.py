"""The home page: routines, what was opened, drafts, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.rest import at_rest
from tests.browser.screen import opened, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def test_routines_open_from_the_tree_by_keyboard(page: Page, people: Site) -> None:
    opened(page, people.url)
    tree = page.get_by_role("navigation", name="Rotinas")
    tree.get_by_role("link", name="Cidades").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/cidade")
    expect(
        page.get_by_role("navigation", name="Módulos").get_by_role("link", name="Cadastro")
    ).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("navigation", name="Você está em")).to_contain_text("Cadastro")


def test_what_was_opened_and_what_was_not_saved_wait_on_the_home_page(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/cidade?q=itaj")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/cidade/*")
    at_rest(page)
    with page.expect_response("**/rascunhos/**"):
        page.get_by_label("Nome").fill("Itajubá Velho")
    page.goto(people.url)
    expect(page.get_by_role("region", name="Abertos há pouco")).to_contain_text("Itajubá")
    drafts = page.get_by_role("region", name="Rascunhos seus")
    expect(drafts).to_contain_text("Itajubá")
    drafts.get_by_role("link").first.click()
    page.wait_for_url("**/registros/cidade/*")


def test_the_skip_link_is_the_first_stop(page: Page, people: Site) -> None:
    opened(page, people.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir para o conteúdo")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "conteudo"


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_a_tile_with_a_long_name_holds_all_of_it(page: Page, people: Site, width: int) -> None:
    name = "Inadimplentes_com_mais_de_noventa_dias de atraso em Pouso Ale"
    view = {"nome": name[:60], "consulta": "situacao=inadimplente", "inicio": "sim"}
    page.request.post(f"{people.url}/registros/pessoa/visoes", form=view)
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, people.url)
    assert overflow(page) == 0
    tile = page.locator(".tile")
    assert tile.evaluate("e => e.scrollWidth <= e.clientWidth")
    inside = """e => { const [a, b] = [e.getBoundingClientRect(), e.closest('.tile').getBoundingClientRect()];
      return a.left >= b.left && a.right <= b.right && a.bottom <= b.bottom; }"""
    assert tile.get_by_role("button", name="Tirar").evaluate(inside)
    assert tile.get_by_role("link").locator("span").first.evaluate(inside)
