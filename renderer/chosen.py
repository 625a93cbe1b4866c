"""This file finds which records a save chose in links: those that the form did not hold before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Edit

MOST = 60
"""A block of rows pasted from a sheet is no choice of a person; its first links are enough."""


def chosen(runtime: Runtime, edit: Edit) -> list[tuple[str, int]]:
    """Return (entity, id) of the links that an edit changed, child rows included, each once."""
    compiled = runtime.entities[edit.entity]
    found = dict.fromkeys(_links(compiled, edit.values, edit.base))
    for name, rows in edit.children.items():
        child = runtime.entities[compiled.children[name].entity]
        for row in rows[:MOST]:
            found |= dict.fromkeys(_links(child, row.values, row.base))
    return list(found)[:MOST]


def _links(
    compiled: CompiledEntity, values: Mapping[str, Any], base: Mapping[str, Any] | None
) -> Iterator[tuple[str, int]]:
    for name, value in values.items():
        field, before = compiled.fields[name], (base or {}).get(name)
        if field.type == "link" and value is not None and value != before:
            yield field.to, value
        elif field.type == "many links":
            yield from ((field.to, record) for record in value or () if record not in (before or ()))
