"""This file describes decision tables: what they ask, what they answer, and their rows by date."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.decision_rows import aligned
from metadata.entity import Field
from metadata.function import Value
from metadata.model import Identifier, Model

Pick = Literal[
    "unique",
    "any",
    "priority",
    "first",
    "collect",
    "sum",
    "count",
    "min",
    "max",
    "rule order",
    "output order",
]
LISTING = frozenset({"collect", "rule order", "output order"})
RANKING = frozenset({"priority", "output order"})
ALWAYS = date.min


def _day(value: str) -> str:
    """Refuse what is no date; no date at all is the beginning of time."""
    try:
        if value:
            date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day", "", {}) from None
    return value


def aligned_rows(value: Any) -> Any:
    """Return rows with their columns one below the other: how wide they are typed means nothing."""
    if isinstance(value, dict):
        return {day: aligned(text) if isinstance(text, str) else text for day, text in value.items()}
    return aligned(value) if isinstance(value, str) else value


Day = Annotated[str, AfterValidator(_day)]


class Decision(Model):
    """A decision table.

    pick: what counts when several rows are met.  rows: the table, or one table for each day from which one
    counts.
    """

    decision: Identifier
    label: str = ""
    valid_from: Day = ""
    pick: Pick = "unique"
    inputs: dict[Identifier, Value]
    outputs: dict[Identifier, Value]
    help: str = ""
    source: str = ""
    note: str = ""
    rows: Annotated[str | dict[Day, str], BeforeValidator(aligned_rows)] = PydanticField()

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.decision

    @property
    def values(self) -> dict[str, Field]:
        """The typed values that the document speaks of, by name."""
        return {**self.inputs, **self.outputs}

    @property
    def versions(self) -> dict[date, str]:
        """Each table with its first day, the earliest first."""
        if isinstance(self.rows, str):
            return {date.fromisoformat(self.valid_from) if self.valid_from else ALWAYS: self.rows}
        return dict(sorted((date.fromisoformat(day), text) for day, text in self.rows.items()))
