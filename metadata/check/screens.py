"""Rules of screens: forms, lists and menus name what exists, each field once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from metadata.check.definitions import value_fits
from metadata.check.scope import Scope
from metadata.entity import SYSTEM_FIELDS, Entity, Field
from metadata.package import Document
from metadata.problems import Place, Problem
from metadata.screen import Form, Item, List, Menu, written_path

SUMMABLE = frozenset({"integer", "decimal", "money"})

Path = tuple[Any, ...]
Fault = tuple[str, dict[str, Any], Path]  # code, facts, and where within the item


def forms_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M214, M218, M219, M230: a form shows fields of its entity, each once, within 12 columns."""
    for document in scope.documents("forms"):
        form = cast("Form", document.model)
        yield from scope.missing(document, "entities", form.entity, document.place("entity"), "M204")
        entity = scope.entities.get(form.entity)
        if entity:
            yield from _items_fit(scope, document, form, entity)


def _items_fit(scope: Scope, document: Document, form: Form, entity: Entity) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, item in form.placed_items():
        found = [*_item_fits(scope, form, entity, item, below=path[0] == "below")]
        if item.field in seen:
            found.append(("M218", {"name": item.field, "form": form.name}, ()))
        seen.add(item.field)
        for code, facts, rest in found:
            yield Problem(code, facts, _item_place(document, path, item, rest))
    for tab in form.tabs:
        for section in tab.sections:
            for row in section.rows:
                if sum(item.width for item in row) > 12:
                    place = document.source.find(row[0].field)
                    yield Problem("M219", {"name": row[0].field, "form": form.name}, place)


def _item_fits(scope: Scope, form: Form, entity: Entity, item: Item, *, below: bool) -> Iterator[Fault]:
    field = entity.fields.get(item.field)
    if field is None:
        yield "M205", scope.unknown(entity, item.field), ()
        return
    if below and field.type != "children":
        yield "M214", {"name": item.field, "type": field.type, "use": "below"}, ()
    child = scope.entities.get(str(field.of)) if field.type == "children" else None
    for index, name in enumerate(item.columns):
        if child and name not in child.fields:
            yield "M205", scope.unknown(child, name), ("columns", index)
    if item.totals and field.type != "children":
        yield "M214", {"name": item.field, "type": field.type, "use": "totals"}, ("totals",)
    elif child:
        yield from _totals_fit(scope, item, child)


def _totals_fit(scope: Scope, item: Item, child: Entity) -> Iterator[Fault]:
    """A total is the sum of a column that the grid shows, and adding up must mean something."""
    for index, name in enumerate(item.totals):
        summed = child.fields.get(name)
        if summed is None:
            yield "M205", scope.unknown(child, name), ("totals", index)
        elif summed.type not in SUMMABLE:
            yield "M214", {"name": name, "type": summed.type, "use": "totals"}, ("totals", index)
        elif item.columns and name not in item.columns:
            yield "M230", {"name": name}, ("totals", index)


def _item_place(document: Document, path: Path, item: Item, rest: Path) -> Place:
    written = written_path(path, document.source.plain)
    written = written if written[-1] == item.field else (*written, item.field)
    return document.place(*written, *rest, key=not rest)


def lists_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M209: a list belongs to an entity; what it names are paths of it, `only` with values."""
    for document in scope.documents("lists"):
        entry = cast("List", document.model)
        yield from scope.missing(document, "entities", entry.entity, document.place("entity"), "M204")
        entity = scope.entities.get(entry.entity)
        if entity is None:
            continue
        for key in ("columns", "filters", "order"):
            for index, path in enumerate(getattr(entry, key)):
                yield from path_fits(scope, document, entity, path.removeprefix("-"), key, index)
        for path, texts in entry.only.items():
            yield from path_fits(scope, document, entity, path, "only", path)
            found = scope.follow(entity, path, document.place("only", path))
            if isinstance(found, Field):
                for text in texts:
                    yield from value_fits(found, text, path, document.place("only", path))
        for view, filters in entry.views.items():
            for path in filters:
                yield from path_fits(scope, document, entity, path, "views", view, path)


def path_fits(
    scope: Scope, document: Document, entity: Entity, path: str, *where: object
) -> Iterator[Problem]:
    """M205, M213, M214, M393: a path leads to a field that can be asked of many records."""
    if path in SYSTEM_FIELDS:
        return
    place = document.place(*where)
    found = scope.follow(entity, path, place)
    if isinstance(found, Problem):
        yield found
    elif found is not None and found.is_ and not found.stored:
        yield from _asked(scope, entity, path, found, place)
    elif found is not None and not found.has_column:
        yield Problem("M214", {"name": path, "type": found.type, "use": where[0]}, place)


def _asked(scope: Scope, entity: Entity, path: str, field: Field, place: Place) -> Iterator[Problem]:
    """M393: a list shows computed fields that can be worked out for many records at once."""
    owner = entity
    for step in path.split(".")[:-1]:
        owner = scope.entities[owner.fields[step].to]
    if (owner.name, field.name) not in scope.configuration.computed_in_sets:
        yield Problem("M393", {"name": path}, place)


def menus_fit(scope: Scope) -> Iterator[Problem]:
    """M217, M220: a menu opens lists (or entities without one) and processes; it adds to menus that exist."""
    for document in scope.documents("menus"):
        menu = cast("Menu", document.model)
        if menu.into:
            yield from scope.missing(document, "menus", menu.into, document.place("into"), "M220")
        elif not menu.label:
            yield Problem("M109", {"key": "label"}, document.place())
        for names in menu.items.values():
            for name in names:
                folder = "processes" if name in scope.configuration.processes else "lists"
                if name not in scope.entities and not _is_broken(scope, name):
                    yield from scope.missing(document, folder, name, document.source.find(name), "M217")


def _is_broken(scope: Scope, name: str) -> bool:
    """Tell whether a document of that name was refused: to name it is no mistake."""
    return any((folder, name) in scope.broken for folder in ("entities", "processes"))
