"""This file compiles a column into a function from a line to the HTML of its cell, bound once per Runtime."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from markupsafe import Markup

from kernel.query.plan import Line
from metadata.choices import Option
from metadata.entity import Field
from renderer.documents import Target
from renderer.environment import icon, marked

# A cell takes a line of the page and the searched fragment.
Cell = Callable[[Line, str], str]
EMPTY = "</td>"
LONG_TEXT = 90
TONE_ICONS = {
    "good": "check-check",
    "warn": "triangle-alert",
    "bad": "circle-alert",
    "info": "hourglass",
    "calm": "check",
}
# Tones that colour the edge of the row; the others are the healthy, quiet case.
ROW_TONES = frozenset({"bad", "warn", "info"})


# Printed as digits, signs, Sim or Não: nothing that HTML could mistake for its own.
SAFE_TYPES = frozenset(
    {"integer", "decimal", "money", "percent", "date", "month", "time", "date and time", "yes/no"}
)


def printer(found: Target) -> Callable[[Any], str]:
    """Return the function that prints a value of a field for people."""
    write, field = found.field.kind.print, found.field
    if field.type in ("long text", "json", "formula"):
        return lambda value: _short(write(value, field))
    return lambda value: write(value, field)


def cell(found: Target, sprite: str, address: str, css: str) -> Cell:
    """Return the cell of a column; `address` is where the target of a link is opened, if anywhere."""
    path, kind = found.path, found.field.type
    if found.field.is_masked:
        return _covered(found, css)
    if kind == "choice":
        return _chosen(path, found.field.choices, sprite, css)
    if kind == "link":
        return _linked(path, address, css)
    return (_safe if kind in SAFE_TYPES else _plain)(path, printer(found), css)


def name_cell(found: Target, list_address: str) -> Cell:
    """Return the first column: the name of the row and its link, with the searched fragment marked."""
    path = found.path
    cover = masked(found.field) if found.field.is_masked else ""
    write = None if found.field.type == "link" else printer(found)
    head = f'<td class="k-name"><a href="{escape(list_address)}/'

    def made(line: Line, fragment: str) -> str:
        value = line.values[path]
        if cover:
            shown = line.id if path in line.bare else f"{cover} {line.id}"
            return f'{head}{line.id}" id="n{line.id}">{shown}</a></td>'
        text = _text(value, line.shown.get(path), write)
        label = marked(text, fragment) if fragment else escape(text)
        return f'{head}{line.id}" id="n{line.id}">{label or "(sem nome)"}</a></td>'

    return made


def _text(value: Any, shown: str | None, write: Callable[[Any], str] | None) -> str:
    if value is None:
        return ""
    return (shown or "") if write is None else write(value)


def _covered(found: Target, css: str) -> Cell:
    """A cell that hides its value: the same whatever the value is, and whether there is one."""
    path, head = found.path, _head(css)
    made, bare = f"{head}{masked(found.field)}</td>", f"{head}{EMPTY}"
    return lambda line, fragment: bare if path in line.bare else made


def masked(field: Field) -> Markup:
    """Return what stands in place of a masked value; it is read out as one word, not dot by dot."""
    return Markup('<span class="mut" aria-hidden="true">{}</span><span class="sr">mascarado</span>').format(
        field.cover
    )


def _plain(path: str, write: Callable[[Any], str], css: str) -> Cell:
    head = _head(css)

    def made(line: Line, fragment: str) -> str:
        value = line.values[path]
        if value is None:
            return head + EMPTY
        text = write(value)
        return f"{head}{marked(text, fragment) if fragment else escape(text)}</td>"

    return made


def _safe(path: str, write: Callable[[Any], str], css: str) -> Cell:
    """A cell of figures and signs, in which there is nothing to escape."""
    head = _head(css)

    def made(line: Line, fragment: str) -> str:
        value = line.values[path]
        return head + EMPTY if value is None else f"{head}{write(value)}</td>"

    return made


def _linked(path: str, address: str, css: str) -> Cell:
    head = _head(css)

    def made(line: Line, fragment: str) -> str:
        value = line.values[path]
        if value is None:
            return head + EMPTY
        text = escape(line.shown.get(path) or "")
        if address and text:
            return f'{head}<a href="{address}/{value}" data-panel>{text}</a></td>'
        return f"{head}{text or value}</td>"  # out of sight: its number, and no way to where nothing is

    return made


def _chosen(path: str, options: Any, sprite: str, css: str) -> Cell:
    """A choice; where any option has a tone the column is a state, and has its place on a card."""
    if any(option.tone for option in options.values()):
        css = css.replace("opt-col", "").strip() + " k-state"
    ready = {
        # No `+`: a str before Markup would be escaped.
        code: f"{_head(css)}{chip(option, sprite)}</td>"
        for code, option in options.items()
    }
    head = _head(css)

    def made(line: Line, fragment: str) -> str:
        value = line.values[path]
        if value is None:
            return head + EMPTY
        return ready.get(value) or f"{head}{escape(str(value))}</td>"

    return made


def chip(option: Option, sprite: str) -> Markup:
    """Return an option as people see it: a word, with a chip where it has a tone."""
    if not option.tone:
        return Markup("{}").format(option.label)
    mark = icon(sprite, option.icon or TONE_ICONS[option.tone])
    return Markup('<span class="chip chip--{}">{}{}</span>').format(option.tone, mark, option.label)


def _head(css: str) -> str:
    return f'<td class="{css}">' if css else "<td>"


def _short(text: str) -> str:
    return text if len(text) <= LONG_TEXT else text[:LONG_TEXT].rstrip() + "…"
