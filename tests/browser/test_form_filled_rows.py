"""Rows that fill themselves while somebody chooses: they come with marks, change, and leave a person's alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.screen import cells, opened, saved

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.office import Site

pytestmark = pytest.mark.browser


def chosen(page: Page, words: str, last: str) -> None:
    """Choose a plan, and wait for the row that comes last then."""
    page.get_by_role("combobox", name="Plano", exact=False).first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(words)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    row = page.locator("[data-grid=carencias] tbody tr").last
    expect(row.locator("td[data-field=grupo] input:not([type=hidden])")).to_have_value(last)


def waits(page: Page) -> list[list[str]]:
    return [row[:3] for row in cells(page, "carencias")]


def marks(page: Page) -> int:
    return page.locator("[data-grid=carencias] .cell-filled").count()


def typed(page: Page, row: int, field: str, text: str) -> None:
    page.locator(f"[data-grid=carencias] tbody tr:nth-child({row}) td[data-field={field}]").click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_rows_come_change_and_a_persons_stay(page: Page, waiting: Site) -> None:
    opened(page, f"{waiting.url}/registros/contrato/novo")
    chosen(page, "primeiro", "consulta")
    expect(page.locator("#aviso")).to_contain_text("Linhas em Carências: 2 a mais")
    assert waits(page) == [["parto", "300", "10"], ["consulta", "30", "1"]]
    assert marks(page) == 6
    chosen(page, "segundo", "exame")
    assert waits(page) == [["consulta", "60", "2"], ["exame", "90", "3"]]
    typed(page, 1, "dias", "10")
    assert marks(page) == 5
    chosen(page, "primeiro", "parto")
    assert waits(page) == [["consulta", "10", "0"], ["parto", "300", "10"]]
    assert "salvo" in saved(page).lower()
    assert waits(page) == [["consulta", "10", "0"], ["parto", "300", "10"]]


def test_what_a_choice_did_to_the_rows_is_taken_back(page: Page, waiting: Site) -> None:
    opened(page, f"{waiting.url}/registros/contrato/novo")
    chosen(page, "primeiro", "consulta")
    chosen(page, "segundo", "exame")
    page.locator("[data-grid=carencias] [data-undo]").click()
    assert [row[0] for row in waits(page)] == ["parto", "consulta"]
    page.locator("[data-grid=carencias] [data-undo]").click()
    assert waits(page) == []
