"""Forms for everybody: files, copies, help, 320 px, both themes, axe, names and announcements, no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests import plans as package
from tests.browser.rest import at_rest
from tests.browser.screen import complaints, focus, opened, overflow, saved

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.office import Site

pytestmark = pytest.mark.browser
DROP = """([id, name]) => { const data = new DataTransfer();
  data.items.add(new File(['conteúdo'], name, {type: 'text/plain'}));
  const drop = new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true});
  document.getElementById(id).closest('[data-file]').dispatchEvent(drop); }"""


def test_staff_09_a_copy_with_the_chosen_parts(page: Page, plans: Site) -> None:
    """The copy asks which parts go along, opens unsaved, and has its keys empty."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("link", name="Duplicar").click()
    dialog = page.get_by_role("dialog", name="Duplicar 0288 · Flex Empresarial II")
    dialog.get_by_role("checkbox", name="Faixas de preço").wait_for()
    dialog.get_by_role("button", name="Abrir a cópia").click()
    page.get_by_text("Esta é a cópia, ainda não salva").wait_for()
    assert page.locator("#f-codigo").input_value() == ""
    assert page.locator("#f-nome").input_value() == "Flex Empresarial II"
    page.locator("#f-codigo").fill("0289")
    saved(page)
    with plans.engine.connect() as connection:
        counts = connection.execute(text("SELECT plano, count(*) FROM faixa GROUP BY plano")).all()
    assert [count for _, count in counts] == [2, 2]


def test_staff_12_a_file_by_choosing_and_dragging(page: Page, plans: Site) -> None:
    """A file is sent when chosen, seen before saving, refused by size and type; confidential waits."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("tab", name="Documentos").click()
    chooser = page.locator("#f-contrato")
    chooser.set_input_files(
        {"name": "contrato assinado.txt", "mimeType": "text/plain", "buffer": b"assinado"}
    )
    page.get_by_role("link", name="contrato assinado.txt").wait_for()
    chooser.set_input_files({"name": "enorme.txt", "mimeType": "text/plain", "buffer": b"x" * 1_100_000})
    panel = page.get_by_role("tabpanel", name="Documentos")
    panel.get_by_text("o limite é 1 MB").wait_for()
    chooser.set_input_files({"name": "programa.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    panel.get_by_text("não é de um tipo aceito").wait_for()
    page.evaluate(DROP, ["f-contrato", "arrastado.txt"])
    page.get_by_role("link", name="arrastado.txt").wait_for()
    saved(page)
    page.get_by_role("tab", name="Documentos").click()
    link = page.get_by_role("link", name="arrastado.txt")
    answer = page.request.get(plans.url + str(link.get_attribute("href")))
    assert answer.text() == "conteúdo"


def test_staff_17_help_of_the_field_and_a_question(page: Page, plans: Site) -> None:
    """F1 explains the focused field; the question names the field and nothing of the person."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.locator("#f-nome").focus()
    page.keyboard.press("F1")
    help_panel = page.get_by_role("complementary", name="Ajuda")
    help_panel.get_by_role("heading", name="Nome").wait_for()
    said = help_panel.inner_text()
    for words in (
        "O nome que o beneficiário lê na carteirinha",
        "Flex Empresarial II",
        "Manual do cadastro",
        "obrigatório",
    ):
        assert words in said
    help_panel.get_by_role("button", name="Não entendi").click()
    help_panel.get_by_text("Anotado").wait_for()
    page.keyboard.press("Escape")
    assert focus(page) == "f-nome"
    with plans.engine.connect() as connection:
        asked = connection.execute(text("SELECT entity, field, screen FROM aroeira_question")).one()
    assert tuple(asked) == ("plano", "nome", "/registros/plano")


def test_staff_19_every_control_has_a_name_and_axe_is_silent(page: Page, plans: Site) -> None:
    """WCAG 2.2 AA on a stored record, on every tab, on a page with errors; errors are announced."""
    plan = package.plan(plans.engine, plans.runtime, vidas=3)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    for tab in ("Principal", "Valores", "Documentos"):
        page.get_by_role("tab", name=tab).click()
        assert complaints(page) == []
    page.get_by_role("tab", name="Principal").click()
    page.locator("#f-nome").fill("")
    page.keyboard.press("F5")
    page.get_by_role("alert").wait_for()
    assert focus(page) == "f-nome"
    assert complaints(page) == []
    page.keyboard.press("F1")
    page.get_by_role("complementary", name="Ajuda").get_by_role("heading", name="Nome").wait_for()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="dark")
    assert complaints(page) == []


def test_staff_18_narrow_and_zoomed(page: Page, plans: Site) -> None:
    """At 320 px and at twice the size nothing is cut off and nothing scrolls sideways."""
    plan = package.plan(plans.engine, plans.runtime)
    for width in (320, 390, 720):
        page.set_viewport_size({"width": width, "height": 700})
        opened(page, f"{plans.url}/registros/plano/{plan}")
        assert overflow(page) <= 0, width
        page.locator("#f-nome").fill("")
        page.keyboard.press("F5")
        page.get_by_role("alert").wait_for()
        assert overflow(page) <= 0, width
        assert page.get_by_role("button", name="Salvar", exact=False).last.is_visible()


def test_a_form_works_without_script(browser: Browser, plans: Site) -> None:
    """Everything is on one page; a lookup takes a text; a blank row adds a band."""
    plan = package.plan(plans.engine, plans.runtime)
    context = browser.new_context(java_script_enabled=False, locale="pt-BR")
    page = context.new_page()
    page.goto(f"{plans.url}/registros/plano/{plan}")
    assert page.locator("#f-vidas").is_visible()
    assert page.get_by_role("heading", name="Documentos").is_visible()
    page.locator("#f-estado").fill("mg")
    page.locator("[name='c.faixas.2.de']").fill("24")
    page.locator("[name='c.faixas.2.valor']").fill("418,86")
    page.locator("[name='c.faixas.0.removed']").check(force=True)
    page.get_by_role("button", name="Salvar F5").click()
    page.get_by_text("salvo às").wait_for()
    assert page.locator("#f-estado").input_value() == "MG · Minas Gerais"
    with plans.engine.connect() as connection:
        assert connection.scalars(text("SELECT de FROM faixa ORDER BY de")).all() == [19, 24]
    context.close()


def test_layers_are_clean_too(page: Page, plans: Site) -> None:
    """Nothing is found with a lookup, a question, the keys, an offered draft or a conflict on the screen."""
    plan = package.plan(plans.engine, plans.runtime)
    address = f"{plans.url}/registros/plano/{plan}"
    opened(page, address)
    page.get_by_role("combobox", name="Estado").fill("s")
    page.locator(".opt").first.wait_for()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.get_by_text("rascunho guardado às").wait_for()
    for key, name in (("F4", "Excluir 0288 · Flex Empresarial II?"), ("F6", "")):
        page.keyboard.press(key)
        if name:
            page.get_by_role("dialog", name=name).wait_for()
            assert complaints(page) == []
            page.keyboard.press("Escape")
    at_rest(page)
    other = page.context.new_page()
    opened(other, address)
    other.locator("#f-nome").fill("De outra janela")
    opened(page, address)
    page.locator("#f-nome").fill("Desta janela")
    other.bring_to_front()
    saved(other)
    page.bring_to_front()
    page.keyboard.press("F5")
    page.locator("#conflito").wait_for()
    at_rest(page)  # the focus follows the banner
    assert focus(page) == "input"
    assert complaints(page) == []
    other.close()


def test_what_cannot_be_told_by_colour_alone_has_words(page: Page, plans: Site) -> None:
    """A changed field, a wrong one and a status all say so in words."""
    plan = package.plan(plans.engine, plans.runtime, situacao="suspenso")
    opened(page, f"{plans.url}/registros/plano/{plan}")
    assert page.locator(".head .chip").first.inner_text() == "Venda suspensa"
    page.locator("#f-nome").fill("Outro")
    page.get_by_text("1 campo alterado").wait_for()
    label = "getComputedStyle(document.getElementById('f-nome-l'), '::after').content"
    assert page.evaluate(label) == '"alterado"'
