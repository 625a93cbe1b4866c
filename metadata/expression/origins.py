"""This file has the paths by which records are reached: more than one where a choice is made between them."""

from __future__ import annotations

from collections.abc import Iterable

Path = tuple[str, ...]
Paths = frozenset[Path]
NOWHERE: Paths = frozenset()


def beyond(paths: Paths, name: str) -> Paths:
    """Return the paths of a field of what is reached."""
    return frozenset((*path, name) for path in paths)


def together(each: Iterable[Paths]) -> Paths:
    """Return the paths of what may be any of several."""
    return NOWHERE.union(*each)
