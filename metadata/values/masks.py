"""This file dresses a clean text in a mask and undresses what people type; masks are display only.

In a mask 9 stands for a digit, A for a letter, * for either; every other character is literal.
"""

from __future__ import annotations

from functools import lru_cache

DOT, COVERED = "•", "••••••"
_DIGITS = frozenset("0123456789")
_KINDS = {"9": _DIGITS.__contains__, "A": str.isalpha, "*": str.isalnum}


def clean(text: str) -> str:
    """Return only the letters and digits of a text."""
    return "".join(character for character in text if character.isalnum())


@lru_cache(maxsize=512)
def slots(mask: str) -> str:
    """Return the kinds of the positions to be filled, without the literals."""
    return "".join(character for character in mask if character in _KINDS)


def fits(value: str, mask: str) -> bool:
    """Tell whether a clean value fills the mask exactly."""
    kinds = slots(mask)
    return len(value) == len(kinds) and all(
        _KINDS[kind](character) for kind, character in zip(kinds, value, strict=True)
    )


def dress(value: str, mask: str) -> str:
    """Return the value in its mask; a value that does not fit is returned as it is."""
    if len(value) != len(slots(mask)):
        return value
    characters = iter(value)
    return "".join(next(characters) if place in _KINDS else place for place in mask)


def undress(text: str, mask: str) -> str:
    """Return what fills the mask, without its literals; letters and digits of the mask count too."""
    literals = {character for character in mask if character not in _KINDS and not character.isalnum()}
    return "".join(character for character in text if character not in literals and not character.isspace())


def covered(mask: str) -> str:
    """Return a mask with a dot at every position: the shape of a value, and nothing of any value."""
    return "".join(DOT if place in _KINDS else place for place in mask)
