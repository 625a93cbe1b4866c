"""What tests do on a screen: press keys, wait for the page to be ready, read what it says, ask axe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.rest import at_rest

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What passes is judged all the same, but not described node by node: that took most of the time.
BRIEF = {"resultTypes": ["violations"]}
# These look at what is painted, which takes two thirds of all; of rows that are painted alike they see one.
PAINTED = ("color-contrast", "target-size")
OF_ALL = BRIEF | {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {rule: {"enabled": False} for rule in PAINTED},
}
OF_PAINTED = BRIEF | {"runOnly": {"type": "rule", "values": list(PAINTED)}}
# Alike: the same elements, classes, states and kinds of controls; other words, addresses and names of fields.
# The first of each, of the striped ones both, and the last of all stay, as rules for their places may paint them.
ALIKE = """() => {
  const WORDS = /\\s(?:(?:id|for|name|href|src|title|aria-(?:label|labelledby|describedby|controls))="[^"]*"|data-[\\w-]+="[^"]*\\d[^"]*")/g;
  const painted = row => row.outerHTML.replace(WORDS, '').replace(/(value|placeholder)="[^"]+"/g, '$1="x"')
    .replace(/>[^<]*[^<\\s][^<]*</g, '>x<');
  return [...document.querySelectorAll('tbody, ul, ol')].flatMap(box => {
    const seen = new Set();
    return [...box.children].slice(0, -1).filter((row, place) => {
      const looks = place % 2 + painted(row);
      return seen.has(looks) || !seen.add(looks);
    });
  });
}"""
COMPLAINTS = f"""async ([ofAll, ofPainted]) => {{
  const exclude = ({ALIKE})();
  const found = [await axe.run(ofAll), await axe.run(exclude.length ? {{ exclude }} : document, ofPainted)];
  return found.flatMap(one => one.violations).flatMap(each =>
    each.nodes.map(node => `${{each.id}}: ${{node.html.slice(0, 160)}}`));
}}"""
TALLEST = """Math.max(...[...document.querySelectorAll('*')].map(each => each.scrollHeight))"""
FOCUS = """() => { const a = document.activeElement; const cell = a.closest('td');
  return cell ? `${cell.parentElement.rowIndex}:${cell.dataset.field}` : a.id || a.tagName.toLowerCase(); }"""


def opened(page: Page, address: str) -> None:
    """Open a page and wait until its scripts have started and have what they asked for."""
    page.goto(address)
    at_rest(page)


def typed(page: Page, texts: Iterable[str], key: str = "Enter") -> None:
    """Type texts one after the other, a key after each."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press(key)


def saved(page: Page, key: str = "F5") -> str:
    """Save with a key, wait for the record, and return what the page said."""
    with page.expect_navigation():  # the toast of an earlier save may still be there
        page.keyboard.press(key)
    page.locator(".toast").wait_for()
    at_rest(page)
    return page.locator(".toast").inner_text()


def focus(page: Page) -> str:
    """Return the id of the element with the focus, or row:field of a grid cell."""
    return str(page.evaluate(FOCUS))


def cells(page: Page, grid: str) -> list[list[str]]:
    """Return what a grid holds, row by row."""
    script = """grid => [...document.querySelectorAll(`[data-grid="${grid}"] tbody tr`)].map(row =>
      [...row.querySelectorAll('td:not(.row-tools)')].map(cell =>
        cell.querySelector('input:not([type=hidden]), select, textarea').value))"""
    return list(page.evaluate(script, grid))


def complaints(page: Page) -> list[str]:
    """Return what axe finds wrong on the page, as short lines."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(COMPLAINTS, [OF_ALL, OF_PAINTED]))


def unrolled(page: Page, width: int) -> None:
    """Make the window high enough for every row: axe takes what scrolls below a sticky bar for covered.

    Twice as high as anything in it, as boxes that scroll may have half of its height. A window that is as high
    while the page loads costs a fifth of the whole: all of it is painted, also what nothing is in.
    """
    page.set_viewport_size({"width": width, "height": 2 * int(page.evaluate(TALLEST)) + 1000})


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
