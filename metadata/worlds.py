"""This file puts together the world of an example of a process: the records that there are before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from metadata.entity import Entity
from metadata.examples import Case, Examples

Key = tuple[str, str]
"""A record of a world: its entity, and its short name."""
NOTHING = ("", "null")


@dataclass(frozen=True, slots=True)
class World:
    """Records by entity and short name, with their values by field; `usual` is what new ones begin with."""

    records: Mapping[Key, Mapping[str, Any]] = attribute(default_factory=dict)
    usual: Mapping[str, Mapping[str, Any]] = attribute(default_factory=dict)

    def names(self, entity: str) -> list[str]:
        """Return the short names of the records of an entity."""
        return [name for of, name in self.records if of == entity]

    def with_records(self, given: Mapping[str, Any]) -> World:
        """Return the world with more records, or with other values in those that it has."""
        records = dict(self.records)
        for entity, named in given.items():
            for name, values in named.items() if isinstance(named, dict) else ():
                if values in NOTHING:
                    records.pop((entity, name), None)
                elif isinstance(values, dict):
                    known = records.get((entity, name), self.usual.get(entity, {}))
                    records[entity, name] = {**known, **values}
        return replace(self, records=records)

    def with_usual(self, usual: Mapping[str, Any]) -> World:
        """Return the world where new records begin with other values."""
        more = {
            entity: {**self.usual.get(entity, {}), **values}
            for entity, values in usual.items()
            if isinstance(values, dict)
        }
        return replace(self, usual={**self.usual, **more})


def world_of(documents: Mapping[str, Examples], examples: Examples, case: Case | None = None) -> World:
    """Return the world of a document, or of one of its cases."""
    world = World()
    for each in _used(documents, examples, set()):
        world = world.with_usual(each.usual).with_records(each.given)
    return world.with_records(case.given) if case else world


def _used(documents: Mapping[str, Examples], examples: Examples, seen: set[str]) -> Iterator[Examples]:
    """Yield the worlds that a document uses, then itself; each once."""
    seen.add(examples.name)
    for name in examples.use:
        if name in documents and name not in seen:
            yield from _used(documents, documents[name], seen)
    yield examples


def in_order(world: World, entities: Mapping[str, Entity]) -> tuple[list[Key], list[Key]]:
    """Return the records so that each comes behind those it links to; and those that lead in a circle."""
    order: dict[Key, None] = {}
    circle: list[Key] = []

    def visit(key: Key, way: tuple[Key, ...]) -> None:
        if key in order or circle:
            return
        if key in way:
            circle.extend(way[way.index(key) :])
            return
        for linked in _links(world, entities, key[0], world.records[key]):
            visit(linked, (*way, key))
        order[key] = None

    for key in world.records:
        visit(key, ())
    return list(order), circle


def _links(
    world: World, entities: Mapping[str, Entity], entity: str, values: Mapping[str, Any]
) -> Iterator[Key]:
    fields = entities[entity].fields if entity in entities else {}
    for name, said in values.items():
        field = fields.get(name)
        for each in said if isinstance(said, list) else [said]:
            if field is None:
                continue
            if isinstance(each, str) and (field.to, each) in world.records:
                yield field.to, each
            elif isinstance(each, dict) and field.type == "children":
                yield from _links(world, entities, str(field.of), each)
