"""This file lists what a rule read of a record, in words: label and value of each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.expression.values import Record
from kernel.rules.exchange import taken
from kernel.rules.formula import Formula
from metadata.entity import Entity
from metadata.expression.describe import readings


def read_by(formula: Formula, record: Record, entities: Mapping[str, Entity]) -> tuple[tuple[str, str], ...]:
    """Return (label, value) of every field that a formula reads of a record, unless it is kept back."""
    if not formula.is_told:
        return ()
    values = _Values(record, entities)
    return tuple(readings(formula.node, entities, record.entity, values, formula.reads))


class _Values(Mapping[str, Any]):
    """A record with the values that its fields print; linked records and rows likewise."""

    def __init__(self, record: Record, entities: Mapping[str, Entity]) -> None:
        self.record, self.entities = record, entities

    def __getitem__(self, name: str) -> Any:
        return self._plain(self.record.get(name), name)

    def _plain(self, value: Any, name: str) -> Any:
        if isinstance(value, Record):
            return _Values(value, self.entities)
        if isinstance(value, list):
            return [self._plain(each, name) for each in value]
        field = self.entities[self.record.entity].fields.get(name)
        return taken(value, field) if field and field.kind.storage in _PRINTED else value

    def __iter__(self) -> Iterator[str]:
        return iter(self.record)

    def __len__(self) -> int:
        return len(self.record)


_PRINTED = frozenset(("text", "numeric", "bigint", "date", "timestamptz", "time", "boolean"))
