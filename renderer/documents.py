"""This file finds what screens are made from: lists (written or generated) and paths to fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.entity import Entity, Field
from metadata.screen import List
from renderer.once import per_runtime

# Types that say nothing in a cell of a generated list.
NOT_LISTED = frozenset({"children", "many links", "long text", "json", "attachment", "image", "formula"})
GENERATED_COLUMNS = 7
# A path may lead round in circles; nobody needs it longer.
MAX_LINKS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Where a path ends: the field, the entity that has it, and what people call it."""

    path: str
    entity: Entity
    field: Field
    label: str


@per_runtime
def lists(runtime: Any) -> dict[str, List]:
    """Return every list by name; an entity without one gets a generated one under its own name."""
    written: dict[str, List] = dict(runtime.configuration.lists)
    served = {document.entity for document in written.values()}
    for name, entity in runtime.configuration.entities.items():
        if name not in served and name not in written:
            written[name] = _generated(entity)
    return written


@per_runtime
def list_of(runtime: Any, entity: str) -> str:
    """Return the name of the list on which the records of an entity are opened."""
    known = lists(runtime)
    if entity in known and known[entity].entity == entity:
        return entity
    return next((name for name, document in known.items() if document.entity == entity), "")


def list_label(runtime: Any, name: str) -> str:
    """Return what people call a list."""
    document = lists(runtime)[name]
    return document.label or runtime.configuration.entities[document.entity].label.many


@per_runtime
def target(runtime: Any, entity_name: str, path: str) -> Target | None:
    """Follow a path through links; None when some part of it does not exist."""
    entities = runtime.configuration.entities
    entity = entities.get(entity_name)
    *through, last = path.split(".")
    if len(through) > MAX_LINKS:
        return None
    labels = []
    for name in through:
        link = entity.fields.get(name) if entity else None
        if link is None or link.type != "link":
            return None
        labels.append(link.column_label)
        entity = entities.get(link.to)
    field = entity.fields.get(last) if entity else None
    if entity is None or field is None:
        return None
    label = field.column_label if not labels else f"{field.column_label} ({labels[-1].lower()})"
    return Target(path, entity, field, label)


def _generated(entity: Entity) -> List:
    shown = [name for name in entity.shown_pieces[1::2] if name in entity.fields]
    others = [name for name, field in entity.fields.items() if field.type not in NOT_LISTED]
    columns = tuple(dict.fromkeys((*shown, *others)))[:GENERATED_COLUMNS]
    filters = tuple(
        name for name in columns if entity.fields[name].type in ("choice", "link", "yes/no", "date")
    )
    return List.model_validate(
        {"list": entity.name, "entity": entity.name, "columns": list(columns), "filters": list(filters)}
    )
