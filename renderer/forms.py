"""This file binds a record to its compiled form: texts of the controls, rows of the grids, the base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from markupsafe import Markup, escape

from kernel.context import Context
from kernel.rules.defaults import defaults
from kernel.storage.record import Row
from metadata.entity import Entity, Field
from metadata.types import TYPES
from renderer.form_content import EMPTY, Content, Entry, RowContent
from renderer.form_control import Control
from renderer.form_gaps import Piece
from renderer.form_layout import FormLayout, Grid

Base = dict[str, Any]
ABOUT_ONE = {"m": "Novo", "f": "Nova"}


def shown_content(form: FormLayout, row: Row, context: Context) -> Content:
    """Return what a page shows of a stored (or blank) record."""
    entries = {name: entry_of(control, row) for name, control in form.controls.items()}
    rows = {name: _rows(grid, row, context) for name, grid in form.grids.items()}
    return Content(entries, rows)


def entry_of(control: Control, row: Row) -> Entry:
    """Return one field of a record as its control shows it."""
    field = control.field
    value = row.values.get(field.name)
    if value is None or value == "":
        return EMPTY
    text = control.widget.write(value, field)
    if field.type in _NAMED:
        return Entry(text, _names(row.shown.get(field.name), field, value))
    if control.readonly:
        return Entry(text, TYPES[field.type].print(value, field))
    return Entry(text)


_NAMED = frozenset(("link", "many links", "attachment", "image"))


def _names(shown: Any, field: Field, value: Any) -> Any:
    """Return the words of a link or file, or id → words of many links."""
    if field.type != "many links":
        return shown or ""
    if isinstance(shown, Mapping):
        return {str(key): text for key, text in shown.items()}
    if isinstance(shown, tuple | list) and len(shown) == len(value):
        return {str(key): text for key, text in zip(value, shown, strict=True)}
    return {}


def _row(grid: Grid, index: str, child: Row, parent: Row) -> RowContent:
    """Return a row as stored; below a record that is not saved yet it is the copy of a stored one."""
    entries = {column.field.name: entry_of(column, child) for column in grid.columns}
    known = str(child.id or "")
    return RowContent(index, known, entries) if parent.id else RowContent(index, "", entries, copy_of=known)


def _rows(grid: Grid, parent: Row, context: Context) -> list[RowContent]:
    children = parent.children.get(grid.name, ())
    rows = [_row(grid, str(index), child, parent) for index, child in enumerate(children)]
    return with_blank(grid, rows, context)


def with_blank(grid: Grid, rows: list[RowContent], context: Context) -> list[RowContent]:
    """Add the row that waits to be filled: how one is added without script, and the pattern with it."""
    following = max((int(row.index) for row in rows), default=-1) + 1
    return [*rows, RowContent(str(following), "", blank_entries(grid, context), is_blank=True)]


def blank_entries(grid: Grid, context: Context) -> dict[str, Entry]:
    """Return a new row of a grid: its defaults."""
    blank = Row(0, 0, defaults(grid.compiled, context), {}, "", None)
    return {column.field.name: entry_of(column, blank) for column in grid.columns}


def body(form: FormLayout, content: Content) -> Markup:
    """Return the markup of the whole form, its gaps filled."""
    pieces: tuple[Piece, ...] = form.body.full if content.is_marked else form.body.clean
    return Markup("".join([piece if isinstance(piece, str) else piece(content) for piece in pieces]))  # noqa: S704 (pieces are escaped where they are filled)


def base_of(content: Content) -> Base:
    """Return the texts as first shown: what a later save compares the typed ones with."""
    return {
        "f": {name: entry.text for name, entry in content.entries.items()},
        "c": {
            name: {
                row.id: {field: entry.text for field, entry in row.entries.items()} for row in rows if row.id
            }
            for name, rows in content.rows.items()
        },
    }


def quoted(base: Base) -> Markup:
    """Write a base for an attribute in single quotes; quoting only what must be keeps the page small."""
    text = orjson.dumps(base).decode()
    return Markup(text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;"))  # noqa: S704 (quoted above)


def title(entity: Entity, row: Row) -> str:
    """Return how people know the record."""
    return row.text or f"{entity.label.one} {row.id}"


def new_title(entity: Entity) -> str:
    """Return the title of a record that does not exist yet: Novo plano, Nova faixa."""
    return f"{ABOUT_ONE[entity.label.gender]} {entity.label.one[:1].lower()}{entity.label.one[1:]}"


def chip(form: FormLayout, row: Row, icons: Any) -> Markup:
    """Return the status beside the title, from the tone of the chosen option."""
    if not form.status:
        return Markup("")
    option = form.entity.fields[form.status].choices.get(row.values.get(form.status) or "")
    if option is None:
        return Markup("")
    tone = f" chip--{option.tone}" if option.tone else ""
    icon = icons(option.icon) if option.icon else (icons("check") if option.tone == "calm" else "")
    return Markup('<span class="chip{}">{}{}</span>').format(tone, icon, escape(option.label))
