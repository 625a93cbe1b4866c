"""This file is the table of controls: for each field type, which macro draws it and what it writes and posts.

The macros stand in templates/form/controls.html and run once per Runtime; `inner` is the only part of a
control that is written again for each request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from metadata.types import TYPES

if TYPE_CHECKING:
    from metadata.entity import Field
    from renderer.form_content import Entry
    from renderer.form_control import Control

Write = Callable[[Any, "Field"], str]
Inner = Callable[["Control", str, Any], str]


@dataclass(frozen=True, slots=True)
class Widget:
    """One line of the table.

    macro: draws the control on a form.  cell: draws it in a grid ("" = only on the record's own page).
    write: value → the text that the control holds and posts.  inner: the part that changes with the value.
    kind: how static/js/masks.js tidies what was typed.  size: width of a grid column (s, m, l, x = the rest).
    """

    macro: str
    cell: str
    write: Write
    inner: Inner | None = None
    kind: str = ""
    inputmode: str = ""
    size: str = "m"
    is_right: bool = False


def _printed(value: Any, field: Field) -> str:
    return TYPES[field.type].print(value, field)


def _percent(value: Any, field: Field) -> str:
    return _printed(value, field).removesuffix("%")


def _as_is(value: Any, field: Field) -> str:
    return str(value)


def _yes_no(value: Any, field: Field) -> str:
    return "sim" if value else "nao"


def _ids(value: Any, field: Field) -> str:
    return ",".join(str(part) for part in value)


# ── the parts that change ─────────────────────────────────────────────────────────────────────────


def _options(control: Control, text: str, shown: Any) -> str:
    """Mark the chosen option of a select; a code that is no longer offered is kept and shown."""
    plain = str(control.options)
    if not text:
        return plain
    mark = f'value="{escape(text)}"'
    if mark in plain:
        return plain.replace(mark, mark + " selected", 1)
    return f'{plain}<option value="{escape(text)}" selected>{escape(text)}</option>'


def _radios(control: Control, text: str, shown: Any) -> str:
    plain = str(control.options)
    return plain.replace(f'value="{text}"', f'value="{text}" checked', 1) if text in _ANSWERS else plain


_ANSWERS = frozenset(("sim", "nao", ""))
_PICK = Markup(
    '<span class="pick"><input type="checkbox" name="{name}" value="{id}" checked aria-label="{text}">'
    '<input type="hidden" name="{name}.nome.{id}" value="{text}"><span>{text}</span></span>'
)


def _picks(control: Control, text: str, shown: Any) -> str:
    """Write one chip per linked record; without script a chip is a box to untick."""
    texts = shown if isinstance(shown, dict) else {}
    ids = [part for part in text.split(",") if part]
    return "".join(
        _PICK.format(name=control.name, id=part, text=texts.get(part) or f"nº {part}") for part in ids
    )


_FILE = Markup(
    '<a class="link" href="/anexos/{id}" target="_blank" rel="noopener">{name}</a>'
    '<label class="check t-s"><input type="checkbox" name="{post}" value="">retirar</label>'
)
_IMAGE = Markup('<img src="/anexos/{id}" alt="{name}" loading="lazy">')


def _file(control: Control, text: str, shown: Any) -> str:
    if not text:
        return ""
    name = shown or f"arquivo {text}"
    picture = _IMAGE.format(id=text, name=name) if control.field.type == "image" else ""
    return picture + _FILE.format(id=text, name=name, post=control.name)


def said(control: Control, entry: Entry) -> str:
    """Return what an entry says in words: the label of an option, the text of a link."""
    field = control.field
    if field.type == "choice":
        option = field.choices.get(entry.text)
        return option.label if option else entry.text
    if field.type == "yes/no":
        return {"sim": "Sim", "nao": "Não"}.get(entry.text, entry.text)
    if isinstance(entry.shown, dict):
        return ", ".join(entry.shown.get(part) or part for part in entry.text.split(",") if part)
    return entry.shown or entry.text


# ── the table ─────────────────────────────────────────────────────────────────────────────────────


def _line(
    kind: str = "", inputmode: str = "", size: str = "m", write: Write = _printed, is_right: bool = False
) -> Widget:
    return Widget("line", "cell_line", write, None, kind, inputmode, size, is_right)


WIDGETS: dict[str, Widget] = {
    "text": _line("text", size="l", write=_printed),
    "long text": Widget("area", "cell_area", _printed, kind="long", size="x"),
    "integer": _line("integer", "numeric", "s", is_right=True),
    "decimal": _line("decimal", "decimal", "s", is_right=True),
    "money": _line("decimal", "decimal", "s", is_right=True),
    "percent": _line("percent", "decimal", "s", _percent, is_right=True),
    "date": _line("date", "", "s"),
    "month": _line("month", "", "s"),
    "time": _line("time", "", "s"),
    "date and time": _line("instant"),
    "duration": _line("duration", "", "s"),
    "yes/no": Widget("yes_no", "cell_select", _yes_no, _radios, size="s"),
    "choice": Widget("select", "cell_select", _as_is, _options),
    "link": Widget("combo", "cell_combo", _as_is, size="l"),
    "children": Widget("", "", lambda value, field: ""),
    "many links": Widget("picks", "", _ids, _picks),
    "attachment": Widget("file", "cell_file", _as_is, _file, size="l"),
    "image": Widget("file", "cell_file", _as_is, _file, size="l"),
    "cpf": _line("mask", "numeric"),
    "cnpj": _line("mask"),
    "cns": _line("mask", "numeric"),
    "cep": _line("mask", "numeric", "s"),
    "phone": _line("phone", "tel"),
    "e-mail": _line("email", "email", "l"),
    "colour": Widget("colour", "cell_line", _printed, kind="colour", size="s"),
    "formula": Widget("area", "cell_area", _printed, kind="long", size="x"),
    "sequence": _line("text"),
    "json": Widget("area", "", _printed, kind="long", size="l"),
}
# A yes/no in a grid is a select: a pair of buttons does not fit into one stop of the keyboard.
CELL_INNER: dict[str, Inner] = {"yes/no": _options}
