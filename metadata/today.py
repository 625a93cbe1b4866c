"""This file knows what entities and fields are called today, of which others may still say a former name.

A name of today always comes first: a former one counts only while nothing has it (M231, M232 hold that).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from metadata.entity import Entity
from metadata.rows import Rows

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Said:
    """A former name within a text: where it begins, how it is written there, what stands for it today."""

    start: int
    written: str
    name: str


@dataclass(frozen=True)
class Today:
    """The names of today of some entities and their fields."""

    entities: Mapping[str, Entity]

    @cached_property
    def former(self) -> Mapping[str, str]:
        """Former name → name of today, of entities that were renamed."""
        return {
            was: entity.name
            for entity in self.entities.values()
            for was in entity.was
            if was not in self.entities
        }

    @cached_property
    def is_all(self) -> bool:
        """Tell that nothing was ever renamed."""
        return not self.former and not any(entity.former for entity in self.entities.values())

    def entity(self, name: str) -> str:
        """Return what an entity is called today."""
        return self.former.get(name, name)

    def field(self, entity: str, name: str) -> str:
        """Return what a field of an entity is called today."""
        known = self.entities.get(entity)
        return known.former.get(name, name) if known else name

    def target(self, entity: str, field: str) -> str:
        """Return the entity that a link or rows lead to; an empty text where the field does neither."""
        known = self.entities.get(entity)
        found = known.fields.get(field) if known else None
        if found is None or not (found.to or found.type == "children"):
            return ""
        return self.entity(found.to or str(found.of))

    def in_path(self, entity: str, text: str, start: int = 0) -> Iterator[Said]:
        """Yield the former names of a path of fields, as `-contrato.inicio`, that begins at a place."""
        bare = text.removeprefix("-")
        start += len(text) - len(bare)
        for step in bare.split("."):
            name = self.field(entity, step)
            if name != step:
                yield Said(start, step, name)
            start += len(step) + 1
            entity = self.target(entity, name)

    def in_pattern(self, entity: str, text: str) -> Iterator[Said]:
        """Yield the former names between the braces of a text."""
        for found in _PLACEHOLDER.finditer(text):
            yield from self.in_path(entity, found[1], found.start(1))

    def rows(self, entity: str, rows: Rows) -> Rows:
        """Return rows of an entity whose header says today's names."""
        header = tuple(renewed_text(name, self.in_path(entity, name)) for name in rows.header)
        return Rows(header, rows.rows)


def renewed_text(text: str, said: Iterator[Said] | list[Said]) -> str:
    """Return a text with today's names; everything else stays as its author wrote it."""
    for each in sorted(said, key=lambda each: each.start, reverse=True):
        text = text[: each.start] + each.name + text[each.start + len(each.written) :]
    return text
