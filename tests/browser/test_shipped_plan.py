"""The plan registry as shipped: from F3 to F5 with all kinds of parts, and found again by a fragment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.screen import opened, saved
from tests.browser.shipped import shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
__all__ = ["shipped"]


def fill(page: Page, label: str, value: str) -> None:
    """Type into the field of a label."""
    page.get_by_label(label, exact=True).first.fill(value)


def test_a_plan_from_f3_to_f5_with_a_grid_and_a_lookup(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/plano")
    page.keyboard.press("F3")
    page.wait_for_url("**/plano/novo")
    opened(page, page.url)
    page.keyboard.press("F5")
    errors = page.get_by_role("alert").first
    expect(errors).to_contain_text("pontos precisam de você")
    assert errors.get_by_role("link").first.get_attribute("href") == "#f-codigo"
    expect(page.locator("#f-codigo")).to_have_attribute("aria-invalid", "true")
    fill(page, "Código do plano *", "0777")
    fill(page, "Descrição *", "Sucupira Navegação")
    fill(page, "Nome do plano na carteira *", "SUCUPIRA")
    fill(page, "Nome do plano na ANS *", "Sucupira Navegação Enfermaria")
    fill(page, "Data de início *", "01032024")
    page.get_by_role("textbox", name="Registro na ANS (SIMPAS)").fill("999777241")
    lookup = page.get_by_role("combobox", name="Classificação")
    lookup.fill("individ")
    page.get_by_role("option").first.wait_for()
    lookup.press("Enter")
    expect(lookup).to_have_value("IND · Individuais e familiares")
    page.get_by_role("tab", name="Plano de contas").click()
    for label in (
        "Natureza jurídica da contratação *",
        "Segmentação das coberturas *",
        "Abrangência geográfica *",
    ):
        page.get_by_label(label).select_option(index=1)
    page.get_by_role("tab", name="Observações").click()
    grid = page.get_by_role("tabpanel", name="Observações")
    grid.get_by_role("button", name="Incluir linha").click()
    page.keyboard.type("h")
    page.keyboard.press("Enter")
    rows = page.locator("[data-grid]").evaluate_all("all => all.map(each => each.dataset.grid)")
    assert "observacoes" in rows
    text_cell = grid.locator("tbody tr").first.locator("textarea, input[type=text], input:not([type])")
    text_cell.last.fill("Reajuste em julho")
    said = saved(page)
    assert "0777 · Sucupira Navegação" in said
    with shipped.engine.connect() as connection:
        plan = connection.execute(text("SELECT id, inicio, situacao FROM plano WHERE codigo = '0777'")).one()
    assert str(plan.inicio) == "2024-03-01"
    opened(page, f"{shipped.url}/registros/plano")
    page.keyboard.press("/")
    page.keyboard.type("cupira nave")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Sucupira Navegação")
    page.keyboard.press("Control+k")
    page.keyboard.type("sucupi")
    expect(page.get_by_role("option").first).to_contain_text("Sucupira")


def test_a_plan_with_the_same_structure_has_every_level_below(page: Page, shipped: Site) -> None:
    """The copy asks for what cannot repeat, and takes the bands of the price tables along."""
    count = text("""SELECT (SELECT count(*) FROM tabela_preco t WHERE t.plano = p.id),
      (SELECT count(*) FROM faixa_preco f JOIN tabela_preco t ON f.tabela = t.id WHERE t.plano = p.id),
      (SELECT count(*) FROM procedimento_cobertura x JOIN cobertura c ON x.cobertura = c.id WHERE c.plano = p.id)
      FROM plano p WHERE p.codigo = :code""")
    with shipped.engine.connect() as connection:
        plan = connection.execute(text("SELECT id FROM plano WHERE codigo = '0101'")).scalar_one()
        wanted = connection.execute(count, {"code": "0101"}).one()
    assert all(number > 0 for number in wanted)
    opened(page, f"{shipped.url}/registros/plano/{plan}")
    page.get_by_role("link", name="Duplicar").click()
    page.get_by_role("button", name="Abrir a cópia").click()
    page.get_by_text("O que há dentro de cada linha vai junto ao salvar.").wait_for()
    fill(page, "Código do plano *", "0811")
    for label in ("Descrição *", "Nome do plano na carteira *", "Nome do plano na ANS *"):
        fill(page, label, "Outra estrutura")
    page.keyboard.press("F5")
    errors = page.get_by_role("alert").first
    expect(errors).to_contain_text("Código")
    page.get_by_role("tab", name="Tabela de preço").click()
    first = page.locator('[data-grid="tabelas_preco"] tbody td[data-field="codigo"]').first
    first.click()
    for number in range(wanted[0]):
        page.keyboard.type(f"0811-{number}")
        page.keyboard.press("ArrowDown")
    saved(page)
    with shipped.engine.connect() as connection:
        assert connection.execute(count, {"code": "0811"}).one() == wanted


def test_the_keys_of_the_readme_find_and_open_a_plan(page: Page, shipped: Site) -> None:
    opened(page, f"{shipped.url}/registros/plano")
    page.keyboard.press("/")
    page.keyboard.type("ipe enf")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Busca rápida")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/registros/plano/*")
