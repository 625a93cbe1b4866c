"""Files in cells of a grid: chosen by keyboard, pasted, dropped; kept after errors, in drafts and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests import plans as package
from tests.browser.screen import complaints, focus, opened, saved
from tests.browser.test_form_files import COPY_PICTURE, DROP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Locator, Page

    from tests.office import Site

pytestmark = pytest.mark.browser
STORED = """SELECT n.titulo, f.name, p.name FROM anexo n JOIN aroeira_attachment f ON f.id = n.arquivo
  LEFT JOIN aroeira_attachment p ON p.id = n.foto ORDER BY n.id"""


def pdf(name: str, size: int = 3) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"x" * size}


def new_row(page: Page, plans: Site, title: str) -> int:
    """Open the grid of a plan and begin a row, all by keyboard; the focus comes to the cell of the file."""
    plan = package.plan(plans.engine, plans.runtime)
    # Listened for all along: turned on only for a key, the chooser may open before anybody listens.
    page.on("filechooser", lambda chooser: None)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("tab", name="Anexos").click()
    page.get_by_role("button", name="Incluir linha").last.press("Enter")
    page.keyboard.type(title)
    page.keyboard.press("Tab")
    assert focus(page) == "1:arquivo"
    return plan


def chosen(page: Page, key: str, file: FilePayload) -> None:
    """Open the chooser of the focused cell with a key and take a file."""
    with page.expect_file_chooser() as chooser:
        page.keyboard.press(key)
    chooser.value.set_files(file)


def cell(page: Page, field: str, row: int = 0) -> Locator:
    return page.locator(f"[data-grid=anexos] td[data-field={field}]").nth(row)


def stored(plans: Site) -> list[tuple[str, str, str | None]]:
    with plans.engine.connect() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(text(STORED))]


def test_a_row_with_a_file_is_made_changed_and_saved_by_keyboard(page: Page, plans: Site) -> None:
    new_row(page, plans, "Ofício")
    chosen(page, "Enter", pdf("oficio.pdf"))
    expect(cell(page, "arquivo").get_by_role("link", name="oficio.pdf")).to_be_visible()
    assert focus(page) == "1:arquivo"
    assert complaints(page) == []
    page.keyboard.press("Delete")
    expect(cell(page, "arquivo").get_by_role("link")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(cell(page, "arquivo").get_by_role("link", name="oficio.pdf")).to_be_visible()
    chosen(page, "F2", pdf("outro.pdf"))
    expect(cell(page, "arquivo").get_by_role("link", name="outro.pdf")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(cell(page, "arquivo").get_by_role("link", name="oficio.pdf")).to_be_visible()
    page.keyboard.press("Enter")
    assert focus(page) == "1:foto"
    saved(page)
    assert stored(plans) == [("Ofício", "oficio.pdf", None)]
    page.get_by_role("tab", name="Anexos").click()
    cell(page, "arquivo").focus()
    # A Chromium without windows has no viewer of PDF: there the new page asks for the file and keeps it.
    asked = page.context.expect_event("request", lambda request: "/anexos/" in request.url)
    with page.expect_popup() as seen, asked as sent:
        page.keyboard.press("Space")
    assert sent.value.is_navigation_request()
    seen.value.close()
    page.bring_to_front()
    chosen(page, "F2", pdf("novo.pdf"))
    expect(cell(page, "arquivo").get_by_role("link", name="novo.pdf")).to_be_visible()
    saved_again(page)
    assert stored(plans) == [("Ofício", "novo.pdf", None)]


def saved_again(page: Page) -> None:
    with page.expect_navigation():  # the toast of the first save is still there
        page.keyboard.press("F5")


def test_a_file_is_pasted_and_dropped_in_its_cell_and_judged_as_on_the_form(page: Page, plans: Site) -> None:
    new_row(page, plans, "Foto")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(COPY_PICTURE)
    page.keyboard.press("Control+v")
    expect(cell(page, "arquivo").get_by_role("link", name="image.png")).to_be_visible()
    box = cell(page, "arquivo").locator("[data-file]")
    box.evaluate(DROP, ["planilha.xlsx", "application/x", 3])
    expect(cell(page, "arquivo")).to_contain_text("“planilha.xlsx” não é de um tipo aceito")
    box.evaluate(DROP, ["grande.pdf", "application/pdf", 1024 * 1024 + 1])
    expect(cell(page, "arquivo")).to_contain_text("o limite é 1 MB")
    expect(cell(page, "arquivo").get_by_role("link", name="image.png")).to_be_visible()
    box.evaluate(DROP, ["certo.pdf", "application/pdf", 3])
    expect(cell(page, "arquivo").get_by_role("link", name="certo.pdf")).to_be_visible()
    expect(cell(page, "arquivo")).not_to_contain_text("limite")
    cell(page, "foto").locator("[data-file]").evaluate(DROP, ["rosto.png", "image/png", 3])
    expect(cell(page, "foto").get_by_role("img", name="rosto.png")).to_be_visible()
    saved(page)
    assert stored(plans) == [("Foto", "certo.pdf", "rosto.png")]


def test_a_missing_file_is_asked_for_in_its_cell_and_a_chosen_one_stays(page: Page, plans: Site) -> None:
    new_row(page, plans, "Sem arquivo")
    page.get_by_role("button", name="Incluir linha").last.press("Enter")
    page.keyboard.press("Tab")
    chosen(page, "Enter", pdf("so.pdf"))
    expect(cell(page, "arquivo", 1).get_by_role("link", name="so.pdf")).to_be_visible()
    page.keyboard.press("F5")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Anexos, linha 1, Arquivo está em branco")
    expect(summary).to_contain_text("Anexos, linha 2, Título está em branco")
    assert focus(page) == "1:arquivo"
    expect(cell(page, "arquivo", 1).get_by_role("link", name="so.pdf")).to_be_visible()
    chosen(page, "F2", pdf("veio.pdf"))
    expect(cell(page, "arquivo").get_by_role("link", name="veio.pdf")).to_be_visible()
    expect(cell(page, "arquivo")).not_to_contain_text("em branco")


def test_a_file_alone_in_a_new_row_is_kept_in_the_draft(page: Page, plans: Site) -> None:
    plan = new_row(page, plans, "")
    with page.expect_response(lambda answer: "/rascunhos/" in answer.url and answer.request.method == "PUT"):
        chosen(page, "Enter", pdf("rascunho.pdf"))
    page.goto(f"{plans.url}/registros/plano/{plan}?rascunho={plan}")
    page.get_by_role("tab", name="Anexos").click()
    expect(cell(page, "arquivo").get_by_role("link", name="rascunho.pdf")).to_be_visible()


def test_without_script_a_row_has_a_plain_file_input(browser: Browser, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{plans.url}/registros/plano/{plan}")
        cell(page, "arquivo").locator("input[type=file]").set_input_files(pdf("plano.pdf"))
        page.get_by_role("button", name="Salvar F5").click()
        expect(page.get_by_role("alert")).to_contain_text("Anexos, linha 1, Título está em branco")
        cell(page, "titulo").get_by_role("textbox").fill("Plano")
        cell(page, "foto").locator("input[type=file]").set_input_files(pdf("errada.pdf"))
        page.get_by_role("button", name="Salvar F5").click()
        expect(cell(page, "foto")).to_contain_text("“errada.pdf” não é de um tipo aceito")
        expect(cell(page, "arquivo").get_by_role("link", name="plano.pdf")).to_be_visible()
        page.get_by_role("button", name="Salvar F5").click()
        expect(page.locator(".toast")).to_be_visible()
    assert stored(plans) == [("Plano", "plano.pdf", None)]
