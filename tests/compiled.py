"""This file compiles the small packages of tests, each once in a process: a Runtime never changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kernel.runtime import Runtime, compile
from metadata.load import load_valid


def compiled(files: Mapping[str, str] | Mapping[str, bytes], version: int = 1) -> Runtime:
    """Return the runtime of a package given by path."""
    return _once(tuple(files.items()), version)


@lru_cache(maxsize=32)
def _once(files: tuple[tuple[str, str | bytes], ...], version: int) -> Runtime:
    return compile(
        load_valid({path: said.encode() if isinstance(said, str) else said for path, said in files}), version
    )


def forget() -> None:
    """Compile anew from here on: for tests of what a Runtime keeps while it is used."""
    _once.cache_clear()
