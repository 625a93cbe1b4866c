"""This file compiles the form of an entity once per Runtime: markup with gaps that each request only fills.

A piece is either text that never changes or a function of what is shown. `full` has gaps for errors and
marks too; `clean` has them already closed, because most pages show no error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from markupsafe import escape

from kernel.runtime import CompiledEntity, Runtime
from metadata.entity import Entity
from metadata.screen import Form, Item, Section, Tab
from renderer.documents import list_of
from renderer.form_content import Content
from renderer.form_control import Control, gap, in_grid, on_form, spans
from renderer.form_totals import total
from renderer.once import per_runtime
from renderer.widgets import CELL_INNER, WIDGETS

GAP = re.compile("\ue000(.*?)\ue001")
ROWS = (
    '<span class="count" data-rows="{name}"{hidden}>{count}</span>'  # static/js/grid_rows.js keeps it right
)
WRONG = '<span class="count count--bad">{count}</span>'
OTHER_FIELDS = "Outros campos"

Piece = str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Markup with gaps."""

    full: tuple[Piece, ...]
    clean: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A children field on the form: its columns, its row as pieces, the page of one child."""

    name: str
    label: str
    entity: Entity
    columns: tuple[Control, ...]
    row: Pieces
    page: str
    newest_first: bool
    totals: tuple[str, ...]
    compiled: CompiledEntity


@dataclass(frozen=True, slots=True)
class TabHead:
    """One tab: its number, title and the names of what it holds (for the counts of errors)."""

    id: str
    title: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class FormLayout:
    """The compiled form of one entity."""

    entity: Entity
    controls: Mapping[str, Control]
    grids: Mapping[str, Grid]
    tabs: tuple[TabHead, ...]
    below: tuple[TabHead, ...]
    heads: Callable[[Content], str]
    body: Pieces
    status: str
    has_files: bool
    labels: Mapping[str, str] = attribute(default_factory=dict)

    def control_of(self, post: str) -> Control | None:
        """Return the control that posts under a name: f.nome, or c.faixas.3.valor in a row."""
        match post.split("."):
            case ["f", name]:
                return self.controls.get(name)
            case ["c", grid, _, name] if grid in self.grids:
                return next((c for c in self.grids[grid].columns if c.field.name == name), None)
        return None


@per_runtime
def layout(runtime: Runtime, entity_name: str, templates: Any) -> FormLayout:
    """Return the compiled form of an entity."""
    return _Compiler(runtime, runtime.configuration.entities[entity_name], templates).run()


def form_of(runtime: Runtime, entity: Entity) -> Form:
    """Return the form written for the entity, or one with all its fields."""
    forms: dict[str, Form] = runtime.configuration.forms
    named = forms.get(entity.name)
    if named and named.entity == entity.name:
        return _completed(named, entity)
    written = next((form for form in forms.values() if form.entity == entity.name), None)
    return _completed(written, entity) if written else _generated(entity)


def _completed(form: Form, entity: Entity) -> Form:
    """Add the fields that the form does not name: a new field is asked for as soon as it is published."""
    placed = {item.field for item in form.items}
    missing = [field for name, field in entity.fields.items() if name not in placed and not field.readonly]
    if not missing:
        return form
    rows = tuple((Item(field=field.name),) for field in missing if field.type != "children")
    below = tuple(Item(field=field.name) for field in missing if field.type == "children")
    first, *others = form.tabs or (Tab(title=entity.label.one, sections=()),)
    if rows:
        first = first.model_copy(
            update={"sections": (*first.sections, Section(title=OTHER_FIELDS, rows=rows))}
        )
    return form.model_copy(update={"tabs": (first, *others), "below": (*form.below, *below)})


def _generated(entity: Entity) -> Form:
    plain = [name for name, field in entity.fields.items() if field.type != "children"]
    below = [name for name, field in entity.fields.items() if field.type == "children"]
    return Form.model_validate(
        {
            "form": entity.name,
            "entity": entity.name,
            "below": below,
            "tabs": {entity.label.one: [plain]} if plain else {},
        }
    )


class _Compiler:
    """One compilation; lives only while it runs."""

    def __init__(self, runtime: Runtime, entity: Entity, templates: Any) -> None:
        self.runtime = runtime
        self.entity = entity
        self.macros = templates.get_template("form/controls.html").module
        self.frame = templates.get_template("form/frame.html").module
        self.alert = str(templates.globals["icon"]("circle-alert"))
        self.controls: dict[str, Control] = {}
        self.grids: dict[str, Grid] = {}

    def run(self) -> FormLayout:
        """Compile tabs, then what stands below them."""
        form = form_of(self.runtime, self.entity)
        tabs, panels = [], []
        for number, tab in enumerate(form.tabs, 1):
            body = [piece for section in tab.sections for piece in self._section(section)]
            names = frozenset(item.field for section in tab.sections for row in section.rows for item in row)
            head = TabHead(f"aba-{number}", tab.title, names)
            tabs.append(head)
            panels += self._split(
                self.frame.panel(head, number == 1, len(form.tabs) > 1, gap("body")), {"body": body}
            )
        below = [
            TabHead(f"sub-{item.field}", self._label(item), frozenset((item.field,))) for item in form.below
        ]
        grids: list[Piece] = []
        for item, head in zip(form.below, below, strict=True):
            inside = {"body": self._grid(item)}
            grids += self._split(
                self.frame.panel(head, item is form.below[0], len(form.below) > 1, gap("body")), inside
            )
        inside = {"tabs": panels, "below": grids, "heads": self._heads(below, counts_rows=True)}
        body = self._split(
            self.frame.body(bool(panels), below, gap("tabs"), gap("below"), gap("heads")), inside
        )
        return FormLayout(
            entity=self.entity,
            controls=self.controls,
            grids=self.grids,
            tabs=tuple(tabs),
            below=tuple(below),
            heads=_whole(self._heads(tabs)),
            body=_pieces(body),
            status=_status(self.entity),
            has_files=any(control.is_file for control in self._all_controls()),
            labels={name: field.label for name, field in self.entity.fields.items()},
        )

    def _all_controls(self) -> Iterable[Control]:
        yield from self.controls.values()
        for grid in self.grids.values():
            yield from grid.columns

    def _label(self, item: Item) -> str:
        return item.label or self.entity.fields[item.field].label

    def _section(self, section: Any) -> list[Piece]:
        body: list[Piece] = []
        for row in section.rows:
            fields = [self.entity.fields[item.field] for item in row]
            for item, span, starts in spans(row, fields):
                if self.entity.fields[item.field].type == "children":
                    body += ['<div class="c-12 starts">', *self._grid(item), "</div>"]
                else:
                    body += self._field(item, span, starts)
        return self._split(self.frame.section(section.title, section.about, gap("body")), {"body": body})

    def _field(self, item: Item, span: int, starts: bool) -> list[Piece]:
        control = on_form(self.entity, self.entity.fields[item.field], item, span, starts=starts)
        self.controls[item.field] = control
        macro = _macro(control, control.widget.macro, "locked")
        return self._split(
            getattr(self.macros, macro)(control), _gaps(control, control.widget.inner, self._error)
        )

    def _grid(self, item: Item) -> list[Piece]:
        """Compile a grid: its frame with one gap for the rows, and the row for itself."""
        field = self.entity.fields[item.field]
        known = self.runtime.entities[self.entity.name].children[item.field]
        child: Entity = self.runtime.configuration.entities[known.entity]
        parent = known.by
        columns = tuple(in_grid(item.field, child, name) for name in _columns(item, child, parent))
        row: list[Piece] = []
        for control in columns:
            macro = _macro(control, control.widget.cell, "cell_locked")
            inner = CELL_INNER.get(control.field.type, control.widget.inner)
            gaps = _gaps(control, inner, _cell_error)
            if control.is_file:
                gaps["o"] = _numbered(gaps["o"])
            row += self._split(getattr(self.macros, macro)(control), gaps | _INDEX)
        page = list_of(self.runtime, child.name) if _needs_page(child, columns, parent) else ""
        label = item.label or field.label
        whole = self._split(
            self.frame.row(item.field, label, page, gap),
            _INDEX | {"cells": row} | _ROW | {"copied": _copied(item.field)},
        )
        grid = Grid(
            item.field,
            label,
            child,
            columns,
            _pieces(whole),
            page,
            known.order[0].startswith("-"),
            item.totals,
            self.runtime.entities[child.name],
        )
        self.grids[item.field] = grid
        whole_gaps = {"rows": _rows_of(grid)} | {
            f"sum {c.field.name}": _total_of(grid, c) for c in columns if c.field.name in item.totals
        }
        return self._split(self.frame.grid(grid, self.entity, gap("rows"), gap), whole_gaps)

    def _heads(self, tabs: Sequence[TabHead], *, counts_rows: bool = False) -> list[Piece]:
        if len(tabs) < 2:
            return []
        gaps = {f"marks {tab.id}": _marks(tab, counts_rows=counts_rows) for tab in tabs}
        return self._split(self.frame.heads(tabs, gap), gaps)

    def _error(self, element: str, sentence: str) -> str:
        return f'<p class="error" id="{element}-e">{self.alert}<span>{escape(sentence)}</span></p>'

    @staticmethod
    def _split(markup: str, gaps: Mapping[str, Any]) -> list[Piece]:
        """Cut rendered markup at its gaps; a gap holds a piece, several, or one for each variant."""
        pieces: list[Piece] = []
        for place, part in enumerate(GAP.split(str(markup))):
            if place % 2 == 0:
                pieces.append(part)
                continue
            filled = gaps[part]
            pieces.extend(filled if isinstance(filled, list) else [filled])
        return pieces


@dataclass(frozen=True, slots=True)
class _Mark:
    """A gap that is a fixed text on a clean page."""

    clean: str
    full: Callable[[Any], str]

    def __call__(self, content: Any) -> str:
        return self.full(content)


def _pieces(pieces: Sequence[Piece]) -> Pieces:
    return Pieces(
        full=_joined(pieces),
        clean=_joined([piece.clean if isinstance(piece, _Mark) else piece for piece in pieces]),
    )


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Melt neighbouring texts into one."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        elif piece != "":
            out.append(piece)
    return tuple(out)


def _macro(control: Control, named: str, locked: str) -> str:
    """A read-only input still says its value; other controls have no read-only form in HTML."""
    if control.readonly and named not in ("line", "area", "cell_line", "cell_area"):
        return locked
    return named


def _cell_error(element: str, sentence: str) -> str:
    return f'<span class="cell-error" id="{element}-e">{escape(sentence)}</span>'


def _gaps(control: Control, inner: Any, say: Callable[[str, str], str]) -> dict[str, Piece]:
    """Return the functions that fill the gaps of one control."""
    name = control.field.name
    # The id of a cell has a gap for the number of its row.
    before, _, after = str(control.id).partition(str(gap("i")))
    described = f' aria-describedby="{control.id}-h"' if control.hint else ""

    def element(content: Any) -> str:
        return before + content.index + after

    def state(content: Any) -> str:
        if not content.entries[name].error:
            return described
        own = element(content)
        return f' aria-invalid="true" aria-describedby="{own}-e{f" {own}-h" if control.hint else ""}"'

    def error(content: Any) -> str:
        sentence = content.entries[name].error
        return say(element(content), sentence) if sentence else ""

    gaps: dict[str, Piece] = {
        "v": lambda content: escape(content.entries[name].text),
        "s": lambda content: escape(content.entries[name].shown or ""),
        "a": _Mark(described, state),
        "c": _Mark("", lambda content: content.entries[name].classes),
        "e": _Mark("", error),
    }
    if inner:
        gaps["o"] = lambda content: inner(control, content.entries[name].text, content.entries[name].shown)
    return gaps


def _numbered(piece: Piece) -> Piece:
    """Give the changing part of a cell, which names the control itself, the number of its row."""
    assert not isinstance(piece, str)
    return lambda content: piece(content).replace(str(gap("i")), content.index)


_INDEX: dict[str, Piece] = {"i": lambda content: content.index}
_ROW: dict[str, Piece] = {
    "id": lambda content: content.id,
    "gone": lambda content: " checked" if content.removed else "",
    "state": _Mark("", lambda content: content.classes),
}


def _copied(grid: str) -> Piece:
    """Return the gap of a copied row: it says which row it was copied from."""

    def write(row: Any) -> str:
        name = f"c.{grid}.{row.index}.copy_of"
        return f'<input type="hidden" name="{name}" value="{row.copy_of}">' if row.copy_of else ""

    return _Mark("", write)


def _rows_of(grid: Grid) -> Callable[[Content], str]:
    """Return the function that writes the rows of a grid and, at the end, one blank row."""

    def write(content: Content) -> str:
        out: list[str] = []
        for row in content.rows[grid.name]:
            pieces = grid.row.full if row.is_marked else grid.row.clean
            out += [piece if isinstance(piece, str) else piece(row) for piece in pieces]
        return "".join(out)

    return write


def _total_of(grid: Grid, control: Control) -> Callable[[Content], str]:
    return lambda content: total(control, content.rows[grid.name])


def _marks(tab: TabHead, *, counts_rows: bool) -> Callable[[Content], str]:
    """Return what follows the title of a tab: the number of its rows, the number of its errors."""

    def write(content: Content) -> str:
        rows = ""
        if counts_rows:
            (name,) = tab.names
            count = sum(1 for row in content.rows[name] if not row.is_blank)
            rows = ROWS.format(name=name, hidden="" if count else " hidden", count=_counted(count, "linha"))
        wrong = content.wrong.get(tab.id, 0)
        return rows + (WRONG.format(count=_counted(wrong, "erro")) if wrong else "")

    return write


def _counted(count: int, what: str) -> str:
    return f'{count}<span class="sr"> {what}{"" if count == 1 else "s"}</span>'


def _whole(pieces: Sequence[Piece]) -> Callable[[Content], str]:
    return lambda content: "".join([piece if isinstance(piece, str) else piece(content) for piece in pieces])


def _columns(item: Item, child: Entity, parent: str) -> list[str]:
    wanted = item.columns or tuple(child.fields)
    return [name for name in wanted if name != parent and WIDGETS[child.fields[name].type].cell]


def _needs_page(child: Entity, columns: Sequence[Control], parent: str) -> bool:
    """A child with children or fields beyond its columns is also opened for itself."""
    return len(columns) < sum(1 for name in child.fields if name != parent)


def _status(entity: Entity) -> str:
    """Return the choice whose options have tones: its value stands beside the title."""
    for name, field in entity.fields.items():
        if field.type == "choice" and any(option.tone for option in field.choices.values()):
            return name
    return ""
