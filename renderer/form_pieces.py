"""This file cuts the markup of a form at its gaps: texts that never change, and functions that fill the gaps.

`full` has gaps for errors and marks too; `clean` has them already closed, because most pages show no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from renderer.form_control import GAP_BEGINS, GAP_ENDS
from renderer.form_gaps import Mark, Piece

GAP = re.compile(f"{GAP_BEGINS}(.*?){GAP_ENDS}")


@dataclass(frozen=True, slots=True)
class Pieces:
    """Markup with gaps."""

    full: tuple[Piece, ...]
    clean: tuple[Piece, ...]


def split(markup: str, gaps: Mapping[str, Any]) -> list[Piece]:
    """Cut rendered markup at its gaps; a gap holds a piece, several, or one for each variant."""
    pieces: list[Piece] = []
    for place, part in enumerate(GAP.split(str(markup))):
        if place % 2 == 0:
            pieces.append(part)
            continue
        filled = gaps[part]
        pieces.extend(filled if isinstance(filled, list) else [filled])
    return pieces


def joined(pieces: Sequence[Piece]) -> Pieces:
    """Return the two variants of markup with gaps."""
    return Pieces(
        full=_melted(pieces),
        clean=_melted([piece.clean if isinstance(piece, Mark) else piece for piece in pieces]),
    )


def _melted(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Melt neighbouring texts into one."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        elif piece != "":
            out.append(piece)
    return tuple(out)
