"""The row of totals under a grid: exact, in Brazilian form, in step with typing, pasting, undo and removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import plans as package
from tests.browser.screen import complaints, opened
from tests.browser.test_form_grid import paste

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def total(page: Page, column: str = "valor") -> Locator:
    return page.locator(f"[data-grid=faixas] [data-total={column}] [data-sum]")


def test_the_total_follows_typing_pasting_undo_and_removal(page: Page, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    expect(total(page)).to_have_text("644,40")
    expect(total(page, "ate")).to_have_text("41")
    assert complaints(page) == []
    page.locator("[data-grid=faixas] td[data-field=valor]").first.focus()
    page.keyboard.type("1.000.000.000,1")
    expect(total(page)).to_have_text("1.000.000.358,10")  # not yet left: live
    page.keyboard.press("Escape")
    expect(total(page)).to_have_text("644,40")
    page.locator("[data-grid=faixas] td[data-field=de]").first.focus()
    paste(page, "\n".join(f"{age}\t{age}\t0,10" for age in range(30)))
    # Thirty times ten cents: floats would say 3,0000000000000013.
    expect(total(page)).to_have_text("3,00")
    page.keyboard.press("Control+z")
    expect(total(page)).to_have_text("644,40")
    page.locator("[data-grid=faixas] td[data-field=valor]").first.focus()
    page.keyboard.press("Control+Delete")
    expect(total(page)).to_have_text("358,00")


def test_what_is_no_number_is_left_out_and_said(page: Page, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.locator("[data-grid=faixas] td[data-field=valor]").first.focus()
    page.keyboard.type("-0,05x")
    expect(total(page)).to_have_text("358,00")
    expect(page.locator("[data-grid=faixas] [data-total=valor]")).to_contain_text("sem 1 célula")
    page.keyboard.press("Backspace")
    expect(total(page)).to_have_text("357,95")
    expect(page.locator("[data-grid=faixas] [data-total=valor]")).not_to_contain_text("sem 1 célula")


def test_a_long_grid_keeps_its_totals_in_sight(page: Page, plans: Site) -> None:
    plan = package.plan(plans.engine, plans.runtime)
    opened(page, f"{plans.url}/registros/plano/{plan}")
    page.locator("[data-grid=faixas] td[data-field=de]").first.focus()
    paste(page, "\n".join(f"{age}\t{age}\t9,99" for age in range(60)))
    page.keyboard.press("Control+End")
    page.keyboard.press("ArrowUp")
    expect(total(page)).to_be_in_viewport()
    covered = """() => { const cell = document.activeElement.getBoundingClientRect();
      return cell.bottom - document.querySelector('[data-grid=faixas] tfoot td').getBoundingClientRect().top; }"""
    assert page.evaluate(covered) <= 0
