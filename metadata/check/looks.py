"""Rules of quick looks: they show what records have, and rows that hang together with the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from metadata.check.definitions import value_fits
from metadata.check.scope import Scope
from metadata.check.screens import path_fits
from metadata.entity import Entity, Field
from metadata.look import RECORD, Look, LookRows
from metadata.package import Document
from metadata.problems import Problem


def looks_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M209, M213, M214, M393: facts are paths of the entity, rows are found by links that fit."""
    for document in scope.documents("looks"):
        look = cast("Look", document.model)
        yield from scope.missing(document, "entities", look.entity, document.place("entity"), "M204")
        entity = scope.entities.get(look.entity)
        if entity is None:
            continue
        for title, paths in look.facts.items():
            for place, path in enumerate(paths):
                yield from path_fits(scope, document, entity, path, "facts", title, place)
        for title, rows in look.rows.items():
            yield from _rows(scope, document, entity, title, rows)


def _rows(scope: Scope, document: Document, entity: Entity, title: str, rows: LookRows) -> Iterator[Problem]:
    at = ("rows", title)
    yield from scope.missing(document, "entities", rows.of, document.place(*at, "of"), "M204")
    other = scope.entities.get(rows.of)
    if other is None:
        return
    for key in ("columns", "order", "empty"):
        for place, path in enumerate(getattr(rows, key)):
            yield from path_fits(scope, document, other, path.removeprefix("-"), *at, key, place)
    for path, texts in rows.only.items():
        yield from path_fits(scope, document, other, path, *at, "only", path)
        found = scope.follow(other, path, document.place(*at, "only", path))
        if isinstance(found, Field):
            for text in texts:
                yield from value_fits(found, text, path, document.place(*at, "only", path))
    for theirs, ours in rows.by.items():
        yield from _joined(scope, document, (entity, other), (*at, "by", theirs), theirs, ours)


def _joined(
    scope: Scope,
    document: Document,
    entities: tuple[Entity, Entity],
    at: tuple[str, ...],
    theirs: str,
    ours: str,
) -> Iterator[Problem]:
    """M214: what a row and the record have in common is a link to the same records, or of the same type."""
    entity, other = entities
    place = document.place(*at)
    yield from path_fits(scope, document, other, theirs, *at)
    if ours != RECORD:
        yield from path_fits(scope, document, entity, ours, *at)
    one = scope.follow(other, theirs, place)
    two = Field(type="link", to=entity.name) if ours == RECORD else scope.follow(entity, ours, place)
    if isinstance(one, Field) and isinstance(two, Field) and (one.type, one.to) != (two.type, two.to):
        yield Problem("M214", {"name": theirs, "type": one.type_text, "use": "by"}, place)
