"""A transition by keyboard: what is shown stands above what is asked, and F5 makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.screen import complaints, opened
from tests.kernel.test_states import Shop
from tests.office import served
from tests.renderer.test_transitions import ONE, site
from tests.states import ENTITY, FILES, order
from tests.states import texts as files

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser


def test_f5_makes_the_transition(page: Page, database: Engine, tmp_path: Path) -> None:
    showing = FILES[ENTITY].replace("asks: motivo, help:", "asks: motivo, shows: valor, help:")
    shop = Shop(database, files({ENTITY: showing}), tmp_path)
    shop.made("pedido", order("P-1"))
    with served(site(shop, "chefe")) as url:
        opened(page, f"{url}{ONE}/transicao/cancelar")
        assert complaints(page) == []
        expect(page.locator("main dl dt")).to_have_text(["Valor"])
        page.keyboard.type("Desistiu")
        page.keyboard.press("F5")
        page.wait_for_url("**passou=cancelar")
    assert shop.rows("SELECT situacao, motivo FROM pedido") == [("cancelado", "Desistiu")]
