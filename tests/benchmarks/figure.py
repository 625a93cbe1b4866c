"""A measured figure beside the same figure of another program."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a benchmark; `ratio` is such that larger is better."""

    figure: str
    value: float
    unit: str
    versus: str = ""
    versus_value: float = 0.0
    ratio: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The figure as it is printed with --json."""
        return asdict(self)


def throughput(
    name: str, ours: float, theirs: float, unit: str = "requests/s", versus: str = "hand-written"
) -> Figure:
    """Return a figure where more is better."""
    return Figure(
        name, round(ours, 1), unit, versus, round(theirs, 1), round(ours / theirs, 3) if theirs else 0.0
    )


def duration(name: str, ours: float, theirs: float, unit: str = "s", versus: str = "hand-written") -> Figure:
    """Return a figure where less is better."""
    return Figure(
        name, round(ours, 4), unit, versus, round(theirs, 4), round(theirs / ours, 3) if ours else 0.0
    )
