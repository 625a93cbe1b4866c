"""The grid of child rows: one tab stop, arrows, overwriting, a block from Excel, undo, removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests import plans as package
from tests.browser.screen import cells, focus, opened, saved, typed

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser
FIFTY = [f"{2 * age}\t{2 * age + 1}\t{100 + age},50\tAtivo\tRede Sul" for age in range(50)]


def plan_page(page: Page, plans: Site) -> int:
    """Open a plan with two bands, the focus on the first cell."""
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.locator("[data-grid=faixas] td[tabindex='0']").focus()
    return plan


def paste(page: Page, block: str, grid: str = "faixas") -> None:
    """Paste as a spreadsheet would."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    page.keyboard.press("Control+v")
    page.locator(f"[data-grid={grid}] .grid-report .banner").wait_for()


def test_staff_07_fifty_rows_from_excel(page: Page, plans: Site) -> None:
    """Wrong cells are named before saving; Ctrl+Z takes the whole block back; a right block is saved."""
    plan = plan_page(page, plans)
    wrong = [*FIFTY[:48], "x\t7\t1,00\tTalvez\tRede", "130\t\t-1\tAtivo\tRede Oeste"]
    paste(page, "\n".join(wrong))
    report = page.locator("[data-grid=faixas] .grid-report").inner_text()
    for words in (
        "250 células coladas, 6 células precisam de você",
        "Linha 49, De",
        "Linha 49, Situação",
        "Mais de um registro responde por “Rede”",
        "Linha 50, De",
        "Linha 50, Valor",
        "Linha 50, Rede",
    ):
        assert words in report
    assert len(cells(page, "faixas")) == 50
    page.keyboard.press("Control+z")
    assert [row[2] for row in cells(page, "faixas")] == ["286,40", "358,00"]
    paste(page, "\n".join(FIFTY))
    assert "250 células coladas e conferidas" in page.locator("[data-grid=faixas] .grid-report").inner_text()
    saved(page)
    with plans.engine.connect() as connection:
        count, total, linked = connection.execute(
            text("SELECT count(*), sum(valor), count(rede) FROM faixa WHERE plano = :plan"), {"plan": plan}
        ).one()
    assert (count, linked, total) == (50, 50, sum(package.Decimal("100.50") + age for age in range(50)))


def test_arrows_move_typing_overwrites_and_esc_gives_back(page: Page, plans: Site) -> None:
    """One stop of Tab; inside, arrows; a typed character replaces; F2 keeps; Esc undoes the cell."""
    plan_page(page, plans)
    assert focus(page) == "1:de"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert focus(page) == "2:valor"
    page.keyboard.type("4")
    page.keyboard.press("Escape")
    assert cells(page, "faixas")[1][2] == "358,00"
    page.keyboard.type("400,1")
    page.keyboard.press("ArrowUp")
    assert focus(page) == "1:valor"
    assert cells(page, "faixas")[1][2] == "400,10"
    page.keyboard.press("F2")
    page.keyboard.press("End")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    assert focus(page) == "1:situacao"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert [row[2] for row in cells(page, "faixas")] == ["286,40", "358,00"]
    page.keyboard.press("Tab")
    assert "faixas" not in focus(page)
    page.keyboard.press("Shift+Tab")
    assert focus(page) == "1:situacao"


def test_copy_above_and_a_new_row_at_the_end(page: Page, plans: Site) -> None:
    """Ctrl+D repeats the cell above with its link; ↓ on the last row adds one."""
    plan_page(page, plans)
    page.keyboard.press("End")
    assert focus(page) == "1:rede"
    page.keyboard.type("norte")
    page.locator(".opt").first.wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    assert focus(page) == "2:rede"
    page.keyboard.press("Control+d")
    page.keyboard.press("ArrowDown")
    assert focus(page) == "3:rede"
    page.keyboard.press("Home")
    typed(page, ["24", "28", "420"], "Tab")
    saved(page)
    assert [row[4] for row in cells(page, "faixas")] == ["Rede Norte", "Rede Norte", ""]
    with plans.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(DISTINCT rede) FROM faixa")) == 1


def test_a_row_is_marked_before_it_goes(page: Page, plans: Site) -> None:
    """Removal can be taken back until it is saved."""
    plan_page(page, plans)
    mark = page.get_by_role("checkbox", name="Excluir linha de Faixas de preço").first
    mark.focus()
    page.keyboard.press("Space")
    assert "1 a excluir" in page.locator("[data-grid=faixas] [data-count]").inner_text()
    page.keyboard.press("Space")
    assert page.locator("[data-grid=faixas] [data-count]").inner_text() == "2 linhas"
    page.keyboard.press("Space")
    saved(page)
    assert [row[0] for row in cells(page, "faixas")] == ["19"]


def test_a_row_with_rows_of_its_own_opens_its_page(page: Page, plans: Site) -> None:
    """A band has steps: they are on the page of the band."""
    plan_page(page, plans)
    page.get_by_role("link", name="Abrir a linha inteira").first.click()
    page.get_by_role("heading", name="Degraus").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "0 a 18"


def test_the_newest_notice_stands_on_top(page: Page, plans: Site) -> None:
    """Where the field asks for the newest first, a new row comes on top with its default."""
    plan_page(page, plans)
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    assert focus(page) == "1:quando"
    page.keyboard.press("ArrowRight")
    typed(page, ["Primeiro"])
    page.get_by_role("button", name="Incluir linha").last.click()
    page.keyboard.press("ArrowRight")
    typed(page, ["Segundo"])
    assert [row[1] for row in cells(page, "avisos")][:2] != ["Primeiro", "Segundo"]
    saved(page)
    assert {row[1] for row in cells(page, "avisos")} == {"Primeiro", "Segundo"}


def test_a_block_pasted_into_a_new_row_writes_over_nothing(page: Page, plans: Site) -> None:
    """From a new row on top only new rows come; from a saved row the message says what was written over."""
    plan_page(page, plans)
    paste(page, "0\t18\t999,00\n19\t23\t888,00\n24\t28\t777,00")
    report = page.locator("[data-grid=faixas] .grid-report")
    assert "2 linhas existentes mudaram" in report.inner_text()
    page.keyboard.press("Control+z")
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    page.keyboard.press("ArrowRight")
    typed(page, ["Antigo"])
    saved(page)
    page.get_by_role("tab", name="Avisos").click()
    page.get_by_role("button", name="Incluir linha").last.click()
    page.keyboard.press("ArrowRight")
    paste(page, "Um\nDois\nTrês", "avisos")
    assert [row[1] for row in cells(page, "avisos")] == ["Um", "Dois", "Três", "Antigo"]
    assert "existente" not in page.locator("[data-grid=avisos] .grid-report").inner_text()
