"""The screens of parameters, and the guide of expressions: by keyboard, both themes, narrow, what axe says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from metadata.values.moments import SITE_ZONE
from tests.browser.rest import at_rest
from tests.browser.screen import complaints, focus, opened, overflow
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]
ONE = "/parametros/tolerancia_inadimplencia"
LATER = datetime.now(SITE_ZONE).date() + timedelta(days=40)


def test_a_value_is_found_given_and_taken_back_by_keyboard_alone(page: Page, shipped: Site) -> None:
    opened(page, shipped.url + "/")
    page.keyboard.press("Control+k")
    page.keyboard.type("parâmetros")
    page.get_by_role("option", name="Parâmetros").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/parametros")
    at_rest(page)
    assert focus(page) == "q"
    page.keyboard.type("tolerancia inad")
    page.keyboard.press("Enter")
    page.wait_for_url("**/parametros?q=*")
    page.get_by_role("link", name="Tolerância para inadimplência", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{ONE}")
    at_rest(page)
    page.get_by_label("Valor", exact=True).focus()
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(f"{LATER:%d%m%Y}")
    page.keyboard.press("F5")
    expect(page.get_by_role("status").first).to_contain_text("Valor gravado")
    expect(page.get_by_role("cell", name="12 dias")).to_be_visible()
    page.get_by_role("link", name=re.compile("Retirar o valor desde")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/retirar?*")
    at_rest(page)
    expect(
        page.get_by_role("heading", name=f"A partir de {LATER:%d/%m/%Y} valerá: padrão (0 dias)")
    ).to_be_visible()
    page.keyboard.press("F5")
    expect(page.get_by_role("status").first).to_contain_text("Valor retirado")
    expect(page.get_by_text("vai valer")).to_have_count(0)


def test_a_chosen_plan_says_where_its_value_comes_from(page: Page, shipped: Site) -> None:
    opened(page, shipped.url + ONE)
    expect(page.get_by_role("heading", name="Quem decide: Plano → sistema → padrão")).to_be_visible()
    page.get_by_role("combobox", name="Plano").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dizer de onde vem").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#resposta")).to_contain_text("quem dá o valor é")
    expect(page.locator("li.step[aria-current]")).to_have_count(1)
    assert complaints(page) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 320)])
def test_every_screen_passes_axe_and_fits(page: Page, shipped: Site, theme: str, width: int) -> None:
    page.context.add_cookies([{"name": "aparencia", "value": f"{theme}.compact", "url": shipped.url}])
    page.set_viewport_size({"width": width, "height": 9000})
    for path in (
        "/parametros",
        "/parametros?q=nada disso",
        ONE,
        "/parametros/juros_padrao",
        "/auditoria/parametros",
        "/ajuda/expressoes",
    ):
        opened(page, shipped.url + path)
        assert complaints(page) == [], path
        assert overflow(page) == 0, path


def test_f1_explains_the_screen(page: Page, shipped: Site) -> None:
    opened(page, shipped.url + ONE)
    page.keyboard.press("F1")
    expect(page.get_by_role("complementary")).to_contain_text("De onde vem este valor?")
