"""A page is at rest when what its scripts wait for has come, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.rest import at_rest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
ADDRESS = "http://aroeira.test/"
PAGE = """<!doctype html><html class="has-script"><title>x</title><body>
<script>
const said = [];
const ask = async (what) => { said.push(await (await fetch(what)).text()); };
</script>"""


@pytest.fixture
def slow(page: Page) -> Iterator[Page]:
    """A page whose server takes its time for every answer but the page itself."""

    def answer(route) -> None:  # type: ignore[no-untyped-def]
        if route.request.url != ADDRESS:
            page.wait_for_timeout(200)
        body, kind = (PAGE, "text/html") if route.request.url == ADDRESS else ("yes", "text/plain")
        route.fulfill(body=body, content_type=kind)

    page.route("**/*", answer)
    page.goto(ADDRESS)
    yield page
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        ("ask('a')", ["yes"]),
        ("ask('a').then(() => ask('b'))", ["yes", "yes"]),
        ("setTimeout(ask, 120, 'a')", ["yes"]),
        ("requestIdleCallback(() => ask('a'))", ["yes"]),
        ("setTimeout(() => said.push('late'), 1500)", []),
        ("clearTimeout(setTimeout(() => said.push('never'), 100))", []),
        ("fetch('a', {signal: AbortSignal.abort()}).catch(() => said.push('no'))", ["no"]),
    ],
)
def test_what_was_begun_has_come(slow: Page, begun: str, said: list[str]) -> None:
    slow.evaluate(f"() => {{ {begun}; }}")
    at_rest(slow)
    assert slow.evaluate("said") == said


def test_a_page_that_goes_away_is_followed_by_the_next(slow: Page) -> None:
    slow.evaluate(
        "() => { window.isOld = true; setTimeout(() => location.reload(), 150); setInterval(() => ask('a'), 50); }"
    )
    at_rest(slow)
    assert slow.evaluate("window.isOld") is None
