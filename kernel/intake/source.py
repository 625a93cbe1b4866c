"""This file says what every reader of files gives: the names of the columns and the rows, as raw texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from metadata.problems import Problem

Line: TypeAlias = tuple[int, Sequence[str], Problem | None]
"""Where a row stands in the file, its texts (as many as the header has), and what is wrong with its form."""

MOST_COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Direct:
    """A file whose bytes the database can read by itself: no quotes, no blank lines known.

    skip: bytes of the lines before the first row.  first: the line of the first row.  encoding: the charset,
    as PostgreSQL calls it.
    """

    path: Path
    skip: int
    first: int
    delimiter: str
    charset: str
    encoding: str
    size: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was found readable.

    lines: the rows in order; reading them may still raise Problems.  direct: a faster way to the same rows,
    where there is one.
    """

    header: tuple[str, ...]
    lines: Iterator[Line]
    direct: Direct | None = None


def fitted(number: int, cells: list[str], wanted: int, delimiter: str) -> Line:
    """Return a row with as many cells as the header; nothing of a longer row is lost."""
    found = len(cells)
    while len(cells) > wanted and not cells[-1].strip():
        cells.pop()
    if len(cells) == wanted:
        return number, cells, None
    problem = Problem("R520", {"found": found, "wanted": wanted})
    if len(cells) > wanted:
        return number, [*cells[: wanted - 1], delimiter.join(cells[wanted - 1 :])], problem
    return number, [*cells, *[""] * (wanted - len(cells))], problem
