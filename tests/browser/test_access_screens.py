"""The screens of accesses in a browser: by keyboard, in both themes, on a narrow screen, and what axe says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.rest import at_rest
from tests.browser.screen import complaints, opened, overflow, unrolled
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]
ROLE = "/acessos/papeis/tolerancia_inadimplencia"
PAGES = (
    "/acessos/papeis",
    ROLE,
    "/acessos/operadores",
    "/acessos/operadores/novo",
    "/acessos/matriz",
    "/acessos/matriz/plano?de=operadores",
    "/acessos/porque?papel=consulta_planos&o=plano&nivel=change&registro=1",
)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 320)])
def test_every_screen_passes_axe_and_fits(page: Page, shipped: Site, theme: str, width: int) -> None:
    page.context.add_cookies([{"name": "aparencia", "value": f"{theme}.compact", "url": shipped.url}])
    for path in PAGES:
        page.set_viewport_size({"width": width, "height": 900})
        opened(page, shipped.url + path)
        unrolled(page, width)
        assert complaints(page) == [], path
        assert overflow(page) == 0, path


def test_a_role_is_changed_by_keyboard_alone(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}{ROLE}")
    right = page.get_by_label("Acessar as tabelas de preços").first
    right.focus()
    page.keyboard.press("Space")
    page.keyboard.press("F5")
    expect(page.get_by_role("heading", level=1)).to_have_text("Conferir antes de salvar")
    expect(page.get_by_role("cell", name="Direito Acessar as tabelas de preços")).to_be_visible()
    expect(page.get_by_text("Ninguém tem este papel hoje")).to_be_visible()
    assert complaints(page) == []
    page.get_by_label("Por que muda").focus()
    page.keyboard.type("Pedido da diretoria")
    page.keyboard.press("F5")
    expect(page.get_by_role("status").first).to_contain_text("Papel salvo")
    role = shipped.runtime.configuration.roles["tolerancia_inadimplencia"]
    assert "ACESSAR TABELA DE PRECOS" not in role.rights  # the package itself stays as it is
    page.get_by_role("link", name="Editar tolerância para inadimplência").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Pedido da diretoria")).to_be_visible()
    expect(page.get_by_label("Acessar as tabelas de preços").first).to_be_checked()


def test_f3_begins_an_operator_and_the_palette_leads_to_the_screens(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/acessos/operadores")
    page.keyboard.press("F1")
    expect(page.get_by_role("complementary")).to_contain_text("Ver como ele")
    page.keyboard.press("Escape")
    page.keyboard.press("F3")
    page.wait_for_url("**/acessos/operadores/novo")
    at_rest(page)
    page.get_by_label("Nome").focus()
    page.keyboard.type("Lia Castro")
    page.keyboard.press("Tab")
    page.keyboard.type("lia.castro.2")
    page.keyboard.press("F5")
    expect(page.get_by_role("heading", level=1)).to_have_text("Senha de Lia Castro")
    at_rest(page)  # keys pressed before go nowhere
    page.keyboard.press("Control+k")
    page.keyboard.type("matriz de acessos")
    page.get_by_role("option", name="Matriz de acessos").wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matriz de acessos")


def test_the_matrix_shows_several_roles_on_a_phone(page: Page, shipped: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{shipped.url}/acessos/matriz")
    heads = page.locator(".matrix thead th").evaluate_all(
        "all => all.map(each => [each.getBoundingClientRect().right, each.scrollWidth - each.clientWidth])"
    )
    assert sum(right <= 390 for right, _ in heads) >= 4  # what it is about, and three roles
    assert not any(cut > 0 for _, cut in heads)
    assert overflow(page) == 0
    assert complaints(page) == []
