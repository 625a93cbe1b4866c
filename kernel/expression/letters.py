"""This file has the letters that are one letter in capitals and small: the same table for closures and SQL.

Letters that would become several (ß) stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

LATIN = 0x017F  # the last letter of the languages that most texts are in
# Beyond are ideographs and private signs without capitals; asking each would delay every start.
BEYOND = 0x20000


def _table(change: Callable[[str], str]) -> dict[str, str]:
    letters = [*map(chr, range(BEYOND))]
    pairs = zip(letters, map(change, letters), strict=True)
    return {letter: other for letter, other in pairs if other != letter and len(other) == 1}


UPPER: Mapping[str, str] = _table(str.upper)
LOWER: Mapping[str, str] = _table(str.lower)
_UPPER, _LOWER = str.maketrans(dict(UPPER)), str.maketrans(dict(LOWER))


def upper(text: str) -> str:
    """Return a text in capitals."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


def lower(text: str) -> str:
    """Return a text in small letters."""
    return text.lower() if text.isascii() else text.translate(_LOWER)
