"""Rules of import mappings: targets exist, keys are filled, constants fit, each column can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.layout import POINT, Column, Layout, is_date_format
from metadata.limits import check_value
from metadata.package import Document
from metadata.problems import Place, Problem, Refused, near

_NOT_FROM_FILES = frozenset({"children", "many links", "attachment", "image"})


def mappings_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M209, M214, M225, M229, M241 to M243: a mapping fills fields of its entity."""
    for document in scope.documents("layouts"):
        layout = cast("Layout", document.model)
        yield from scope.missing(document, "entities", layout.into, document.place("into"), "M204")
        entity = scope.entities.get(layout.into)
        if entity is None:
            continue
        filled: set[str] = set(layout.set)
        for source, column in layout.columns.items():
            yield from _column_fits(scope, document, entity, source, column)
            if column.to in filled:
                yield Problem("M243", {"name": column.to}, document.place("columns", source))
            filled.add(column.to)
        yield from _constants_fit(scope, document, entity, layout)
        for name in layout.key:
            if name not in filled:
                yield Problem("M225", {"name": name}, document.place("key"))


def _column_fits(
    scope: Scope, document: Document, entity: Entity, source: str, column: Column
) -> Iterator[Problem]:
    place = document.place("columns", source)
    yield from scope.unknown_field(entity, column.to, place)
    field = entity.fields.get(column.to)
    if field is None:
        return
    if field.type in _NOT_FROM_FILES:
        yield Problem("M214", {"name": column.to, "type": field.type, "use": "columns"}, place)
    elif field.type == "link":
        if field.to in scope.entities:  # an entity that could not be read is told elsewhere
            yield from _link_found(scope.entities[field.to], column, place)
    else:
        if column.find:
            yield Problem("M214", {"name": column.to, "type": field.type, "use": "find"}, place)
        for text in (*column.values.values(), column.default):
            yield from _value_fits(field, text, place)
    yield from _reading_fits(field, column, place)


def _link_found(target: Entity, column: Column, place: Place) -> Iterator[Problem]:
    if not column.find:
        yield Problem("M229", {"name": "", "entity": target.name, "near": ""}, place)
    for name in column.finders:
        if name not in target.fields:
            facts = {"name": name, "entity": target.name, "near": near(name, target.fields)}
            yield Problem("M205", facts, place)
        elif target.fields[name].type == "link" or not target.fields[name].has_column:
            facts = {"name": name, "type": target.fields[name].type, "use": "find"}
            yield Problem("M214", facts, place)


def _reading_fits(field: Field, column: Column, place: Place) -> Iterator[Problem]:
    first, last = column.characters or (1, 0)
    if column.part and first > last:
        yield Problem("M241", {"value": column.part}, place)
    dated = field.type in ("date", "month") and is_date_format(column.format)
    pointed = field.kind.storage == "numeric" and column.format == POINT
    if column.format and not dated and not pointed:
        yield Problem("M242", {"value": column.format, "type": field.type}, place)


def _constants_fit(scope: Scope, document: Document, entity: Entity, layout: Layout) -> Iterator[Problem]:
    for name, text in layout.set.items():
        place = document.place("set", name)
        yield from scope.unknown_field(entity, name, place)
        field = entity.fields.get(name)
        if field is not None and (field.type in _NOT_FROM_FILES or field.type == "link"):
            yield Problem("M214", {"name": name, "type": field.type, "use": "set"}, place)
        elif field is not None:
            yield from _value_fits(field, text, place)


def _value_fits(field: Field, text: str, place: Place) -> Iterator[Problem]:
    if not text or (field.type == "choice" and not field.choices):
        return
    value = field.canonical(text)
    refused = value if isinstance(value, Refused) else check_value(value, field)
    if refused:
        yield Problem("M209", {"key": field.name, "value": text, "reason": refused.sentence()}, place)
