"""This file says what is searched: one folded text per record, found by fragments of words and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_

from kernel.fold import fold
from metadata.entity import Entity

MAX_TOKENS = 8
MAX_TOKEN = 60
_SPLIT_DOCUMENT = re.compile(r"[.\-/()]")


def search_text(entity: Entity, value: Callable[[str], ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return the SQL for the searched text; `value` gives the SQL of a field's new value."""
    return func.aroeira_fold(func.concat_ws(" ", *(value(name) for name in entity.search)))


def tokens(text: str) -> tuple[str, ...]:
    """Return the folded words of what a person typed."""
    return tuple(word[:MAX_TOKEN] for word in fold(text).split()[:MAX_TOKENS])


def matches(column: ColumnElement[Any], words: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that every word occurs; a number is found with or without punctuation."""
    return and_(*(or_(*(column.like(pattern, escape="\\") for pattern in _patterns(word))) for word in words))


def _patterns(word: str) -> Iterator[Any]:
    yield literal(f"%{escape_like(word)}%")
    bare = _SPLIT_DOCUMENT.sub("", word)
    if bare and bare != word and any(character.isdigit() for character in bare):
        yield literal(f"%{escape_like(bare)}%")


def escape_like(text: str) -> str:
    """Return a text whose %, _ and backslash mean themselves in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
