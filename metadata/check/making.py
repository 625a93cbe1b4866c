"""Rules of what is made of items: each field takes what it is set to, and none is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from metadata.check.expressions import judged, taken
from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression.infer import ITEM
from metadata.expression.kinds import Kind
from metadata.making import Rows
from metadata.package import Document
from metadata.problems import Problem

Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """The names that an expression sees besides the fields of its entity; former names of some of them."""

    kinds: Mapping[str, Kind]
    former: Mapping[str, str] = attribute(default_factory=dict)

    def but(self, **kinds: Kind) -> Seen:
        """Return these names and some more."""
        return Seen({**self.kinds, **kinds}, self.former)


def item_of(kind: Kind) -> Kind:
    """Return the kind of the items that `each` goes through; a single value is one item."""
    return kind.item or k.ANY if kind.name == b.LIST else kind


def rows(
    scope: Scope, document: Document, path: Path, target: Entity, made: Rows, names: Seen, entity: str = ""
) -> Iterator[Problem]:
    """M397 and what follows: rows of an entity can be made, below the field that the path ends with.

    entity: of the record whose fields expressions see besides `names`.
    """
    name = path[-1]
    field = target.fields.get(name)
    child = scope.entities.get(str(field.of)) if field and field.type == "children" else None
    if child is None:
        yield Problem("M397", {"name": name, "entity": target.name}, document.place(*path, key=True))
        return
    item, problems = each(scope, document, path, made.each, names, entity)
    yield from problems
    seen = names.but(**item)
    yield from values(
        scope, document, (*path, "set"), child, made.set, seen, entity=entity, parent=target.name
    )


def each(
    scope: Scope, document: Document, path: Path, text: str, names: Seen, entity: str = ""
) -> tuple[dict[str, Kind], list[Problem]]:
    """Return what `item` is, with the problems of the list."""
    if not text:
        return {}, []
    found, problems = judged(scope, document, (*path, "each"), text, entity, names.kinds, former=names.former)
    return {ITEM: item_of(found.kind) if found else k.ANY}, problems


def values(
    scope: Scope, document: Document, path: Path, target: Entity, texts: Mapping[str, str], names: Seen,
    *, entity: str = "", parent: str = "",
) -> Iterator[Problem]:  # fmt: skip
    """M205, M3, M396, M398: what the fields of a record that is made, below a parent or alone, are set to."""
    for name, text in texts.items():
        field = target.fields.get(name)
        if field is None:
            yield from scope.unknown_field(target, name, document.place(*path, name, key=True))
        elif field.is_given or field.kind.storage in ("none", "bridge", "file"):
            yield Problem("M396", {"name": name}, document.place(*path, name, key=True))
        else:
            kinds, former, wanted = names.kinds, names.former, taken(field)
            yield from judged(scope, document, (*path, name), text, entity, kinds, wanted, 0, former)[1]
    for name, field in target.fields.items():
        is_owner = bool(parent) and field.to == parent
        if field.required and not (name in texts or field.default or field.is_given or is_owner):
            yield Problem("M398", {"name": name, "entity": target.name}, document.place(*path))
