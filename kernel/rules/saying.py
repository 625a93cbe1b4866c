"""This file writes values of expressions as people read them, and the messages of checks with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kernel.expression import moments as iso
from kernel.expression.scope import Run
from kernel.expression.values import Months, Record
from kernel.rules.exchange import taken
from kernel.rules.formula import Formula
from kernel.rules.ruleset import CompiledCheck
from metadata.entity import Entity, Field
from metadata.values import durations, moments, numbers

NOTHING = "nada"
_MAX_SCALE, _CENTS = 6, 2


def message(check: CompiledCheck, run: Run, record: Record, entities: Mapping[str, Entity]) -> str:
    """Return the message of a check for a record, with the values of that record."""
    parts = [
        piece if isinstance(piece, str) else _said(piece[0], piece[0].of(run, record), piece[1], entities)
        for piece in check.message
    ]
    return "".join(parts)


def _said(made: Formula, value: Any, field: Field | None, entities: Mapping[str, Entity]) -> str:
    """Return what an expression came to as text; an amount that is no field has its cents all the same."""
    if field is None and isinstance(value, Decimal):
        return _number(value, min(made.kind.scale or 0, _CENTS))
    return said(value, field, entities)


def said(value: Any, field: Field | None, entities: Mapping[str, Entity]) -> str:
    """Return a value as text: as its field prints it, or by its own type."""
    if value is None:
        return NOTHING
    if isinstance(value, Record):
        return text_of(value, entities)
    if isinstance(value, list):
        return ", ".join(said(item, None, entities) for item in value)
    if field is not None and field.kind.storage not in ("none", "bridge", "link", "jsonb", "file"):
        printable = taken(value, field)
        return NOTHING if printable is None else field.kind.print(printable, field)
    write = _WRITERS.get(type(value))
    return write(value) if write else str(value)


def text_of(record: Record, entities: Mapping[str, Entity]) -> str:
    """Return the display text of a record, of what is loaded of it."""
    entity = entities[record.entity]
    parts = []
    for index, piece in enumerate(entity.shown_pieces):
        if index % 2 == 0:
            parts.append(piece)
        else:
            value = record.get(piece)
            parts.append("" if value is None else said(value, entity.fields.get(piece), entities))
    return "".join(parts).strip(" ·-–,/:()") or f"nº {record.id}"


def _number(value: Decimal, least: int = 0) -> str:
    exponent = value.normalize().as_tuple().exponent
    scale = max(least, -exponent) if isinstance(exponent, int) else least
    return numbers.print_decimal(value, min(scale, _MAX_SCALE))


_WRITERS: dict[type, Callable[[Any], str]] = {
    Decimal: _number,
    bool: lambda value: "Sim" if value else "Não",
    datetime: moments.print_instant,
    date: moments.print_date,
    time: moments.print_time,
    timedelta: lambda value: durations.print_duration(iso.write(value)),
    Months: lambda value: durations.print_duration(iso.write(value)),
}
