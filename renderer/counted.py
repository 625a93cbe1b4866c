"""This file writes how many there are of something: one has its word, all others have theirs."""

from __future__ import annotations

from metadata.values.numbers import print_integer


def counted(count: int, one: str, many: str) -> str:
    """Return a number with the word that agrees with it: 1 linha · 1.234 linhas · 0 linhas."""
    return f"{print_integer(count)} {one if count == 1 else many}"
