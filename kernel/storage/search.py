"""This file says what is searched: one folded text per record, found by fragments of words and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, func

from kernel.fold import fold
from metadata.entity import Entity

MAX_TOKENS = 8
MAX_TOKEN = 60
_TRIGRAM = re.compile(r"\w{3}")  # of letters and digits: trigrams take anything else for the end of a word
_SPLIT_DOCUMENT = re.compile(r"[.\-/()]")


def search_text(entity: Entity, value: Callable[[str], ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return the SQL for the searched text; `value` gives the SQL of a field's new value."""
    return func.aroeira_fold(func.concat_ws(" ", *(value(name) for name in entity.search)))


def tokens(text: str) -> tuple[str, ...]:
    """Return the folded words of what a person typed."""
    words = fold(text.replace("\0", " ")).split()  # PostgreSQL knows no NUL
    return tuple(word[:MAX_TOKEN] for word in words[:MAX_TOKENS])


def patterns(text: str) -> tuple[tuple[str, ...], ...]:
    """Return, for each word, the LIKE patterns of which one must match.

    A number is found with or without its punctuation.
    """
    return tuple(tuple(_patterns(word)) for word in tokens(text))


def _patterns(word: str) -> Iterator[str]:
    yield f"%{escape_like(word)}%"
    bare = _SPLIT_DOCUMENT.sub("", word)
    if bare and bare != word and any(character.isdigit() for character in bare):
        yield f"%{escape_like(bare)}%"


def has_trigram(pattern: str) -> bool:
    """Tell whether the index over the searched text leads to what a pattern meets."""
    return _TRIGRAM.search(pattern) is not None


def escape_like(text: str) -> str:
    """Return a text whose %, _ and backslash mean themselves in LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
