"""What a screen is drawn with: icons that exist, no inline script or style, moments in words, help as markup."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from metadata.values.moments import SITE_ZONE
from renderer import assets, environment, when
from renderer.help_pages import prose
from tests.conftest import CHECKOUT

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=SITE_ZONE)
SPRITE = (assets.FOLDER / "icones.svg").read_text(encoding="utf-8")
NAMED = {
    "*.html": re.compile(r'icon\("([a-z0-9-]+)"'),
    "*.js": re.compile(r'icon\("([a-z0-9-]+)"|icon: "([a-z0-9-]+)"'),
}


def named_icons() -> set[str]:
    found: set[str] = set()
    for folder in (environment.FOLDER, assets.FOLDER):
        for pattern, names in NAMED.items():
            for path in folder.rglob(pattern):
                found |= {
                    name
                    for match in names.findall(path.read_text(encoding="utf-8"))
                    for name in ([match] if isinstance(match, str) else match)
                }
    for path in (CHECKOUT / "modules").rglob("*.yaml"):
        found |= set(re.findall(r"\bicon: ([a-z0-9-]+)", path.read_text(encoding="utf-8")))
    return found - {""}


def test_every_named_icon_is_in_the_sprite() -> None:
    present = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))
    assert named_icons() - present == set()


def test_templates_have_neither_inline_script_nor_style() -> None:
    for path in environment.FOLDER.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*src=)", text), path.name


@pytest.mark.parametrize(
    ("ago", "after_a_verb", "after_a_noun"),
    [
        (timedelta(hours=1), "às 08:30", "hoje 08:30"),
        (timedelta(hours=16), "ontem às 17:30", "ontem 17:30"),
        (timedelta(days=8), "em 14/11/2026 às 09:30", "14/11/2026 09:30"),
    ],
)
def test_moments_are_said_as_people_say_them(ago: timedelta, after_a_verb: str, after_a_noun: str) -> None:
    assert when.said(NOW - ago, NOW) == after_a_verb
    assert when.named(NOW - ago, NOW) == after_a_noun


def test_help_is_paragraphs_lists_and_bold() -> None:
    written = "Um **forte**\nsegue\n- a <b>\n- c\n  e mais\n\nDois"
    assert prose(written) == (
        "<p>Um <b>forte</b> segue</p><ul><li>a &lt;b&gt;</li><li>c e mais</li></ul><p>Dois</p>"
    )
