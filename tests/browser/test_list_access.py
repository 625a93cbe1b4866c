"""Lists and the shell for everybody: narrow, zoomed, with a screen reader, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from tests.browser.rest import at_rest, watched
from tests.browser.screen import complaints, opened, overflow

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.office import Site

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/registros/pessoa",
    "/registros/pessoa?situacao=inadimplente&q=a",
    "/registros/pessoa?q=zzzz",
    "/registros/pessoa?nada=1",
    "/registros/pessoa?columns=nome,cidade.nome&visao.foi=excluida&visao.nome=Minha",
    "/registros/pessoa/colunas",
    "/modulos/cadastro",
    "/teclas",
    "/paleta?q=ana",
    "/nada",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_staff_19_axe_is_silent_on_lists_home_and_shell(page: Page, people: Site, theme: str) -> None:
    """WCAG 2.2 AA and best practice, with menus, preview and palette open too."""
    page.context.add_cookies([{"name": "aparencia", "value": f"{theme}.compact", "url": people.url}])
    for address in PAGES:
        page.goto(people.url + address)
        assert complaints(page) == [], address
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#previa h2")).to_be_visible()
    assert complaints(page) == []
    page.locator("td.sel input").first.check()
    page.locator("#filtro > summary").click()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("Colunas", exact=True).press("Enter")
    page.get_by_label("Mais uma coluna").wait_for()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("ana")
    page.get_by_role("dialog", name="Buscar e comandar").get_by_role("option").first.wait_for()
    assert complaints(page) == []


def test_staff_19_results_are_announced_and_the_focus_never_falls_to_the_page(
    page: Page, people: Site
) -> None:
    """After each change the live region says what is shown and something has the focus."""
    opened(page, f"{people.url}/registros/pessoa")
    for words, said in (("bento", "40 registros"), ("zzzz", "Nenhum registro atende ao filtro")):
        page.locator("#busca").fill(words)
        page.keyboard.press("Enter")
        expect(page.locator("#aviso")).to_have_text(said)
        assert page.evaluate("document.activeElement !== document.body")
    page.get_by_role("link", name="Ver todos").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(50)
    assert page.evaluate("!['BODY', 'HTML'].includes(document.activeElement.tagName)")
    nameless = page.evaluate("""() =>
      [...document.querySelectorAll('main :is(a, button, input:not([type=hidden]), select, summary)')]
      .filter(e => !(e.ariaLabel ?? e.textContent).trim() && !e.labels?.length)
      .filter(e => !e.getAttribute('aria-labelledby')?.split(' ').every(id => document.getElementById(id)))
      .map(e => e.outerHTML)""")
    assert nameless == []


def test_staff_18_lists_at_320_pixels_and_at_200_percent(browser: Browser, people: Site) -> None:
    """Rows become cards; nothing is cut off and nothing scrolls sideways."""
    for width, height, scale in ((320, 640, 1), (390, 800, 2), (640, 480, 2), (1180, 800, 1)):
        viewport = {"width": width, "height": height}
        context = watched(browser, viewport=viewport, device_scale_factor=scale, locale="pt-BR")
        page = context.new_page()
        for address in PAGES:
            page.goto(people.url + address)
            assert overflow(page) <= 0, (width, address)
        opened(page, f"{people.url}/registros/pessoa")
        for menu in ("#filtro", "#visao", "#colunas", "details:has(> summary.avatar)"):
            page.locator(f"{menu} > summary").click()
            box = page.locator(f"{menu} .menu-pop").bounding_box()
            assert box is not None
            assert box["x"] >= 0, (width, menu)
            assert box["x"] + box["width"] <= width, (width, menu)
            page.keyboard.press("Escape")
        if width <= 640:
            expect(page.locator("thead")).to_be_hidden()
            expect(page.locator("tbody tr").first.locator(".k-name")).to_be_visible()
        context.close()


def test_targets_are_at_least_24_pixels(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa?situacao=ativo")
    small = page.evaluate("""() =>
      [...document.querySelectorAll('main :is(button, summary, .fchip a, .tabs a, th a)')]
      .concat([...document.querySelectorAll('.top :is(a, summary)')])
      .filter(e => e.checkVisibility())
      .map(e => [e.textContent.trim() || e.ariaLabel, e.getBoundingClientRect()])
      .filter(([, box]) => box.height < 24 || box.width < 24)
      .map(([name, box]) => `${name} ${box.width}x${box.height}`)""")
    assert small == []


def test_theme_and_density_change_at_once_and_stay(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.locator("summary.avatar").press("Enter")
    page.get_by_role("button", name="Escuro").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    density = page.get_by_role("main").get_by_role("button", name="Confortável")
    density.press("Enter")
    expect(density).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("data-density", "comfortable")
    at_rest(page)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-density", "comfortable")


CARDS = """rows => rows.map(row => {
  const [name, state, code] = ['td.k-name', 'td.k-state', 'td:not(.sel, .opt-col, .k-name, .k-state)']
    .map(part => row.querySelector(part));
  const box = each => each.getBoundingClientRect();
  return box(name).bottom <= box(state).top && box(state).bottom <= box(code).top
    && [name, state].every(each => [each, ...each.children].every(one => one.scrollWidth <= one.clientWidth + 1
      && box(one).right <= innerWidth));
})"""


@pytest.mark.parametrize("width", [390, 320])
def test_every_card_has_its_name_then_its_state_then_the_rest(page: Page, people: Site, width: int) -> None:
    table = people.runtime.entities["pessoa"].table
    with people.engine.begin() as connection:
        long = "Maria das Dores Aparecida de Vasconcelos e Albuquerque Neta"
        connection.execute(update(table).where(table.c.codigo == "00001").values(nome=long))
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, f"{people.url}/registros/pessoa?columns=nome,codigo,situacao,cpf")
    fits = page.locator("tbody tr").evaluate_all(CARDS)
    assert len(fits) == 50
    opened(page, f"{people.url}/registros/pessoa?columns=nome,codigo,situacao,cpf&codigo=00001")
    assert [*fits, *page.locator("tbody tr").evaluate_all(CARDS)] == [True] * 51


def test_the_preview_gives_the_values_the_room(page: Page, people: Site) -> None:
    opened(page, f"{people.url}/registros/pessoa")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    facts = page.locator("#previa dl")
    expect(facts).to_be_visible()
    widths = "e => ['dt', 'dd'].map(tag => e.querySelector(tag).getBoundingClientRect().width)"
    label, value = facts.evaluate(widths)
    assert value > 1.3 * label
