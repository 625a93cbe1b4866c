"""Rules of import mappings: targets exist, keys are filled, constants fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.layout import Column, Layout
from metadata.package import Document
from metadata.problems import Problem, Refused, near


def mappings_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M209, M225: a mapping fills fields of its entity, all keys among them."""
    for document in scope.documents("layouts"):
        layout = cast("Layout", document.model)
        yield from scope.missing(document, "entities", layout.into, document.place("into"), "M204")
        entity = scope.entities.get(layout.into)
        if entity is None:
            continue
        for source, column in layout.columns.items():
            yield from _column_fits(scope, document, entity, source, column)
        yield from _constants_fit(scope, document, entity, layout)
        filled = {column.to for column in layout.columns.values()} | layout.set.keys()
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
    if field.type == "link" and field.to in scope.entities:
        target = scope.entities[field.to]
        if column.find not in target.fields:
            facts = {
                "name": column.find,
                "entity": target.name,
                "near": near(column.find, target.fields),
            }
            yield Problem("M229" if not column.find else "M205", facts, place)
    elif column.find:
        yield Problem("M214", {"name": column.to, "type": field.type, "use": "find"}, place)


def _constants_fit(scope: Scope, document: Document, entity: Entity, layout: Layout) -> Iterator[Problem]:
    for name, text in layout.set.items():
        place = document.place("set", name)
        yield from scope.unknown_field(entity, name, place)
        field = entity.fields.get(name)
        value = field.canonical(text) if field else None
        if isinstance(value, Refused):
            yield Problem("M209", {"key": name, "value": text, "reason": value.sentence()}, place)
