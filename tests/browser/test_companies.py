"""Changing the company, and closing a record, by keyboard; both screens in both themes and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import companies, door
from tests.browser.screen import complaints, opened, overflow
from tests.office import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser
LOOKS = [("light", 1280), ("dark", 390)]


@pytest.fixture
def address(database: Engine) -> Iterator[str]:
    """Two companies, and somebody of both who may close records, behind the door."""
    group = companies.installed(database)
    companies.account(database, "bia", "trabalho", "sigilo")
    companies.account(database, "lia", "trabalho")
    with served(companies.application(group)) as found:
        yield found


def enter(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    page.get_by_label("Usuário").fill("bia")
    page.get_by_label("Senha", exact=True).fill(door.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/entrar" not in url)
    opened(page, address + path)


def test_the_company_is_changed_at_the_top_and_from_the_palette(page: Page, address: str) -> None:
    enter(page, address, "/registros/contrato")
    expect(page.get_by_role("table")).to_contain_text("C Aurora")
    control = page.locator("summary.company")
    control.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Zu")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_contain_text("C Zuleica")
    expect(page.get_by_role("table")).not_to_contain_text("C Aurora")
    expect(page.locator("summary.company")).to_have_text("Zuleica")
    page.keyboard.press("Control+k")
    page.keyboard.type("trocar")
    page.get_by_role("option", name="Trocar empresa").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/trabalho")
    page.locator("#pagina-empresa").focus()
    page.keyboard.type("Au")
    together = page.locator("main").get_by_role("checkbox", name="Ver também o que é das outras")
    together.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(address + "/")
    expect(page.locator("summary.company")).to_have_text("Todas as empresas")


def test_a_record_is_closed_and_opened_by_keyboard(page: Page, address: str) -> None:
    enter(page, address, "/registros/cliente/1")
    page.get_by_role("link", name="Sigilo: pôr").press("Enter")
    page.wait_for_url("**/sigilo")
    page.get_by_role("checkbox", name="Lia").press("Space")
    page.get_by_role("button", name="Pôr sob sigilo").press("Enter")
    expect(page.locator(".head")).to_contain_text("Sob sigilo")
    page.get_by_role("link", name="Sigilo: fechado a outros").press("Enter")
    expect(page.get_by_role("checkbox", name="Lia")).to_be_checked()
    page.get_by_role("button", name="Retirar o sigilo").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Sigilo retirado")
    expect(page.get_by_role("link", name="Sigilo: pôr")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_screens_are_sound_in_both_themes_and_narrow(
    page: Page, address: str, theme: str, width: int
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    enter(page, address, "/trabalho")
    assert complaints(page) == []
    assert overflow(page) <= 0
    opened(page, f"{address}/registros/cliente/1/sigilo")
    assert complaints(page) == []
    assert overflow(page) <= 0
    page.locator("summary.company").click()
    assert complaints(page) == []
    assert overflow(page) <= 0
