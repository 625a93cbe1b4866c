"""Files of a form: chosen, pasted, dropped; a picture is seen at once and after saving; all by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests import plans as package
from tests.browser.screen import complaints, focus, opened, saved

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

    from tests.office import Site

pytestmark = pytest.mark.browser
# A picture of 2 × 2 pixels on the clipboard, as a screenshot would be.
COPY_PICTURE = """async () => {
  const canvas = new OffscreenCanvas(2, 2);
  canvas.getContext('2d').fillRect(0, 0, 2, 2);
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
}"""
DROP = """(box, [name, type, size]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(size)], name, { type }));
  box.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
IS_DRAWN = "picture => picture.complete && picture.naturalWidth === 2"


def documents(page: Page, plans: Site) -> int:
    """Open the tab with the files of a plan."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("tab", name="Documentos").click()
    return plan


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name)


def pasted_into(page: Page, name: str) -> None:
    """Paste the copied picture into a field, by keyboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(COPY_PICTURE)
    page.get_by_label(f"{name}: escolher, arrastar ou colar um arquivo").focus()
    page.keyboard.press("Control+v")


def is_drawn(page: Page, name: str) -> bool:
    picture = field(page, name).get_by_role("img")
    picture.wait_for()
    page.wait_for_function(IS_DRAWN, arg=picture.element_handle(), timeout=3000)
    return True


def test_a_pasted_picture_is_seen_saved_and_taken_away(page: Page, plans: Site) -> None:
    plan = documents(page, plans)
    pasted_into(page, "Logotipo")
    assert is_drawn(page, "Logotipo")
    assert complaints(page) == []
    saved(page)
    page.get_by_role("tab", name="Documentos").click()
    assert is_drawn(page, "Logotipo")
    with plans.engine.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT a.name, a.mime FROM plano p JOIN aroeira_attachment a ON a.id = p.logotipo"
                " WHERE p.id = :plan"
            ),
            {"plan": plan},
        ).one()
    assert tuple(kept) == ("image.png", "image/png")
    field(page, "Logotipo").get_by_role("button", name="Retirar").press("Enter")
    expect(field(page, "Logotipo").get_by_role("img")).to_have_count(0)
    assert focus(page) == "f-logotipo"
    with page.expect_navigation():  # the toast of the first save is still there
        page.keyboard.press("F5")
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT logotipo FROM plano WHERE id = :plan"), {"plan": plan}) is None


def test_a_pasted_file_goes_only_where_the_focus_is(page: Page, plans: Site) -> None:
    documents(page, plans)
    pasted_into(page, "Contrato")
    expect(field(page, "Contrato").get_by_role("link", name="image.png")).to_be_visible()
    assert is_drawn(page, "Contrato")
    expect(field(page, "Logotipo").get_by_role("link")).to_have_count(0)


def test_a_dropped_file_that_does_not_serve_says_why_and_keeps_the_old_one(page: Page, plans: Site) -> None:
    documents(page, plans)
    box = page.locator("[data-field=contrato] [data-file]")
    box.evaluate(DROP, ["proposta.pdf", "application/pdf", 3])
    expect(field(page, "Contrato").get_by_role("link", name="proposta.pdf")).to_be_visible()
    box.evaluate(DROP, ["planilha.xlsx", "application/x", 3])
    expect(page.locator("#f-contrato-e")).to_contain_text("“planilha.xlsx” não é de um tipo aceito")
    box.evaluate(DROP, ["grande.pdf", "application/pdf", 1024 * 1024 + 1])
    expect(page.locator("#f-contrato-e")).to_contain_text("o limite é 1 MB")
    expect(field(page, "Contrato").get_by_role("link", name="proposta.pdf")).to_be_visible()
    box.evaluate(DROP, ["outra.pdf", "application/pdf", 3])
    expect(page.locator("#f-contrato-e")).to_have_count(0)
    expect(field(page, "Contrato").get_by_role("link", name="outra.pdf")).to_be_visible()


def test_saving_waits_for_a_file_that_is_still_on_its_way(page: Page, plans: Site) -> None:
    plan = documents(page, plans)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/anexos", hold)
    with page.expect_request("**/anexos"):
        page.locator("[data-field=contrato] [data-file]").evaluate(DROP, ["lenta.pdf", "application/pdf", 3])
    page.keyboard.press("F5")
    page.wait_for_timeout(300)
    held[0].continue_()
    page.locator(".toast").wait_for()
    with plans.engine.connect() as connection:
        statement = text("SELECT contrato FROM plano WHERE id = :plan")
        assert connection.scalar(statement, {"plan": plan}) is not None
