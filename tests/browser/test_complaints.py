"""What is asked of axe: all of a page, and of rows that are painted alike one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import ALIKE, complaints

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
ROW = '<tr id="linha-{n}" data-id="{n}"><td><a href="/{n}">Pessoa {n}</a><td>{n}'
PAGE = """<!doctype html><html lang="pt-BR"><title>Pessoas</title><style>.faint {{ color: #ddd; background: #fff }}
  td {{ padding: 16px }} .small {{ display: block; width: 9px; height: 9px; padding: 0; font-size: 8px }}</style><main><h1>Pessoas</h1>
  <table><thead><tr><th>Nome<th>Número</thead><tbody>{}</table></main></html>"""


def shown(page: Page, *rows: str) -> list[str]:
    """Show rows and return which rules complain."""
    page.set_content(PAGE.format("".join(rows)))
    return [said.partition(":")[0] for said in complaints(page)]


def rows(count: int) -> list[str]:
    return [ROW.format(n=n) for n in range(count)]


def test_rows_that_are_painted_alike_are_looked_at_once(page: Page) -> None:
    assert shown(page, *rows(10)) == []
    left_out = page.evaluate(f"({ALIKE})().map(row => row.id)")
    # The first of both stripes and the last are looked at.
    assert left_out == [f"linha-{n}" for n in range(2, 9)]


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ('class="faint"', "color-contrast"),
        ('style="color: #ddd"', "color-contrast"),
    ],
)
def test_one_row_that_is_painted_otherwise_is_looked_at(page: Page, after: str, said: str) -> None:
    odd = ROW.format(n=5).replace("<a", f"<a {after}")
    assert shown(page, *rows(5), odd, *rows(5)[1:]) == [said]


def test_a_target_that_only_one_row_has_is_looked_at(page: Page) -> None:
    button = '<button class="small">a</button>'
    odd = ROW.format(n=5).replace("<td>5", f"<td>{button}{button}5")
    assert set(shown(page, *rows(5), odd, *rows(5)[1:])) == {"target-size"}


def test_what_is_not_painted_is_asked_of_every_row(page: Page) -> None:
    nameless = ROW.format(n=5).replace("Pessoa 5", "")
    assert shown(page, *rows(5), nameless, *rows(5)[1:]) == ["link-name"]
    nameless_alike = ROW.format(n=6).replace("<td>6", '<td><input type="text">')
    named = ROW.format(n=6).replace("<td>6", '<td><input type="text" aria-label="Número">')
    assert shown(page, named, named, named, nameless_alike, named) == ["label"]
