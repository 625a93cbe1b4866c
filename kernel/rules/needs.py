"""This file says which fields rules need, as trees: fields, and below a link those of its target.

Shape:  {plano: {tipo: {}, faixas: {valor: {}}}} for `plano.tipo` and `sum(plano.faixas.valor)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from metadata.entity import Entity, Field

Needs: TypeAlias = "dict[str, Any]"  # name → Needs; mypy has no recursive aliases of dict
Computed: TypeAlias = "Mapping[tuple[str, str], frozenset[tuple[str, ...]]]"


def tree(paths: Iterable[tuple[str, ...]]) -> Needs:
    """Return paths as a tree."""
    found: Needs = {}
    for path in paths:
        node = found
        for step in path:
            node = node.setdefault(step, {})
    return found


def join(into: Needs, other: Mapping[str, Any]) -> Needs:
    """Add another tree to one, which is returned."""
    for name, below in other.items():
        join(into.setdefault(name, {}), below)
    return into


def target(field: Field) -> str:
    """Return the entity that a field leads to, or an empty text."""
    return field.to or (field.of if field.type == "children" and isinstance(field.of, str) else "")


def real(
    paths: Iterable[tuple[str, ...]], entities: Mapping[str, Entity], entity: str
) -> Iterator[tuple[str, ...]]:
    """Yield paths as far as they lead: what is read of an item may be no part of every origin of items."""
    for path in paths:
        current, found = entities.get(entity), []
        for step in path:
            field = current.fields.get(step) if current else None
            if field is None:
                break
            found.append(step)
            current = entities.get(target(field))
        yield tuple(found)


def in_full(
    needs: Mapping[str, Any], entity: str, entities: Mapping[str, Entity], computed: Computed, *, own: bool
) -> Needs:
    """Return a tree with what its computed fields need in their turn.

    computed: (entity, field) → the paths that its expression reads.  own: whether the record is the one
    being judged, of which stored computed fields are worked out anew too.
    """
    found: Needs = join({}, needs)
    fields = entities[entity].fields
    waiting = list(found)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        field = fields.get(name)
        if name in seen or field is None:
            continue
        seen.add(name)
        if field.is_ and (own or not field.stored):
            join(found, tree(computed[entity, name]))
            waiting += [other for other in found if other not in seen]
    for name in list(found):
        field = fields.get(name)
        if field is not None and target(field):
            found[name] = in_full(found[name], target(field), entities, computed, own=False)
    return found
