"""Rules of what fills itself: what starts it, where it looks, the fields and the rows that it fills."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.check.expressions import judged, taken
from metadata.check.making import Path, Seen, rows
from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.expression.kinds import BOOLEAN
from metadata.package import Document
from metadata.problems import Problem
from metadata.rules import Fill, FilledRows

FOUND = "found"


def fills_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M3, M357, M378: fills start from fields of their entity, fill what takes what they have."""
    for document, entity in scope.entity_documents():
        for name, fill in entity.fills.items():
            yield from _fill(scope, document, entity, ("fills", name), fill)


def _fill(scope: Scope, document: Document, entity: Entity, path: Path, fill: Fill) -> Iterator[Problem]:
    for index, trigger in enumerate(fill.on):
        yield from scope.unknown_field(entity, trigger, document.place(*path, "on", index))
    yield from _looked_up(scope, document, entity, path, fill)
    kinds = {FOUND: k.record(fill.from_)} if fill.from_ else {}
    if fill.when:
        yield from judged(scope, document, (*path, "when"), fill.when, entity.name, kinds, BOOLEAN)[1]
    for target, text in fill.set.items():
        field = entity.fields.get(target)
        where = (*path, "set", target)
        if field is None:
            yield Problem("M205", scope.unknown(entity, target), document.place(*where, key=True))
        else:
            yield from judged(scope, document, where, text, entity.name, kinds, taken(field))[1]
    for name, made in fill.rows.items():
        yield from _rows(scope, document, entity, (*path, "rows", name), made, Seen(kinds))
    if not (fill.set or fill.rows):
        yield Problem("M378", {"name": path[-1]}, document.place(*path, key=True))


def _looked_up(scope: Scope, document: Document, entity: Entity, path: Path, fill: Fill) -> Iterator[Problem]:
    if fill.missing and not (fill.from_ and fill.where):
        yield Problem("M357", {"name": path[-1]}, document.place(*path, "missing"))
    if not fill.from_:
        return
    yield from scope.missing(document, "entities", fill.from_, document.place(*path, "from"), "M204")
    if source := scope.entities.get(fill.from_):
        for theirs, ours in fill.where.items():
            here = document.place(*path, "where", theirs)
            yield from scope.unknown_field(source, theirs, here)
            yield from scope.unknown_field(entity, ours, here)


def _rows(
    scope: Scope, document: Document, entity: Entity, path: Path, made: FilledRows, names: Seen
) -> Iterator[Problem]:
    """M370: rows can be made, and known again by what was set in them."""
    yield from rows(scope, document, path, entity, made, names, entity.name)
    for index, name in enumerate(made.key):
        if name not in made.set:
            yield Problem("M370", {"name": name}, document.place(*path, "key", index))
