"""This file compiles the form of an entity once per Runtime: markup with gaps that each request only fills.

form_pieces.py says what that markup consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import cached_property
from typing import Any

from markupsafe import Markup

from kernel.runtime import CompiledEntity, Runtime
from metadata.entity import Entity, Field
from metadata.screen import Form, Item, Section, Tab
from renderer.documents import list_of
from renderer.form_content import Content
from renderer.form_control import Control, gap, in_grid, on_form, spans
from renderer.form_gaps import Mark, Piece, gaps, of_grid
from renderer.form_pieces import Pieces, joined, split
from renderer.form_totals import total
from renderer.form_triggers import triggers
from renderer.once import per_runtime
from renderer.widgets import CELL_INNER, WIDGETS

ROWS = (
    '<span class="count" data-rows="{name}"{hidden}>{count}</span>'  # static/js/grid_rows.js keeps it right
)
WRONG = '<span class="count count--bad">{count}</span>'
WARNED = Markup('<p class="warning" data-rule>{}<span>{}</span></p>')
OTHER_FIELDS = "Outros campos"


@dataclass(frozen=True, slots=True)
class Grid:
    """A children field on the form: its columns, its row as pieces, the page of one child.

    readonly: its rows are never changed here.
    """

    name: str
    label: str
    field: Field
    entity: Entity
    columns: tuple[Control, ...]
    row: Pieces
    page: str
    newest_first: bool
    totals: tuple[str, ...]
    compiled: CompiledEntity
    readonly: bool = False

    @property
    def answers(self) -> str:
        """Which conditions it has, as a whole, for "por quê?"."""
        able = {"required": self.field.required_when, "locked": self.field.readonly_when}
        return " ".join(name for name, says in able.items() if says)


@dataclass(frozen=True, slots=True)
class TabHead:
    """One tab: its number, title and the names of what it holds (for the counts of errors)."""

    id: str
    title: str
    names: frozenset[str]


@dataclass(frozen=True)
class FormLayout:
    """The compiled form of one entity.

    triggers: the fields and columns that rules read, as the page carries them.  is_writable: whether the
    operator may write anything of it.
    """

    entity: Entity
    controls: Mapping[str, Control]
    grids: Mapping[str, Grid]
    tabs: tuple[TabHead, ...]
    below: tuple[TabHead, ...]
    heads: Callable[[Content], str]
    body: Pieces
    status: str
    has_files: bool
    has_rules: bool = False
    triggers: Mapping[str, Any] = attribute(default_factory=dict)
    labels: Mapping[str, str] = attribute(default_factory=dict)
    is_writable: bool = True

    @cached_property
    def ruled(self) -> FormLayout:
        """The part of the form that rules are about: its fields, and the grids that they read or judge."""
        grids = {name: grid for name, grid in self.grids.items() if name in self.triggers.get("c", ())}
        return replace(self, grids=grids)

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
    missing = [
        field
        for name, field in entity.fields.items()
        if name not in placed and not field.readonly and not field.hidden
    ]
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
    seen = {name: field for name, field in entity.fields.items() if not field.hidden}
    plain = [name for name, field in seen.items() if field.type != "children"]
    below = [name for name, field in seen.items() if field.type == "children"]
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
        self.icons = templates.globals["icon"]
        self.checked = frozenset(check.at for check in runtime.rules.sets[entity.name].checks)
        self.controls: dict[str, Control] = {}
        self.grids: dict[str, Grid] = {}

    def run(self) -> FormLayout:
        """Compile tabs, then what stands below them."""
        form = form_of(self.runtime, self.entity)
        bodies: dict[TabHead, list[Piece]] = {}
        for number, tab in enumerate(form.tabs, 1):
            names = frozenset(item.field for section in tab.sections for row in section.rows for item in row)
            head = TabHead(f"aba-{number}", tab.title, names)
            bodies[head] = [piece for section in tab.sections for piece in self._section(section)]
        tabs = tuple(bodies)
        opens = self._opens(tabs)
        panels: list[Piece] = []
        for head, body in bodies.items():
            frame = self.frame.panel(head, head is opens, len(tabs) > 1, gap("body"))
            panels += split(frame, {"body": body})
        below = [
            TabHead(f"sub-{item.field}", self._label(item), frozenset((item.field,))) for item in form.below
        ]
        made = [self._grid(item) for item in form.below]
        opens_below = self._opens(below)
        grids: list[Piece] = []
        for grid, head in zip(made, below, strict=True):
            frame = self.frame.panel(head, head is opens_below, len(below) > 1, gap("body"))
            grids += split(frame, {"body": grid})
        inside = {"tabs": panels, "below": grids, "heads": self._heads(below, counts_rows=True)}
        whole = split(self.frame.body(bool(panels), below, gap("tabs"), gap("below"), gap("heads")), inside)
        return FormLayout(
            entity=self.entity,
            controls=self.controls,
            grids=self.grids,
            tabs=tabs,
            below=tuple(below),
            heads=_whole(self._heads(tabs)),
            body=joined(whole),
            status=_status(self.entity),
            has_files=any(control.is_file for control in self._all_controls()),
            has_rules=self._has_rules(),
            triggers=triggers(
                self.runtime,
                self.entity.name,
                self.controls,
                {name: grid.columns for name, grid in self.grids.items()},
            ),
            labels={name: field.label for name, field in self.entity.fields.items()},
            is_writable=any(map(self._is_writable, (*self.controls, *self.grids))),
        )

    def _opens(self, tabs: Sequence[TabHead]) -> TabHead | None:
        """Return the tab that is open at first: the first in which the operator may write something."""
        writable = (tab for tab in tabs if any(map(self._is_writable, tab.names)))
        return next(writable, tabs[0] if tabs else None)

    def _is_writable(self, name: str) -> bool:
        """Tell whether the operator may write a field of the form, on some record."""
        if grid := self.grids.get(name):
            return not grid.readonly and any(not control.readonly for control in grid.columns)
        return name in self.controls and not self.controls[name].readonly

    def _has_rules(self) -> bool:
        """Tell whether there is anything to judge on the form."""
        named = (self.entity.name, *(grid.entity.name for grid in self.grids.values()))
        return not all(self.runtime.rules.sets[name].is_empty for name in named)

    def _all_controls(self) -> Iterable[Control]:
        yield from self.controls.values()
        for grid in self.grids.values():
            yield from grid.columns

    def _label(self, item: Item) -> str:
        return item.label or self.entity.fields[item.field].label

    def _section(self, section: Any) -> list[Piece]:
        body: list[Piece] = []
        for row in section.rows:
            shown = [item for item in row if not self.entity.fields[item.field].hidden]
            fields = [self.entity.fields[item.field] for item in shown]
            for item, span, starts in spans(shown, fields):
                if self.entity.fields[item.field].type == "children":
                    body += ['<div class="c-12 starts">', *self._grid(item), "</div>"]
                else:
                    body += self._field(item, span, starts)
        return split(self.frame.section(section.title, section.about, gap("body")), {"body": body})

    def _field(self, item: Item, span: int, starts: bool) -> list[Piece]:
        field = self.entity.fields[item.field]
        control = on_form(self.entity, field, item, span, starts=starts, checked=self.checked)
        self.controls[item.field] = control
        macro = _macro(control, control.widget.macro, "locked")
        return split(getattr(self.macros, macro)(control), gaps(control, control.widget.inner, self.icons))

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
            filled = gaps(control, inner, self.icons)
            if control.is_file:
                filled["o"] = _numbered(filled["o"])
            row += split(getattr(self.macros, macro)(control), filled | _INDEX)
        page = list_of(self.runtime, child.name) if _needs_page(child, columns, parent) else ""
        label = item.label or field.label
        whole = split(
            self.frame.row(item.field, label, page, gap),
            _INDEX | {"cells": row} | _ROW | {"copied": _copied(item.field)},
        )
        grid = Grid(
            item.field,
            label,
            field,
            child,
            columns,
            joined(whole),
            page,
            known.order[0].startswith("-"),
            item.totals,
            self.runtime.entities[child.name],
            item.readonly or field.readonly,
        )
        self.grids[item.field] = grid
        whole_gaps: dict[str, Piece] = {
            "rows": _rows_of(grid),
            "warned": Mark("", _warned(item.field, self.icons)),
            **of_grid(field, readonly=grid.readonly),
        }
        whole_gaps |= {
            f"sum {c.field.name}": _total_of(grid, c) for c in columns if c.field.name in item.totals
        }
        return split(self.frame.grid(grid, self.entity, gap("rows"), gap), whole_gaps)

    def _heads(self, tabs: Sequence[TabHead], *, counts_rows: bool = False) -> list[Piece]:
        if len(tabs) < 2:
            return []
        filled: dict[str, Piece] = {f"marks {tab.id}": _marks(tab, counts_rows=counts_rows) for tab in tabs}
        filled |= {f"off {tab.id}": self._off(tab) for tab in tabs}
        return split(self.frame.heads(tabs, self._opens(tabs), gap), filled)

    def _off(self, tab: TabHead) -> Piece:
        """Return what hides a tab when every field in it is hidden."""
        if not all(self.entity.fields[name].hidden_when for name in tab.names):
            return ""
        return lambda content: " hidden" if all(content.standing_of(n).hidden for n in tab.names) else ""


def _macro(control: Control, named: str, locked: str) -> str:
    """A read-only input still says its value; other controls have no read-only form in HTML.

    What is computed or masked is never posted: saving keeps what is there.
    """
    if control.field.is_masked:
        return locked.replace("locked", "masked")
    if control.is_computed:
        return locked
    if control.readonly and named not in ("line", "area", "cell_line", "cell_area"):
        return locked
    return named


def _numbered(piece: Piece) -> Piece:
    """Give the changing part of a cell, which names the control itself, the number of its row."""
    assert not isinstance(piece, str)
    return lambda content: piece(content).replace(str(gap("i")), content.index)


_INDEX: dict[str, Piece] = {"i": lambda content: content.index}
_ROW: dict[str, Piece] = {
    "id": lambda content: content.id,
    "gone": lambda content: " checked" if content.removed else "",
    "state": Mark("", lambda content: content.classes),
}


def _copied(grid: str) -> Piece:
    """Return the gap of a copied row: it says which row it was copied from."""

    def write(row: Any) -> str:
        name = f"c.{grid}.{row.index}.copy_of"
        return f'<input type="hidden" name="{name}" value="{row.copy_of}">' if row.copy_of else ""

    return Mark("", write)


def _rows_of(grid: Grid) -> Callable[[Content], str]:
    """Return the function that writes the rows of a grid and, at the end, one blank row."""

    def write(content: Content) -> str:
        out: list[str] = []
        for row in content.rows[grid.name]:
            pieces = grid.row.full if row.is_marked else grid.row.clean
            out += [piece if isinstance(piece, str) else piece(row) for piece in pieces]
        return "".join(out)

    return write


def _warned(name: str, icons: Any) -> Callable[[Content], str]:
    """Return what writes the warnings about a grid as a whole."""

    def write(content: Content) -> str:
        said = content.warned.get(name, ())
        return "".join(WARNED.format(icons("triangle-alert"), says) for says in said)

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
    fields = ((name, child.fields[name]) for name in wanted)
    return [
        name
        for name, field in fields
        if name != parent and WIDGETS[field.type].cell and not (field.hidden and not item.columns)
    ]


def _needs_page(child: Entity, columns: Sequence[Control], parent: str) -> bool:
    """A child with children or fields beyond its columns is also opened for itself."""
    return len(columns) < sum(1 for name in child.fields if name != parent)


def _status(entity: Entity) -> str:
    """Return the state, or a choice whose options have tones: its value stands beside the title."""
    if entity.state_field in entity.fields:
        return entity.state_field or ""
    for name, field in entity.fields.items():
        if field.type == "choice" and any(option.tone for option in field.choices.values()):
            return name
    return ""
