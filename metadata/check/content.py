"""Rules of content: help is about something, data rows fit the fields they fill."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import cast

from metadata.check.scope import Scope
from metadata.content import Data, Help
from metadata.entity import Entity, Field
from metadata.limits import check_value
from metadata.messages import reading_error
from metadata.package import Document
from metadata.problems import Place, Problem, Refused, near
from metadata.rows import Rows, parts_of
from metadata.unreadable import conflicts

_ABOUT = {"entity": "entities", "form": "forms", "list": "lists", "menu": "menus", "process": "processes"}


def help_about_something(scope: Scope) -> Iterator[Problem]:
    """M221: `about` and `examples` name documents that exist."""
    for document in scope.documents("help"):
        help = cast("Help", document.model)
        kind, _, name = help.about.partition(" ")
        for examples in help.examples:
            yield from scope.missing(document, "examples", examples, document.place("examples"), "M221")
        place = document.place("about")
        if kind not in _ABOUT:
            yield Problem("M221", {"name": kind, "near": near(kind, _ABOUT)}, place)
        elif name not in scope.entities or kind == "entity":
            yield from scope.missing(document, _ABOUT[kind], name, place, "M221")


def data_described(scope: Scope) -> Iterator[Problem]:
    """M204, M222, M223: a data document has an entity and a CSV file, and each CSV file a document."""
    files = scope.configuration.files
    described = set()
    for document in scope.documents("data"):
        data = cast("Data", document.model)
        yield from scope.missing(document, "entities", data.entity, document.place("entity"), "M204")
        path = scope.configuration.rows_file(data.name)
        described.add(path)
        if path not in files:
            yield Problem("M222", {"file": path}, document.place())
    for path in files:
        if path.endswith(".csv") and path not in described:
            stem = path.rsplit("/", 1)[1].removesuffix(".csv")
            if ("data", stem) not in scope.broken:
                yield Problem("M223", {"file": path}, Place(path))


def data_rows_fit(scope: Scope) -> Iterator[Problem]:
    """M123, M205, M224 to M227: header and rows fit the entity; keys are filled and not repeated."""
    for document in scope.documents("data"):
        data = cast("Data", document.model)
        path = scope.configuration.rows_file(data.name)
        entity = scope.entities.get(data.entity)
        if entity is None or path not in scope.configuration.files:
            continue
        content = scope.configuration.files[path]
        if marks := list(conflicts(content.decode(errors="replace"), path)):
            yield from marks
            continue
        try:
            rows = scope.configuration.rows_of(data.name)
        except (UnicodeDecodeError, csv.Error) as error:
            yield Problem("M224", {"what": reading_error(str(error))}, Place(path))
            continue
        problems = [
            *_header_fits(scope, entity, data, rows, path),
            *_key_fits(data, entity, document),
        ]
        yield from problems or _rows_fit(scope, entity, data, rows, path)


def _key_fits(data: Data, entity: Entity, document: Document) -> Iterator[Problem]:
    for name in data.key:
        if name.partition(".")[0] not in entity.fields:
            facts = {
                "name": name,
                "entity": entity.name,
                "near": near(name, entity.fields),
            }
            yield Problem("M205", facts, document.place("key"))


def _header_fits(scope: Scope, entity: Entity, data: Data, rows: Rows, path: str) -> Iterator[Problem]:
    place = Place(path, 1, 1)
    bare = {name.partition(".")[0] for name in rows.header}
    for name in sorted({key.partition(".")[0] for key in data.key} - bare):
        yield Problem("M225", {"name": name}, place)
    for name in rows.header:
        found = _end(scope, entity, name, place)
        if isinstance(found, Problem):
            yield found
        elif found is not None and found.type in (
            "children",
            "many links",
            "attachment",
            "image",
        ):
            yield Problem("M214", {"name": name, "type": found.type, "use": "data"}, place)


def _end(scope: Scope, entity: Entity, name: str, place: Place) -> Field | Problem | None:
    """Return the field of a column; one of a field of many links says which field of the targets it lists."""
    many, _, rest = name.partition(".")
    field = entity.fields.get(many)
    if field is None or field.type != "many links" or not rest or "." in rest:
        return scope.follow(entity, name, place)
    return scope.follow(scope.entities[field.to], rest, place) if field.to in scope.entities else None


def _rows_fit(scope: Scope, entity: Entity, data: Data, rows: Rows, path: str) -> Iterator[Problem]:
    fields = [_end(scope, entity, name, Place(path)) for name in rows.header]
    lists = [_is_list(entity, name) for name in rows.header]
    keys = [index for index, name in enumerate(rows.header) if name.partition(".")[0] in data.key]
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in rows.rows:
        place = Place(path, line, 1)
        if len(cells) != len(rows.header):
            yield Problem("M226", {"found": len(cells), "wanted": len(rows.header)}, place)
            continue
        for field, name, text, is_list in zip(fields, rows.header, cells, lists, strict=True):
            if isinstance(field, Field) and text:
                for each in parts_of(text) if is_list else (text,):
                    yield from _cell_fits(field, name, each, place)
        key = tuple(cells[index] for index in keys)
        if key in seen:
            yield Problem("M227", {"key": ", ".join(key), "line": seen[key]}, place)
        seen[key] = line


def _is_list(entity: Entity, name: str) -> bool:
    field = entity.fields.get(name.partition(".")[0])
    return field is not None and field.type == "many links"


def _cell_fits(field: Field, name: str, text: str, place: Place) -> Iterator[Problem]:
    if field.type == "link":
        yield Problem("M228", {"name": name}, place)
        return
    if field.type == "choice" and not field.choices:
        return
    value = field.canonical(text)
    refused = value if isinstance(value, Refused) else check_value(value, field)
    if refused:
        yield Problem("M209", {"key": name, "value": text, "reason": refused.sentence()}, place)
