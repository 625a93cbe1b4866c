"""This file gives out numbers by pattern: protocols, cards, codes.

Numbers are counted per scope (a day, a month …) in one table. Gapless numbers are counted within the
transaction of the record, so a refusal gives the number back and others wait; all others are counted in a
short transaction of their own before, so nobody waits and a refusal leaves a gap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from kernel.context import Context
from kernel.storage.system import COUNTER
from metadata.entity import Field
from metadata.values.numbering import mod10, mod11

_PIECE = re.compile(r"\{(?P<name>[a-z0-9_]+)(?::(?P<form>[a-z0-9]+))?\}")
_SCOPES = {"never": "", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_DATE_FORMS = {
    "yyyymmdd": "%Y%m%d",
    "yyyymm": "%Y%m",
    "yyyy": "%Y",
    "yymmdd": "%y%m%d",
    "yymm": "%y%m",
    "yy": "%y",
}
_DIGITS = {"mod10": mod10, "mod11": mod11}


def reserve(connection: Connection, entity: str, field: Field, context: Context, count: int = 1) -> int:
    """Count `count` numbers and return the first of them."""
    scope = context.today.strftime(_SCOPES[field.restart]) if _SCOPES[field.restart] else ""
    row = insert(COUNTER).values(name=f"{entity}.{field.name}", period=scope, value=count)
    counted = row.on_conflict_do_update(
        index_elements=["name", "period"], set_={"value": COUNTER.c.value + count}
    ).returning(COUNTER.c.value)
    last: int = connection.execute(counted).scalar_one()
    return last - count + 1


def write(field: Field, number: int, context: Context, values: Mapping[str, Any]) -> str:
    """Return the text of a number by the field's pattern; check digits are over all that stands before."""
    text = ""
    position = 0
    for piece in _PIECE.finditer(field.pattern):
        text += field.pattern[position : piece.start()]
        text += _piece(piece["name"], piece["form"] or "", number, context, values, text)
        position = piece.end()
    return text + field.pattern[position:]


def _piece(
    name: str, form: str, number: int, context: Context, values: Mapping[str, Any], before: str
) -> str:
    if name == "n":
        return str(number).zfill(int(form or 1))
    if name == "date":
        return context.today.strftime(_DATE_FORMS[form or "yyyymmdd"])
    if name in _DIGITS:
        return _DIGITS[name](before)
    value = values.get(name)
    return "" if value is None else str(value)
