"""This file adds up the columns of a grid exactly, as static/js/grid_totals.js does while somebody types."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from markupsafe import escape

from metadata.entity import Field
from metadata.values import numbers
from renderer.form_content import RowContent
from renderer.form_control import Control


def total(control: Control, rows: Iterable[RowContent]) -> str:
    """Return the sum of a column as its cells are written; rows that go or only wait do not count."""
    name = control.field.name
    texts = (row.entries[name].text for row in rows if not (row.is_blank or row.removed))
    found = [_number(text, control.field) for text in texts if text.strip()]
    added: Any = sum((number for number in found if number is not None), start=Decimal(0))
    if control.field.type == "integer":
        added = int(added)
    return str(escape(control.widget.write(added, control.field)))


def _number(text: str, field: Field) -> Decimal | None:
    """Read a text of the screen; what is no number, or finer than the field, is left out."""
    whole = field.type == "integer"
    read = numbers.parse_integer(text) if whole else numbers.parse_decimal(text, field.scale)
    if not isinstance(read, int | Decimal):
        return None
    exact = Decimal(read)
    exponent = exact.as_tuple().exponent
    return exact if isinstance(exponent, int) and -exponent <= (0 if whole else field.scale) else None
