"""Rules while somebody types: what shows, is asked for, locked, computed, filled, told; why; warnings."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests import rules
from tests.browser.screen import cells, complaints, focus, opened, overflow, saved, typed

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def plan_chosen(page: Page, words: str) -> None:
    """Choose a plan in the lookup by some words."""
    page.get_by_role("combobox", name="Plano", exact=False).first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(words)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def box(page: Page, field: str) -> Locator:
    return page.locator(f'.field[data-field="{field}"]')


def contract(site: Site, *lives: dict[str, object], plan: int = 1, **values: object) -> str:
    made = rules.contract(site.engine, site.runtime, plan, *lives, **values)
    return f"{site.url}/registros/contrato/{made}"


def test_what_a_choice_brings_shows_is_filled_and_said(page: Page, contracts: Site) -> None:
    opened(page, f"{contracts.url}/registros/contrato/novo")
    tab = page.get_by_role("tab", name="Empresa")
    expect(tab).to_be_hidden()
    typed(page, ["77"])
    plan_chosen(page, "empresarial")
    expect(tab).to_be_visible()
    expect(page.locator("#f-carencia")).to_have_value("0")
    expect(box(page, "carencia").get_by_text("Preenchido automaticamente")).to_be_visible()
    expect(page.locator("#aviso")).to_contain_text("Apareceu: CNPJ, Ramo")
    expect(page.locator("#aviso")).to_contain_text("Preenchido: Carência")
    assert focus(page) == "f-plano"
    tab.click()
    field = page.get_by_role("textbox", name="CNPJ")
    expect(field).to_have_attribute("aria-required", "true")
    page.get_by_role("tab", name="Dados").click()
    plan_chosen(page, "individual")
    expect(tab).to_be_hidden()
    expect(page.locator("#f-carencia")).to_have_value("90")


def test_what_somebody_typed_is_not_filled_over(page: Page, contracts: Site) -> None:
    opened(page, f"{contracts.url}/registros/contrato/novo")
    plan_chosen(page, "individual")
    carencia = page.locator("#f-carencia")
    expect(carencia).to_have_value("90")
    carencia.fill("30")
    expect(box(page, "carencia").get_by_text("Preenchido automaticamente")).to_have_count(0)
    page.keyboard.press("Tab")
    plan_chosen(page, "empresarial")
    expect(page.get_by_role("tab", name="Empresa")).to_be_visible()
    expect(carencia).to_have_value("30")


def test_what_is_typed_meanwhile_stays(page: Page, contracts: Site) -> None:
    """A slow answer neither writes over newer text nor wins over a later one."""
    opened(page, f"{contracts.url}/registros/contrato/novo")
    page.route("**/regras", lambda route: (page.wait_for_timeout(400), route.continue_())[1])
    page.locator("#f-codigo_plano").fill("1")
    page.keyboard.press("Tab")
    page.wait_for_timeout(150)
    page.locator("#f-carencia").fill("12")
    page.locator("#f-nota").focus()
    expect(page.locator("#f-plano")).to_have_value("1 · Individual")
    expect(page.locator("#f-carencia")).to_have_value("12")


def test_totals_follow_the_rows_and_a_check_speaks_at_its_field(page: Page, contracts: Site) -> None:
    opened(page, contract(contracts, rules.life(10), rules.life(5)))
    total = page.get_by_role("textbox", name="Total")
    expect(total).to_have_value("15,00")
    page.get_by_role("textbox", name="Desconto").fill("20")
    page.keyboard.press("Tab")
    said = box(page, "desconto").get_by_text("O desconto de 20,00 passa do total de 15,00.")
    expect(said).to_be_visible()
    cell = page.locator('[data-grid="vidas"] tbody tr').first.locator('[data-field="valor"]')
    cell.click()
    typed(page, ["17"])
    expect(total).to_have_value("22,00")
    expect(page.get_by_role("textbox", name="Líquido")).to_have_value("2,00")
    expect(said).to_have_count(0)
    assert [row[5] for row in cells(page, "vidas")] == ["34,00", "10,00"]
    saved(page)
    with contracts.engine.connect() as connection:
        assert connection.scalar(text("SELECT desconto FROM contrato")) == Decimal(20)


def test_a_lock_keeps_what_is_there_and_why_is_beside_it(page: Page, contracts: Site) -> None:
    opened(page, contract(contracts, rules.life(10), desconto=Decimal(5), forma="boleto", web=True))
    page.get_by_role("combobox", name="Situação").select_option("fechado")
    desconto = page.get_by_role("textbox", name="Desconto")
    expect(desconto).to_have_attribute("readonly", "")
    expect(page.get_by_role("combobox", name="Forma")).to_be_disabled()
    expect(page.get_by_role("radio", name="Sim")).to_be_disabled()
    why = page.get_by_role("button", name="por quê? Desconto")
    why.press("Enter")
    answer = page.get_by_role("dialog", name="por quê? Desconto")
    expect(answer).to_contain_text("Não pode mudar porque Situação é Fechado.")
    page.keyboard.press("Escape")
    expect(answer).to_have_count(0)
    expect(why).to_be_focused()
    desconto.focus()
    page.keyboard.press("Alt+?")
    expect(answer).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    saved(page)
    with contracts.engine.connect() as connection:
        row = connection.execute(text("SELECT situacao, desconto, forma, web FROM contrato")).one()
    assert tuple(row) == ("fechado", Decimal(5), "boleto", True)
    opened(page, page.url)  # without the notice of the save before
    page.get_by_role("combobox", name="Situação").select_option("aberto")
    expect(desconto).not_to_have_attribute("readonly", "")
    page.get_by_role("combobox", name="Forma").select_option("debito")
    saved(page)
    with contracts.engine.connect() as connection:
        assert connection.scalar(text("SELECT forma FROM contrato")) == "debito"


def test_cells_of_a_row_follow_its_rules(page: Page, contracts: Site) -> None:
    opened(page, contract(contracts, rules.life(10)))
    row = page.locator('[data-grid="vidas"] tbody tr').first
    kinship = row.locator('[data-field="parentesco"]')
    expect(kinship).to_have_attribute("aria-readonly", "true")
    kinship.focus()
    page.keyboard.press("Alt+?")
    answer = page.get_by_role("dialog")
    expect(answer).to_contain_text("Não pode mudar porque Titular é Sim")
    page.keyboard.press("Escape")
    assert focus(page) == "1:parentesco"
    page.keyboard.type("mãe")
    assert cells(page, "vidas")[0][3] == ""
    row.locator('[data-field="titular"] select').select_option("nao")
    expect(kinship).not_to_have_attribute("aria-readonly", "true")
    expect(kinship.locator("input")).to_have_attribute("aria-required", "true")


def test_a_cell_fills_others_of_its_row_and_leaves_what_was_typed(page: Page, contracts: Site) -> None:
    opened(page, contract(contracts, rules.life(10), carencia=90))
    page.get_by_role("button", name="Incluir linha").click()
    row = page.locator('[data-grid="vidas"] tbody tr').nth(1)
    code, table, wait = (row.locator(f'[data-field="{name}"]') for name in ("codigo", "tabela", "espera"))
    shown = table.get_by_role("combobox", include_hidden=True)

    def put(text: str) -> None:
        code.focus()
        typed(page, [text], "Tab")

    put("1")
    expect(shown).to_have_value("1 · Individual")
    expect(wait.locator("input").first).to_have_value("182")
    expect(wait).to_contain_text("Preenchido automaticamente")
    expect(wait.get_by_title("Preenchido automaticamente")).to_be_visible()
    expect(page.locator("#aviso")).to_contain_text("Preenchido: Tabela, Espera")
    assert focus(page) == "2:tabela"
    assert complaints(page) == []
    put("2")
    expect(shown).to_have_value("2 · Empresarial")
    expect(wait.locator("input").first).to_have_value("92")
    wait.focus()
    typed(page, ["7"])
    expect(wait.get_by_title("Preenchido automaticamente")).to_have_count(0)
    put("1")
    expect(shown).to_have_value("1 · Individual")
    expect(wait.locator("input").first).to_have_value("7")
    assert cells(page, "vidas")[0][6:] == ["", "", ""]


def test_a_warning_is_read_and_saved_in_spite_of_by_the_keyboard(page: Page, contracts: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    opened(page, f"{contracts.url}/registros/contrato/novo")
    typed(page, ["77"])
    plan_chosen(page, "individual")
    page.locator("#f-carencia").fill("400")
    page.keyboard.press("Tab")
    told = box(page, "carencia").get_by_text("A carência de 400 dias passa de 300.")
    expect(told).to_be_visible()
    page.keyboard.press("F5")
    anyway = page.get_by_role("button", name="Salvar mesmo assim")
    expect(anyway).to_be_focused()
    assert complaints(page) == []
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for()
    with contracts.engine.connect() as connection:
        assert connection.scalar(text("SELECT carencia FROM contrato")) == 400


def test_help_says_why_fields_do_not_show(page: Page, contracts: Site) -> None:
    opened(page, contract(contracts, rules.life(10)))
    page.locator("#f-numero").focus()
    page.keyboard.press("F1")
    help_ = page.get_by_role("complementary", name="Ajuda")
    expect(help_).to_contain_text("Campos que não aparecem agora")
    expect(help_).to_contain_text("Não aparece porque Coletivo do plano não é Sim")


def test_nothing_is_wider_than_a_phone(page: Page, contracts: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, contract(contracts, rules.life(10), situacao="fechado", desconto=Decimal(5)))
    page.get_by_role("button", name="por quê? Desconto").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert overflow(page) <= 0
    assert complaints(page) == []


def test_pasted_rows_are_judged_by_the_rules_before_saving(page: Page, contracts: Site) -> None:
    opened(page, f"{contracts.url}/registros/contrato/novo")
    page.get_by_role("button", name="Incluir linha").click()
    block = "A\t01/01/2000\tSim\t\t10\nBia\t02/01/2000\tSim\t\t20"
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
           document.activeElement.dispatchEvent(new ClipboardEvent('paste',
             { clipboardData: data, bubbles: true, cancelable: true })); }""",
        block,
    )
    report = page.locator("[data-report]")
    expect(report).to_contain_text("10 células coladas, 1 célula precisa de você")
    expect(report).to_contain_text("O nome “A” é curto demais.")
    expect(page.get_by_role("textbox", name="Total")).to_have_value("30,00")
