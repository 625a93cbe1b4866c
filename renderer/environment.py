"""This file makes the template environment: escaped by default, compiled when the server starts."""

from __future__ import annotations

import functools
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from renderer.assets import Assets
from renderer.counted import counted

FOLDER = Path(__file__).parent / "templates"
WEEKDAYS = (
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
    "domingo",
)
MONTHS = (
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
)


@cache
def environment(assets: Assets) -> Environment:
    """Return the environment with every template of the folder already compiled."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    sprite = assets.address("icones.svg")
    made.globals.update(icon=lambda name, size="": icon(sprite, name, size), static=assets.address)
    made.filters.update(initials=initials, long_date=long_date, moment=moment, number=number, counted=counted)
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)
    return made


@functools.lru_cache(maxsize=2048)
def icon(sprite: str, name: str, size: str = "") -> Markup:
    """Return one icon of the sprite; size: "" 16 px, "s" 14 px, "l" 20 px."""
    extra = f" i--{size}" if size else ""
    svg = Markup('<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>')
    return svg.format(extra, sprite, name or "square")


def initials(name: str) -> str:
    """Return the one or two letters of an avatar: first and last word."""
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word[:1].isalpha()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


def long_date(day: datetime) -> str:
    """Return a day in words: `segunda-feira, 23 de novembro de 2026`."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} de {MONTHS[day.month - 1]} de {day.year}"


def moment(at: datetime, now: datetime) -> str:
    """Return when, as short as it stays clear: `08:52`, `ontem, 17:42`, `14/11/2026`."""
    at = at.astimezone(now.tzinfo)
    days = (now.date() - at.date()).days
    if days == 0:
        return at.strftime("%H:%M")
    if days == 1:
        return at.strftime("ontem, %H:%M")
    if 1 < days < 7:
        return WEEKDAYS[at.weekday()].split("-")[0]
    return at.strftime("%d/%m/%Y")


def number(value: int) -> str:
    """Return a whole number with points between thousands."""
    return f"{value:,}".replace(",", ".")


def marked(text: str, fragment: str) -> Markup:
    """Return `text` with each searched word inside `<mark>`, found without accents or case."""
    lower = folded(text)
    places = [
        (place, place + len(word)) for word in folded(fragment).split() if (place := lower.find(word)) >= 0
    ]
    if not places:
        return escape(text)
    made, at = Markup(), 0
    for start, end in sorted(places):
        if end > at:
            first = max(start, at)
            made += Markup("{}<mark>{}</mark>").format(text[at:first], text[first:end])
            at = end
    return made + text[at:]


def folded(text: str) -> str:
    """Return `text` without accents and case, one character for one character."""
    return "".join((unicodedata.normalize("NFD", letter)[0]).lower()[:1] or letter for letter in text)
