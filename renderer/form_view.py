"""This file makes what templates/form.html shows: title, status, errors with their places, the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from kernel.storage import drafts
from metadata.entity import Entity
from metadata.problems import Problem
from renderer import documents, forms, menu, screen, visit
from renderer.conflict import Asked
from renderer.form_content import EMPTY, Content, RowContent
from renderer.form_layout import FormLayout, Grid, layout
from renderer.forms import Base
from renderer.once import per_runtime
from renderer.problem import at_its_field, next_step
from renderer.visit import Visit
from renderer.when import said


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stands: its list, entity, compiled layout, crumbs."""

    list: str
    entity: Entity
    form: FormLayout
    module: str
    crumbs: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """The address of the list."""
        return f"/registros/{self.list}"


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One line of the error summary."""

    label: str
    sentence: str
    hint: str
    target: str = ""
    tab: str = ""

    @property
    def rest(self) -> str:
        """The sentence after the label, which is the link: never said twice."""
        if self.label and self.sentence.startswith(self.label):
            return self.sentence[len(self.label) :]
        last = self.label.rpartition(", ")[2]
        if last and self.sentence.startswith(last):
            return self.sentence[len(last) :]
        return f": {self.sentence}" if self.label else self.sentence[:1].upper() + self.sentence[1:]


@dataclass(frozen=True, slots=True)
class View:
    """What the template receives."""

    entity: Entity
    title: str
    chip: Markup
    sub: str
    id: int | None
    version: int | None
    list_address: str
    address: str
    action: str
    draft: str
    heads: Markup
    body: Markup
    base: Markup
    has_files: bool
    errors: Sequence[ErrorLine] = ()
    notes: Sequence[str] = ()
    conflict: Asked | None = None
    is_away: bool = False
    is_changed: bool = False
    saved: str = ""


@per_runtime
def place(runtime: Any, list_name: str, templates: Any) -> Place | None:
    """Return the form that a list opens, or None where there is no such list."""
    document = documents.lists(runtime).get(list_name)
    if document is None:
        return None
    entity: Entity = runtime.configuration.entities[document.entity]
    module, module_label, group = menu.place_of(runtime, list_name)
    crumbs = [(label, f"/modulos/{module}") for label in (module_label, group) if label]
    crumbs.append((documents.list_label(runtime, list_name), f"/registros/{list_name}"))
    return Place(list_name, entity, layout(runtime, entity.name, templates), module, tuple(crumbs))


@dataclass(slots=True)
class Shown:
    """A page in the making; everything has the value of an untouched page."""

    content: Content
    base: Base
    row: Any = None
    version: int | None = None
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
    conflict: Asked | None = None
    is_away: bool = False
    is_changed: bool = False
    saved: str = ""
    status: int = 200
    title: str = ""
    draft: str = ""


def answer(request: Request, where: Place, shown: Shown) -> Response:
    """Return the page of the form."""
    seen = visit.of(request)
    record = shown.row.id if shown.row is not None else None
    errors = mark(where.form, shown.content, shown.problems)
    title = shown.title or (forms.title(where.entity, shown.row) if record else forms.new_title(where.entity))
    icon = request.app.state.templates.globals["icon"]
    view = View(
        entity=where.entity,
        title=title,
        chip=forms.chip(where.form, shown.row, icon) if record else Markup(""),
        sub=_sub(where.entity, shown.row, seen) if record else where.entity.help,
        id=record,
        version=shown.version,
        list_address=where.address,
        address=f"{where.address}/{record}" if record else "",
        action=f"{where.address}/{record or 'novo'}",
        draft=str(record or shown.draft or drafts.named()),
        heads=Markup(where.form.heads(shown.content)),  # noqa: S704 (made by our macros)
        body=forms.body(where.form, shown.content),
        base=forms.quoted(shown.base),
        has_files=where.form.has_files,
        errors=errors,
        notes=shown.notes,
        conflict=shown.conflict,
        is_away=shown.is_away,
        is_changed=shown.is_changed,
        saved=shown.saved,
    )
    return screen.page(
        request,
        "form.html",
        title=title,
        crumbs=where.crumbs,
        module=where.module,
        status=shown.status,
        view=view,
    )


def _sub(entity: Entity, row: Any, seen: Visit) -> str:
    """Say what it is, which version, saved when and by whom."""
    stamps = row.stamps
    when = said(stamps.updated_at, seen.context.now) if stamps and stamps.updated_at else ""
    by = f" por {stamps.updated_by}" if stamps and stamps.updated_by else ""
    return f"{entity.label.one} {row.id} · versão {row.version}" + (f", salva {when}{by}" if when else "")


# ── errors ────────────────────────────────────────────────────────────────────────────────────────


def mark(form: FormLayout, content: Content, problems: Iterable[Problem]) -> list[ErrorLine]:
    """Put each problem at its field, count them per tab, and return the lines of the summary."""
    order = {name: place for place, name in enumerate((*form.controls, *form.grids))}
    ordered = sorted(problems, key=lambda problem: order.get((problem.field or "").partition("/")[0], -1))
    lines = [_mark_one(form, content, problem) for problem in ordered]
    if lines:
        content.wrong = _counts(form, content)
    return lines


def _mark_one(form: FormLayout, content: Content, problem: Problem) -> ErrorLine:
    name, _, rest = (problem.field or "").partition("/")
    if name in form.controls and not rest:
        control = form.controls[name]
        _set_error(content.entries, name, at_its_field(problem))
        return _line(control.label, problem, str(control.id), _tab_of(form, name))
    if name in form.grids:
        return _mark_cell(form, content, name, rest, problem)
    return _line(form.labels.get(name, ""), problem)


def _mark_cell(form: FormLayout, content: Content, name: str, rest: str, problem: Problem) -> ErrorLine:
    grid = form.grids[name]
    text, _, column = rest.partition("/")
    rows = content.rows[name]
    tab = _tab_of(form, name)
    if not text.isdecimal() or int(text) >= len(rows):
        return _line(grid.label, problem, f"t-{name}", tab)
    row: RowContent = rows[int(text)]
    place = f"{grid.label}, linha {int(text) + 1}{_below(grid, column)}"
    if column in row.entries:
        label = next(c.label for c in grid.columns if c.field.name == column)
        _set_error(row.entries, column, at_its_field(problem))
        return _line(f"{place}, {label}", problem, f"c-{name}-{row.index}-{column}", tab)
    return _line(place, problem, f"t-{name}", tab)


def _line(label: str, problem: Problem, target: str = "", tab: str = "") -> ErrorLine:
    """Make a line of the summary: nothing is said twice, neither the tab nor what to do."""
    return ErrorLine(label, problem.sentence(), next_step(problem), target, "" if tab in label else tab)


def _below(grid: Grid, path: str) -> str:
    """Say which row below a row is meant; such rows are copied along and have no cells here."""
    name, _, rest = path.partition("/")
    number = rest.partition("/")[0]
    if name not in grid.entity.fields or not number.isdecimal():
        return ""
    return f", {grid.entity.fields[name].label}, linha {int(number) + 1}"


def _set_error(entries: Mapping[str, Any], name: str, told: str) -> None:
    assert isinstance(entries, dict)
    entry = entries.get(name, EMPTY)
    entries[name] = entry._replace(error=f"{entry.error}. {told}" if entry.error else told)


def _counts(form: FormLayout, content: Content) -> dict[str, int]:
    wrong = {name: 1 for name, entry in content.entries.items() if entry.error}
    for name, rows in content.rows.items():
        wrong[name] = sum(1 for row in rows for entry in row.entries.values() if entry.error)
    counts = {tab.id: sum(wrong.get(name, 0) for name in tab.names) for tab in (*form.tabs, *form.below)}
    return {key: count for key, count in counts.items() if count} or {"": 1}


def _tab_of(form: FormLayout, name: str) -> str:
    heads = (*(form.tabs if len(form.tabs) > 1 else ()), *(form.below if len(form.below) > 1 else ()))
    return next((tab.title for tab in heads if name in tab.names), "")
