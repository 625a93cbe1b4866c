"""This file says which one record a typed text means: the only one found, or the only one called so."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.fold import fold
from kernel.query.plan import Hit
from metadata.problems import Refused


def meant(hits: Sequence[Hit], text: str) -> Hit | Refused:
    """Return the one record of those found that a text means; else R140 for several, R117 for none."""
    wanted = fold(text.strip())
    exact = [hit for hit in hits if fold(hit.text) == wanted]
    codes = [hit for hit in hits if wanted in (fold(part.strip()) for part in hit.text.split("·"))]
    for group in (hits, exact, codes):
        if len(group) == 1:
            return group[0]
    return Refused("R140" if hits else "R117", {"text": text})
