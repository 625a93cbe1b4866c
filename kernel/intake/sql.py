"""This file writes names and values into SQL texts; the names are of metadata and our temporary tables."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

from kernel.intake.plan import sql_type
from metadata.entity import Field

STAGE, ROWS, REFUSED, MATCHED = "intake_stage", "intake_rows", "intake_refused", "intake_matched"
IDS = "intake_ids"


def name(text: str) -> str:
    """Return an identifier."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text literal; backslashes mean themselves, percent signs too, as no parameters are bound."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def literal(value: Any, field: Field) -> str:
    """Return a value of a field as a typed literal."""
    kind = sql_type(field)
    if value is None:
        return f"NULL::{kind}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime | time):
        return f"{text(value.isoformat())}::{kind}"
    if field.kind.storage == "jsonb":
        return f"{text(json.dumps(value, ensure_ascii=False))}::jsonb"
    return text(value) if field.kind.storage == "text" else f"{text(str(value))}::{kind}"


def cell(position: int) -> str:
    """Return the column of the stage that holds a column of the file."""
    return f"c{position}"


def value(field: str) -> str:
    """Return the column of the converted rows that holds a field."""
    return name(f"v_{field}")
