"""This file fills the gaps of one control: its text, its state, its messages, what rules make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from metadata.entity import Field
from renderer.form_content import Entry, Standing
from renderer.form_control import Control, gap

Piece = str | Callable[[Any], str]
FILLED = "preenchido"
FILLED_SAYS = "Preenchido automaticamente"
_TWIN = Markup('<input type="hidden" name="{}" value="{}">')
_LINES = {
    "error": Markup('<p class="error" id="{}-e"{}>{}<span>{}</span></p>'),
    "warning": Markup('<p class="warning" id="{}-w"{}>{}<span>{}</span></p>'),
    "filled": Markup(
        '<p class="hint filled" id="{}-p" data-filled>{}<span>{}</span>'
        '<input type="hidden" name="preenchido" value="{}"></p>'
    ),
}
_CELL_LINES = {
    "error": Markup('<span class="cell-error" id="{}-e"{}>{}</span>'),
    "warning": Markup('<span class="cell-warning" id="{}-w"{}>{}</span>'),
    "filled": Markup(
        '<span class="cell-filled" id="{}-p" title="{}" data-filled><span class="sr">{}</span>'
        '<input type="hidden" name="preenchido" value="{}"></span>'
    ),
}
_RULE = Markup(" data-rule")
_NO_RULE = Markup()


@dataclass(frozen=True, slots=True)
class Mark:
    """A gap that is a fixed text on a clean page."""

    clean: str
    full: Callable[[Any], str]

    def __call__(self, content: Any) -> str:
        """Fill the gap."""
        return self.full(content)


def gaps(control: Control, inner: Any, icons: Any) -> dict[str, Piece]:
    """Return the functions that fill the gaps of one control; `icons` draws the signs of its lines."""
    name = control.field.name
    # The id and the posted name of a cell have a gap for the number of its row.
    before, _, after = str(control.id).partition(str(gap("i")))
    start, _, end = str(control.name).partition(str(gap("i")))
    described = f' aria-describedby="{control.id}-h"' if control.hint else ""

    def element(content: Any) -> str:
        return before + content.index + after

    def state(content: Any) -> str:
        entry, own = content.entries[name], element(content)
        ids = [f"{own}-{letter}" for letter, says in _parts(entry) if says]
        if not ids:
            return described
        invalid = ' aria-invalid="true"' if entry.error else ""
        return f'{invalid} aria-describedby="{" ".join([*ids, *([f"{own}-h"] if control.hint else [])])}"'

    def lines(content: Any) -> str:
        entry = content.entries[name]
        if control.head:
            return "".join(_cell_lines(start + content.index + end, element(content), entry))
        return "".join(_lines(name, element(content), entry, icons))

    made: dict[str, Piece] = {
        "v": lambda content: escape(content.entries[name].text),
        "s": lambda content: escape(content.entries[name].shown or ""),
        "a": Mark(described, state),
        "c": Mark("", lambda content: content.entries[name].classes),
        "e": Mark("", lines),
        **_of_rules(control),
    }
    if inner:
        made["o"] = lambda content: inner(control, content.entries[name].text, content.entries[name].shown)
    return made


def _parts(entry: Entry) -> tuple[tuple[str, Any], ...]:
    return ("e", entry.error), ("w", entry.warning), ("p", entry.filled)


def _lines(name: str, element: str, entry: Entry, icons: Any) -> Iterator[str]:
    rule = _RULE if entry.ruled else _NO_RULE
    if entry.error:
        yield _LINES["error"].format(element, rule, icons("circle-alert"), entry.error)
    if entry.warning:
        yield _LINES["warning"].format(element, _RULE, icons("triangle-alert"), entry.warning)
    if entry.filled:
        yield _LINES["filled"].format(element, icons("sparkles"), FILLED_SAYS, name)


def _cell_lines(post: str, element: str, entry: Entry) -> Iterator[str]:
    if entry.error:
        yield _CELL_LINES["error"].format(element, _RULE if entry.ruled else _NO_RULE, entry.error)
    if entry.warning:
        yield _CELL_LINES["warning"].format(element, _RULE, entry.warning)
    if entry.filled:
        yield _CELL_LINES["filled"].format(element, FILLED_SAYS, FILLED_SAYS, post)


# ── what rules make of it ─────────────────────────────────────────────────────────────────────────


def _when(name: str, holds: Callable[[Standing], bool], yes: str, no: str = "") -> Piece:
    return lambda content: yes if holds(content.standing_of(name)) else no


def of_grid(field: Field, *, readonly: bool) -> dict[str, Piece]:
    """Return what fills the gaps of a grid as a whole; `readonly`: its rows are never changed here."""
    name = field.name
    may_lock, may_ask = field.readonly_when and not readonly, field.required_when or field.readonly_when

    def locked(text: str) -> Piece:
        return _when(name, lambda stands: stands.locked, text) if may_lock else text if readonly else ""

    return {
        "hides": _when(name, lambda stands: stands.hidden, " hidden") if field.hidden_when else "",
        "locks": locked(" data-locked"),
        "fixed": locked(' aria-readonly="true"'),
        "shut": locked(" hidden"),
        "star": _when(name, lambda stands: stands.required, "", " hidden") if field.required_when else "",
        "asked": _when(name, lambda s: s.required or s.locked, "", " hidden") if may_ask else "",
    }


def _of_rules(control: Control) -> dict[str, Piece]:
    field = control.field
    name = field.name

    def when(holds: Callable[[Standing], bool], yes: str, no: str = "") -> Piece:
        return _when(name, holds, yes, no)

    def kept(content: Any) -> str:
        locked = content.standing_of(name).locked
        return (
            "<span data-kept>"
            + ("".join(_twins(control, content.entries[name])) if locked else "")
            + "</span>"
        )

    def asked(content: Any) -> str:
        stands, entry = content.standing_of(name), content.entries[name]
        holds = (field.readonly_when and stands.locked) or (field.required_when and stands.required)
        return "" if holds or entry.warning or entry.ruled else " hidden"

    return {
        "hides": when(lambda stands: stands.hidden, " hidden"),
        "star": when(lambda stands: stands.required, "", " hidden"),
        "needs": when(lambda stands: stands.required, ' aria-required="true"'),
        "locks": when(lambda stands: stands.locked, " readonly"),
        "held": when(lambda stands: stands.locked, " disabled"),
        "kept": kept,
        "asked": asked,
        "cell": lambda content: content.standing_of(name).classes,
        "fixed": when(lambda stands: stands.locked or stands.hidden, ' aria-readonly="true"'),
    }


def _twins(control: Control, entry: Entry) -> Iterator[str]:
    """Yield what a locked control would post: it cannot do so itself."""
    post = str(control.name)
    if control.field.type == "many links":
        names = entry.shown if isinstance(entry.shown, dict) else {}
        yield _TWIN.format(post, "")
        for one in filter(None, entry.text.split(",")):
            yield _TWIN.format(post, one) + _TWIN.format(f"{post}.nome.{one}", names.get(one, ""))
        return
    yield _TWIN.format(post, entry.text)
    if control.is_file:
        yield _TWIN.format(f"{post}.texto", entry.shown)
