"""The quick look of a beneficiary and of a contract: by keyboard, in both themes, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.billing_site import site
from tests.browser.screen import complaints, opened, overflow
from tests.office import served
from tests.shipped import demonstrated, office

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cluster

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS", "")
LIFE = "SELECT beneficiario FROM doenca_preexistente WHERE opcao = 'agravo'"
CONTRACT = "SELECT contrato FROM beneficiario WHERE id = (" + LIFE + ")"


@pytest.fixture(scope="module")
def records(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The addresses of a beneficiary and of their contract, in the shipped packages."""
    with office(cluster, demonstrated(cluster)) as made, served(site(made)) as url:
        found = {"beneficiario": made.rows(LIFE)[0][0], "contrato": made.rows(CONTRACT)[0][0]}
        yield {entity: f"{url}/registros/{entity}/{id}" for entity, id in found.items()}


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
@pytest.mark.parametrize("entity", ["beneficiario", "contrato"])
def test_the_look_fits_the_screen_and_axe_finds_nothing(
    page: Page, records: dict[str, str], entity: str, theme: str, width: int
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{records[entity]}/consulta")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/look-{entity}-{theme}-{width}.png", full_page=True)
    assert complaints(page) == []
    assert overflow(page) == 0


def test_f9_opens_the_look_of_a_record_and_enter_on_its_button_goes_back(
    page: Page, records: dict[str, str]
) -> None:
    opened(page, records["beneficiario"])
    page.keyboard.press("F9")
    expect(page.locator(".head-sub")).to_contain_text("Consulta rápida")
    button = page.get_by_role("link", name="Abrir o cadastro")
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("each => each === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(records["beneficiario"])
