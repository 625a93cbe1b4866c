"""This file is the table of what SQL converts by itself: texts written plainly, by field type.

SQL takes the rows in which every text is plain: then its value is the one that metadata.types and
metadata.limits give. Every other row, good or bad, goes through those very functions (settle.py): so an
import has the verdicts and the messages of the screens, and what is usual goes at the speed of the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kernel.intake import digits
from kernel.intake.plain import Cell, Plain, never
from kernel.intake.plain_moments import read_date, read_duration, read_instant, read_month, read_time
from kernel.intake.plain_numbers import read_decimal, read_integer, read_percent
from kernel.intake.plain_texts import (
    read_colour,
    read_email,
    read_long_text,
    read_phone,
    read_text,
    read_words,
    register,
)
from kernel.intake.sql import literal
from metadata.entity import Field


def plain(cell: Cell) -> Plain:
    """Return how SQL reads a text for a field, limits of the field included."""
    made = _TYPES[cell.field.type](cell)
    return replace(made, then=(*made.then, *_limits(cell.field, made.value)))


def _limits(field: Field, value: str) -> tuple[str, ...]:
    if field.kind.counts or field.kind.storage not in ("numeric", "bigint", "date", "time", "timestamptz"):
        return ()
    signs = (("min", ">="), ("max", "<="))
    return tuple(
        f"{value} {sign} {literal(limit, field)}"
        for key, sign in signs
        if (limit := field.limit(key)) is not None
    )


_TYPES: Mapping[str, Callable[[Cell], Plain]] = {
    "text": read_text,
    "long text": read_long_text,
    "integer": read_integer,
    "decimal": read_decimal,
    "money": read_decimal,
    "percent": read_percent,
    "date": read_date,
    "month": read_month,
    "time": read_time,
    "date and time": read_instant,
    "duration": read_duration,
    "yes/no": read_words,
    "choice": read_words,
    "link": never,
    "children": never,
    "many links": never,
    "attachment": never,
    "image": never,
    "cpf": register(".-", 11, digits.cpf),
    "cnpj": register("./-", 14, digits.cnpj),
    "cns": register(" ", 15, digits.cns),
    "cep": register(".-", 8),
    "phone": read_phone,
    "e-mail": read_email,
    "colour": read_colour,
    "formula": read_long_text,
    "sequence": read_text,
    "json": never,
}
