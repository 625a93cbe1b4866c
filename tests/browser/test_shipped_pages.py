"""Every routine of the shipped packages opens, says nothing on the console and passes axe, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from renderer import documents
from tests.browser.screen import complaints, overflow, unrolled
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]
NARROW, LOW = 320, 900
RAGGED = """() => [...document.querySelectorAll('table.tbl--cards')].some(table =>
  [...table.tBodies[0].rows].some(row => row.cells.length !== table.tHead.rows[0].cells.length))"""


def first_record(site: Site, entity: str) -> int | None:
    """Return the id of some record of an entity."""
    with site.engine.connect() as connection:
        return connection.scalar(text(f'SELECT min(id) FROM "{entity}"'))


def addresses(site: Site) -> list[str]:
    """Return every list, and of each entity the form of a record, or the empty one where people make records."""
    found = ["/"]
    seen: set[str] = set()
    for name, document in documents.lists(site.runtime).items():
        found.append(f"/registros/{name}")
        if document.entity not in seen:
            seen.add(document.entity)
            record = first_record(site, document.entity)
            if record or site.runtime.entities[document.entity].entity.allows("add"):
                found.append(f"/registros/{name}/{record or 'novo'}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("turn", "theme", "width"), [(0, "light", 1440), (1, "dark", NARROW)])
def test_every_page_passes_axe_and_fits(page: Page, shipped: Site, turn: int, theme: str, width: int) -> None:
    """Each page is visited once, every other one dark and narrow; the plan, the largest, in both ways."""
    page.context.add_cookies([{"name": "aparencia", "value": f"{theme}.compact", "url": shipped.url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    wrong: dict[str, list[str]] = {}
    listed = addresses(shipped)
    for address in dict.fromkeys([*listed[turn::2], f"/registros/plano/{first_record(shipped, 'plano')}"]):
        page.set_viewport_size({"width": width, "height": LOW})
        answer = page.goto(shipped.url + address)
        unrolled(page, width)
        found = [] if answer and answer.ok else [f"status {answer and answer.status}"]
        found += complaints(page) + said
        if "</" in page.inner_text("main"):
            found.append("shows markup as text")
        if page.evaluate(RAGGED):
            found.append("a row has more or fewer cells than the head")
        if page_overflow := overflow(page):
            found.append(f"{page_overflow} px too wide")
        said.clear()
        if found:
            wrong[address] = found[:3]
    assert wrong == {}
