"""This file describes examples: what a definition or the checks of an entity must say for given values."""

from __future__ import annotations

from typing import Any

from pydantic import Field as PydanticField

from metadata.decision import Day
from metadata.model import Identifier, Model


class Case(Model):
    """One example.

    given: values by name.  expect: the value, or values by output; of an entity, the names of the checks that
    speak and of the fields that a condition asks for.  row: which row of the decision says so.
    at: the day it is asked for, where that matters.
    """

    given: dict[str, Any] = PydanticField(default_factory=dict)
    at: Day = ""
    expect: Any
    row: int = PydanticField(0, ge=0)
    note: str = ""


class Examples(Model):
    """Examples of one definition (`of: decision carencia`) or of the checks of an entity."""

    examples: Identifier
    of: str
    cases: dict[str, Case]
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.examples

    @property
    def subject(self) -> tuple[str, str]:
        """What the examples are of: the first key of the document, and its name."""
        kind, _, name = self.of.partition(" ")
        return kind, name
