"""This file makes a list into a view model, once per Runtime: columns, filters, views, row printer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from kernel.query.plan import Filter, Line
from metadata.entity import Entity
from metadata.problems import Refused
from renderer import cells, menu
from renderer.cells import ROW_TONES, Cell
from renderer.documents import Target, list_label, list_of, lists, target
from renderer.filters import Asked, Pair, address
from renderer.once import lately_per_runtime, per_runtime

PHONE_COLUMNS = 4
KEPT_CHOICES = 300
# Beside texts, what stands back behind the name of the record, its figures and its dates.
QUIET = frozenset({"choice", "yes/no"})
NO_SORT = frozenset({"jsonb", "file", "none", "bridge"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it shows, how it is called and whether it sorts."""

    target: Target
    path: str
    label: str
    is_number: bool
    sorts: bool
    is_name: bool
    cell: Cell


@dataclass(frozen=True, slots=True)
class View:
    """A shipped view: its name and the filters it stands for."""

    name: str
    address: str
    asks: list[Pair]


@dataclass(frozen=True, slots=True)
class ListView:
    """Everything a request needs to show a list, with no metadata left to consult."""

    name: str
    label: str
    entity: Entity
    address: str
    module: str
    crumbs: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    paths: tuple[str, ...]
    filters: tuple[Target, ...]
    order: tuple[str, ...]
    only: tuple[Filter, ...]
    views: tuple[View, ...]
    rows: Callable[[Iterable[Line], str], Markup]
    sprite: str


@per_runtime
def list_view(runtime: Any, name: str, sprite: str) -> ListView | None:
    """Compile a list; None when there is no list of that name."""
    document = lists(runtime).get(name)
    if document is None:
        return None
    entity = runtime.configuration.entities[document.entity]
    there = f"/registros/{name}"
    module, module_label, _ = menu.place_of(runtime, name)
    found = [target(runtime, entity.name, path) for path in document.columns or entity.fields]
    columns = tuple(
        _columns(runtime, entity, [each for each in found if each and each.field.is_asked], sprite, there)
    )
    filters = (target(runtime, entity.name, path) for path in document.filters or [c.path for c in columns])
    return ListView(
        name=name,
        label=list_label(runtime, name),
        entity=entity,
        address=there,
        module=module,
        crumbs=((module_label, f"/modulos/{module}"),) if module else (),
        columns=columns,
        paths=tuple(column.path for column in columns),
        filters=tuple(each for each in filters if each and each.field.operators),
        order=tuple(document.order or entity.order),
        only=tuple(each.filter for each in _asked(runtime, entity, document.only)),
        views=tuple(_views(runtime, entity, there, document.views)),
        rows=_row_printer(columns),
        sprite=sprite,
    )


def with_columns(runtime: Any, view: ListView, paths: tuple[str, ...]) -> ListView:
    """Return the list with other columns than its own; no paths means its own."""
    return _with_columns(runtime, view.name, paths, view.sprite) if paths else view


@lately_per_runtime(most=KEPT_CHOICES)
def _with_columns(runtime: Any, name: str, paths: tuple[str, ...], sprite: str) -> ListView:
    view = list_view(runtime, name, sprite)
    assert view is not None  # whoever chose columns has the list
    found = [target(runtime, view.entity.name, path) for path in paths]
    columns = tuple(_columns(runtime, view.entity, [each for each in found if each], sprite, view.address))
    return replace(
        view, columns=columns, paths=tuple(column.path for column in columns), rows=_row_printer(columns)
    )


def _name_path(entity: Entity, found: list[Target]) -> str:
    """The column that names the record: of those in its display text the widest, else the first."""
    shown = [each for each in found if each.path in entity.shown_pieces[1::2]]
    named = max(shown, key=lambda each: int(each.field.max or 0), default=None)
    return (named or found[0]).path if found else ""


def _columns(runtime: Any, entity: Entity, found: list[Target], sprite: str, there: str) -> Iterable[Column]:
    named = _name_path(entity, found)
    for index, each in enumerate(found):
        field = each.field
        css = " ".join(
            css
            for css, holds in (
                ("num", field.kind.is_number),
                ("ink2", field.kind.is_text or field.type in QUIET),
                ("opt-col", index >= PHONE_COLUMNS),
            )
            if holds
        )
        linked = list_of(runtime, field.to) if field.type == "link" else ""
        made = (
            cells.name_cell(each, there)
            if each.path == named
            else cells.cell(each, sprite, f"/registros/{linked}" if linked else "", css)
        )
        yield Column(
            each,
            each.path,
            each.label,
            field.kind.is_number and each.path != named,
            field.is_asked and not field.is_masked and field.kind.storage not in NO_SORT,
            each.path == named,
            made,
        )


def _views(
    runtime: Any, entity: Entity, list_address: str, written: dict[str, dict[str, tuple[str, ...]]]
) -> Iterable[View]:
    for name, conditions in written.items():
        pairs = [pair for each in _asked(runtime, entity, conditions) for pair in each.pairs()]
        yield View(name, address(list_address, pairs), sorted(pairs))


def _asked(runtime: Any, entity: Entity, conditions: dict[str, tuple[str, ...]]) -> Iterable[Asked]:
    """Read conditions as documents write them: a path, with the values of which it must have one."""
    for path, texts in conditions.items():
        found = target(runtime, entity.name, path)
        values = [found.field.canonical(text) for text in texts] if found else []
        good = tuple(value for value in values if not isinstance(value, Refused))
        if found and good:
            yield Asked(found, "one of" if len(good) > 1 else "is", good)


def _row_printer(columns: tuple[Column, ...]) -> Callable[[Iterable[Line], str], Markup]:
    """Bind the cells of a row.

    Rows are joined pieces of text, because a template loop of 400 cells costs more than the query. Every
    piece is escaped where it is made (cells.py).
    """
    made = tuple(column.cell for column in columns)
    tones = _tones(columns)

    def rows(lines: Iterable[Line], fragment: str = "") -> Markup:
        pieces: list[str] = []
        for line in lines:
            css = next((ready for path, by_code in tones if (ready := by_code.get(line.values[path]))), "")
            pieces.append(
                f'<tr id="r{line.id}" data-id="{line.id}"{css}><td class="sel"><input type="checkbox" '
                f'name="ids" value="{line.id}" form="lote" aria-labelledby="sel n{line.id}"></td>'
            )
            pieces.extend([cell(line, fragment) for cell in made])
            pieces.append("</tr>\n")
        return Markup("".join(pieces))  # noqa: S704 (see above)

    return rows


def _tones(columns: tuple[Column, ...]) -> list[tuple[str, dict[Any, str]]]:
    """Return what colours rows: first being past a deadline, then options with a tone."""
    late = [
        (column.path, {True: ' class="is-bad"'})
        for column in columns
        if column.target.field.is_late and "." not in column.path
    ]
    return late + [
        (
            column.path,
            {
                code: f' class="is-{option.tone}"'
                for code, option in column.target.field.choices.items()
                if option.tone in ROW_TONES
            },
        )
        for column in columns
        if column.target.field.type == "choice"
    ]


# ── what the filters say ─────────────────────────────────────────────────────────────────────────

SAID = {
    "is": "é",
    "is not": "não é",
    "one of": "é um de",
    "contains": "contém",
    "starts with": "começa com",
    "from": "a partir de",
    "to": "até",
    "between": "entre",
    "empty": "está vazio",
    "filled": "está preenchido",
}


def say(asked: Asked, texts: dict[tuple[str, int], str]) -> tuple[str, str, str]:
    """Return (field, operator, values) of a condition; `texts` names the records that links mean."""
    field = asked.target.field
    if field.type == "link":
        values = [texts.get((field.to, value), str(value)) for value in asked.values]
    else:
        values = [field.kind.print(value, field) for value in asked.values]
    return (
        asked.target.label,
        SAID[asked.operator],
        (" e " if asked.operator == "between" else ", ").join(values),
    )
