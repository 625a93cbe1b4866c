"""Times on the screen are those of the site, wherever the browser is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from metadata.values.moments import SITE_ZONE
from tests import plans as package
from tests.browser.rest import at_rest, watched
from tests.browser.screen import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.office import Site

pytestmark = pytest.mark.browser
ELSEWHERE = "Asia/Tokyo"


def minutes_apart(shown: str) -> float:
    """Return how far a clock shown as HH:MM is from the clock of the site."""
    now = datetime.now(UTC).astimezone(SITE_ZONE)
    hour, minute = map(int, shown.split(":"))
    apart = abs((hour * 60 + minute) - (now.hour * 60 + now.minute))
    return min(apart, 24 * 60 - apart)


def test_a_browser_elsewhere_shows_the_clock_of_the_site(browser: Browser, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    page: Page = watched(browser, locale="pt-BR", timezone_id=ELSEWHERE).new_page()
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("tab", name="Valores").click()
    page.get_by_role("textbox", name="Visto em").fill("agora")
    page.keyboard.press("Tab")
    seen = page.get_by_role("textbox", name="Visto em")
    expect(seen).to_have_value(re.compile(r"\d\d:\d\d$"))
    assert minutes_apart(seen.input_value()[-5:]) <= 2
    page.get_by_role("tab", name="Principal").click()
    page.get_by_role("textbox", name="Nome", exact=True).fill("Flex Nacional")
    kept = page.get_by_text("rascunho guardado às")
    kept.wait_for(timeout=4000)
    drafted = re.search(r"\d\d:\d\d", kept.inner_text())
    assert drafted
    assert minutes_apart(drafted[0]) <= 2
    page.keyboard.press("F5")
    page.locator(".toast").wait_for()
    at_rest(page)
    saved = re.search(r"salva às (\d\d:\d\d)", page.locator(".head-sub").inner_text())
    assert saved
    assert minutes_apart(saved[1]) <= 2
    page.context.close()
