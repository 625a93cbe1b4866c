"""This file says what is left of a field of somebody who was anonymised: by its metadata, else by its kind.

Nothing is the rule: an empty field does not even tell that there was something. A text that must be filled
becomes a word, so that lists and documents still read; a unique one becomes a random token.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from metadata.check.people import fitting_of
from metadata.entity import Entity, Field

WORD = "Anonimizado"
TOKEN_BYTES = 6


def way_of(entity: Entity, field: Field) -> str:
    """Return what becomes of a field: keep, clear, year, word or token."""
    if field.anonymise:
        return field.anonymise
    if not field.privacy or field.type == "children" or field.is_given:
        return "keep"
    if field.required and "word" in fitting_of(field):
        return "token" if any(field.name in key for key in entity.unique_keys) else "word"
    return "clear"


def left(entity: Entity, field: Field, value: Any) -> Any:
    """Return what is left of a value; what was empty stays so."""
    return value if value in (None, (), "") else _WAYS[way_of(entity, field)](value, field)


def _empty(value: Any, field: Field) -> Any:
    return () if field.type == "many links" else None


def _year(value: Any, field: Field) -> Any:
    if isinstance(value, datetime):
        return value.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return date(value.year, 1, 1)


def _cut(text: str, field: Field) -> str:
    """Return a text within the limit of its field."""
    text = text.upper() if field.upper else text
    return text[: int(field.max)] if field.max else text


_WAYS: Mapping[str, Callable[[Any, Field], Any]] = {
    "keep": lambda value, field: value,
    "clear": _empty,
    "year": _year,
    "word": lambda value, field: _cut(WORD, field),
    "token": lambda value, field: _cut(secrets.token_hex(TOKEN_BYTES), field),
}
