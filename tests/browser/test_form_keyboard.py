"""Forms by the keyboard: Enter, tabs, dates and amounts as people type them, lookups, keys of the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests import plans as package
from tests.browser.screen import cells, focus, opened, saved, typed

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def test_staff_02_a_plan_with_bands_and_notices_without_the_mouse(page: Page, plans: Site) -> None:
    """Everything of a plan is typed in one screen: fields, a lookup, two grids; F5 saves it all."""
    opened(page, f"{plans.url}/registros/plano/novo")
    assert focus(page) == "f-codigo"
    typed(page, ["0412", "Essencial"])
    page.keyboard.press("Enter")
    typed(page, ["5/11", "+7"])
    assert page.locator("#f-inicio").input_value().startswith("05/11/")
    page.keyboard.press("Enter")
    assert focus(page) == "f-estado"
    page.keyboard.type("minas")
    page.get_by_role("option", name="MG · Minas Gerais").wait_for()
    typed(page, ["", ""])
    assert focus(page) == "f-municipio"
    assert page.locator("#f-estado").input_value() == "MG · Minas Gerais"
    page.get_by_role("button", name="Incluir linha").first.focus()
    page.keyboard.press("Enter")
    typed(page, ["0", "18", "286,4", "", ""])
    typed(page, ["19", "23", "1.234,5"])
    assert cells(page, "faixas")[1][:3] == ["19", "23", "1.234,50"]
    page.get_by_role("tab", name="Avisos").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    typed(page, ["h", "Reajuste em julho"])
    saved(page)
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT nome FROM plano")) == "Essencial"
        assert connection.scalar(text("SELECT sum(valor) FROM faixa")) == package.Decimal("1520.90")
        assert connection.scalar(text("SELECT count(*) FROM aviso")) == 1


def test_staff_03_the_same_keys_everywhere_and_a_list_of_them(page: Page, plans: Site) -> None:
    """F3 includes, F4 asks before it removes, Esc closes only the question, ? lists the keys."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.keyboard.press("F4")
    dialog = page.get_by_role("dialog", name="Excluir 0288 · Flex Empresarial II?")
    dialog.wait_for()
    assert "Faixas de preço: 2 linhas" in dialog.inner_text()
    page.keyboard.press("F5")  # under a dialog it neither saves nor reloads
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Teclas desta tela")
    keys.wait_for()
    for words in ("Salvar", "Excluir", "Incluir", "Registro seguinte", "Desfazer"):
        assert words in keys.inner_text()
    page.keyboard.press("Escape")
    keys.wait_for(state="detached")
    page.keyboard.press("F3")
    page.wait_for_url("**/novo")
    assert page.get_by_role("heading", level=1).inner_text() == "Novo plano"


def test_f4_removes_after_the_question(page: Page, plans: Site) -> None:
    """The record goes with its rows; one in use stays and says who uses it."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.keyboard.press("F4")
    page.get_by_role("dialog").get_by_role("button", name="Excluir").click()
    page.wait_for_url("**/registros/plano")
    expect(page.locator(".toast")).to_have_text("Plano 0288 · Flex Empresarial II excluído")
    assert focus(page) != "body"
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM plano")) == 0
        state = connection.scalar(text("SELECT id FROM estado WHERE sigla = 'MG'"))
    opened(page, f"{plans.url}/registros/estado/{state}")
    page.keyboard.press("F4")
    asked = page.get_by_role("dialog", name="MG · Minas Gerais não pode ser excluído")
    expect(asked.get_by_role("link", name="2 municípios")).to_be_visible()
    expect(asked.get_by_role("button")).to_have_text(["Voltar ao registro"])


def test_enter_opens_the_copy_that_was_asked_for(page: Page, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.keyboard.press("Control+Shift+D")
    asked = page.get_by_role("dialog", name="Duplicar")
    expect(asked.get_by_role("button", name="Abrir a cópia")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Esta é a cópia, ainda não salva.")).to_be_visible()


def test_what_cannot_be_right_is_told_on_leaving_the_field(page: Page, plans: Site) -> None:
    """The words are those of saving, and a right value takes them away."""
    opened(page, f"{plans.url}/registros/plano/novo")
    for tab, label, wrong, told, right in (
        ("Valores", "Carência", "meio ano", "não é um prazo", "6 meses"),
        ("Principal", "CNPJ", "12ABC34501DE36", "O dígito do CNPJ", "12ABC34501DE35"),
    ):
        page.get_by_role("tab", name=tab).click()
        control = page.get_by_role("textbox", name=label)
        control.fill(wrong)
        control.press("Tab")
        expect(control).to_have_attribute("aria-invalid", "true")
        expect(control).to_have_accessible_description(re.compile(told))
        control.fill(right)
        control.press("Tab")
        expect(control).not_to_have_attribute("aria-invalid", "true")


def test_staff_14_dates_and_amounts_as_people_type_them(page: Page, plans: Site) -> None:
    """The field shows what was understood when it is left; an ambiguous text asks."""
    opened(page, f"{plans.url}/registros/plano/novo")
    today = page.evaluate("new Date().toLocaleDateString('pt-BR')")
    start = page.locator("#f-inicio")
    for written, meant in (
        ("h", today),
        ("05112026", "05/11/2026"),
        ("5/11", "05/11/"),
        ("2026-11-05", "05/11/2026"),
        ("010126", "01/01/2026"),
        ("1/1/85", "01/01/1985"),
    ):
        start.fill(written)
        start.press("Tab")
        assert start.input_value().startswith(meant), written
    start.fill("5/11/30")
    start.press("Tab")
    group = page.get_by_role("group", name="Qual destas leituras?")
    group.get_by_role("button", name="05/11/2030").click()
    assert start.input_value() == "05/11/2030"
    start.fill("31/02/2026")
    start.press("Tab")
    assert "não existe no calendário" in page.locator("#f-inicio-e").inner_text()
    page.get_by_role("tab", name="Valores").click()
    fee = page.locator("#f-mensalidade")
    for written, meant in (
        ("1234,5", "1.234,50"),
        ("1.234,50", "1.234,50"),
        ("1234.5", "1.234,50"),
        ("1.234", "1.234,00"),
    ):
        fee.fill(written)
        fee.press("Tab")
        assert fee.input_value() == meant
    factor = page.locator("#f-fator")
    factor.fill("1.234")
    factor.press("Tab")
    group.get_by_role("button", name="1,234").click()
    factor.press("Tab")
    assert factor.input_value() == "1,2340"
    fee.focus()
    fee.fill("12")
    page.keyboard.press("NumpadDecimal")
    page.keyboard.type("5")
    fee.press("Tab")
    assert fee.input_value() == "12,50"


def test_masks_leave_typing_and_pasting_alone(page: Page, plans: Site) -> None:
    """Nothing changes under the hands; the mask comes when the field is left."""
    opened(page, f"{plans.url}/registros/plano/novo")
    field = page.get_by_role("textbox", name="Registro na ANS")
    field.press_sequentially("471806142")
    assert field.input_value() == "471806142"
    field.press("Tab")
    assert field.input_value() == "471.806/14-2"
    cnpj = page.get_by_role("textbox", name="CNPJ")
    cnpj.fill("12abc34501de35")
    cnpj.press("Tab")
    assert cnpj.input_value() == "12.ABC.345/01DE-35"


def test_a_lookup_is_narrowed_by_another_field(page: Page, plans: Site) -> None:
    """Cities come from the chosen state; two answers are offered, one is taken on Tab."""
    opened(page, f"{plans.url}/registros/plano/novo")
    city = page.get_by_role("combobox", name="Município")
    page.get_by_role("combobox", name="Estado").fill("MG")
    page.locator(".opt").first.wait_for()
    page.keyboard.press("Tab")
    assert focus(page) == "f-municipio"
    page.keyboard.type("c")
    page.locator(".opt").first.wait_for()
    assert [each.inner_text() for each in page.locator(".opt").all()] == [
        "Poços de Caldas",
        "Incluir “c”",
    ]
    page.keyboard.press("Escape")
    assert city.get_attribute("aria-expanded") == "false"
    page.keyboard.press("F2")
    page.locator(".opt").first.wait_for()
    city.fill("po")
    page.get_by_role("option", name="Pouso Alegre").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert city.input_value() == "Pouso Alegre"
    assert page.locator("input[type=hidden][name='f.municipio']").input_value() != ""


def test_a_fast_typist_does_not_wait_for_the_lookup(page: Page, plans: Site) -> None:
    """The only answer is taken also when it comes after the field was left."""
    opened(page, f"{plans.url}/registros/plano/novo")
    page.get_by_role("combobox", name="Estado").focus()
    page.keyboard.type("sp")
    page.keyboard.press("Tab")
    expect(page.locator("#f-estado")).to_have_value("SP · São Paulo")


def test_many_links_are_chips(page: Page, plans: Site) -> None:
    """Chips are added by the lookup and taken by their button; the answer is saved."""
    opened(page, f"{plans.url}/registros/plano/novo")
    typed(page, ["9001", "Com redes"])
    page.locator("#f-inicio").fill("h")
    for name in ("Sul", "Norte"):
        page.locator("#f-redes").fill(name)
        page.locator(".opt").first.wait_for()
        page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Tirar Rede Sul").is_visible()
    page.get_by_role("button", name="Tirar Rede Norte").click()
    saved(page)
    assert page.get_by_role("button", name="Tirar Rede Sul").is_visible()
    assert page.get_by_role("button", name="Tirar Rede Norte").count() == 0


def test_enter_may_be_switched_off(page: Page, plans: Site) -> None:
    """Without the switch Enter stays in the field and never sends the form."""
    opened(page, f"{plans.url}/registros/plano/novo")
    page.evaluate("localStorage.setItem('aroeira.enter', 'nao')")
    typed(page, ["1"])
    assert focus(page) == "f-codigo"
    page.keyboard.press("Tab")
    assert focus(page) == "f-nome"


def test_undo_brings_back_what_is_saved(page: Page, plans: Site) -> None:
    """F6 asks when much would be lost, then shows the stored record."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.get_by_role("textbox", name="Nome", exact=True).fill("Outro")
    page.get_by_role("textbox", name="Código").fill("1")
    page.get_by_text("2 campos alterados").wait_for()
    page.keyboard.press("F6")
    page.get_by_role("dialog", name="Desfazer tudo?").get_by_role(
        "button", name="Desfazer 2 mudanças"
    ).click()
    expect(page.locator("#f-nome")).to_have_value("Flex Empresarial II")
    expect(page.locator("#f-codigo")).to_be_focused()
    page.get_by_role("button", name="Refazer").wait_for()
    page.keyboard.press("F6")
    page.get_by_text("Você continua o rascunho").wait_for()
    expect(page.locator("#f-nome")).to_have_value("Outro")
    expect(page.locator("#f-codigo")).to_have_value("1")


def test_a_record_opens_with_the_focus_on_its_first_field(page: Page, plans: Site) -> None:
    """Also where a draft goes on: nobody reaches for the mouse first."""
    plan = package.plan(plans.engine, plans.runtime)
    address = f"{plans.url}/registros/plano/{plan}"
    opened(page, address)
    assert focus(page) == "f-codigo"
    page.get_by_role("textbox", name="Nome", exact=True).fill("Rascunho")
    page.get_by_text("rascunho guardado às").wait_for(timeout=4000)
    opened(page, f"{address}?rascunho={plan}")
    assert focus(page) == "f-codigo"


def test_the_list_of_a_lookup_stays_in_the_window(page: Page, plans: Site) -> None:
    """At the right edge, and where the window is narrower than the list."""
    opened(page, f"{plans.url}/registros/plano/novo")
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 720})
        for field in ("estado", "municipio"):
            page.locator(f"#f-{field}").focus()
            page.evaluate(
                "id => document.getElementById(id).closest('.combo').style.marginLeft = '60%'", f"f-{field}"
            )
            page.keyboard.press("F2")
            pop = page.locator(".pop").first
            pop.wait_for()
            box = pop.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            page.keyboard.press("Escape")


def test_save_and_include_another(page: Page, plans: Site) -> None:
    """Ctrl+Enter saves and opens an empty record with the focus on its first field."""
    opened(page, f"{plans.url}/registros/rede/novo")
    page.keyboard.type("Rede Leste")
    saved(page, "Control+Enter")
    assert page.url.endswith("/novo")
    assert focus(page) == "f-nome"
    assert page.locator("#f-nome").input_value() == ""


def test_neighbours_follow_the_list(page: Page, plans: Site) -> None:
    """Ctrl+↓ and Ctrl+↑ go through the records in the order of the list."""
    first = package.plan(plans.engine, plans.runtime, "0100")
    second = package.plan(plans.engine, plans.runtime, "0200")
    opened(page, f"{plans.url}/registros/plano/{first}")
    page.keyboard.press("Control+ArrowDown")
    page.wait_for_url(f"**/plano/{second}")
    page.locator("html.has-script").wait_for()
    page.keyboard.press("Control+ArrowDown")
    page.get_by_text("último registro").first.wait_for()
    page.keyboard.press("Control+ArrowUp")
    page.wait_for_url(f"**/plano/{first}")
