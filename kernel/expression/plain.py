"""This file reads what documents say in canonical form as the values that expressions work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kernel.expression import moments
from kernel.expression.values import Record, feel
from metadata.entity import Entity, Field
from metadata.problems import Refused

Entities: TypeAlias = Mapping[str, Entity]
Lazy: TypeAlias = Mapping[str, Mapping[str, Callable[[Record], Any]]]
NO_ENTITIES: Entities = {}
NOTHING: Lazy = {}


def plain(value: Any, field: Field) -> Any:
    """Return a value of a field as expressions see it."""
    return moments.read_duration(value) if field.type == "duration" and value is not None else feel(value)


def read_plain(text: Any, field: Field, entities: Entities = NO_ENTITIES, lazy: Lazy = NOTHING) -> Any:
    """Return what a document says for a field: a text, or values by name for a linked record and for rows.

    Errors: ValueError with the reason, where it is no value of the field.
    """
    if text in ("", "null"):
        return None
    target = entities.get(field.to or (field.of if isinstance(field.of, str) else ""))
    if target is None or field.type == "choice":
        value = field.canonical(text)
        if isinstance(value, Refused):
            raise ValueError(value.sentence())
        return plain(value, field)
    if isinstance(text, list):
        return [read_plain(item, field, entities, lazy) for item in text]
    if not isinstance(text, dict):
        raise ValueError(f"“{text}” não descreve um registro de {target.name}")  # noqa: TRY004 (as above)
    return read_record(text, target, entities, lazy)


def read_record(given: Mapping[str, Any], entity: Entity, entities: Entities, lazy: Lazy = NOTHING) -> Record:
    """Return a record as expressions see it: what is given, what is computed, and nothing in other fields.

    lazy: entity → field → what works out its value.
    """
    record = Record(entity.name, None)
    record.lazy = lazy.get(entity.name, {})
    for name, field in entity.fields.items():
        if name in given:
            record[name] = read_plain(given[name], field, entities, lazy)
        elif name not in record.lazy:
            record[name] = [] if field.type in ("children", "many links") else None
    if unknown := given.keys() - entity.fields.keys():
        raise ValueError(f"“{min(unknown)}” não existe em {entity.name}")
    return record
