"""This file describes examples: what definitions, checks and processes must answer for given values."""

from __future__ import annotations

from typing import Any

from pydantic import Field as PydanticField

from metadata.decision import Day
from metadata.model import Identifier, Model, Names

PROCESS = "process"
Records = dict[str, dict[str, Any]]
"""By entity, records by short name: their values by field; "" for none of that name."""


class Earlier(Model):
    """What went before the run that the example is of: a run of a process, or records that changed.

    names: short names for what the run made, each record told by values.  given: records that are changed, or
    new ones, behind the run if there is one.
    """

    process: str = ""
    asked: dict[str, Any] = PydanticField(default_factory=dict)
    at: Day = ""
    names: dict[str, Any] = PydanticField(default_factory=dict)
    given: dict[str, Any] = PydanticField(default_factory=dict)


class Case(Model):
    """One example.

    given: values by name; of a process, records that are added to the world or differ in it.
    asked: the answers to the questions of a process.  before: what went before.  by: who runs it.
    at: the day it is asked for, where that matters.
    expect: the value, or values by output; of an entity, the names of the checks that speak and of the fields
    that a condition asks for; of a process, all rows that it makes or changes, by entity.
    left_out: all sentences of what is left out.  refused: why no run may begin, or a record be saved.
    steps: rows of steps.  reports: the rows of reports by step, each by some of its columns.
    row: which row of the decision says so.
    """

    given: dict[str, Any] = PydanticField(default_factory=dict)
    asked: dict[str, Any] = PydanticField(default_factory=dict)
    before: tuple[Earlier, ...] = ()
    by: str = ""
    at: Day = ""
    expect: Any = None
    left_out: Names = ()
    refused: Names = ()
    steps: dict[str, int] = PydanticField(default_factory=dict)
    reports: dict[str, tuple[dict[str, str], ...]] = PydanticField(default_factory=dict)
    row: int = PydanticField(0, ge=0)
    note: str = ""


class Examples(Model):
    """Examples of one definition (`of: decision carencia`), of the checks of an entity, or of a process.

    Those of a process happen in a world of a few records, which `given` tells.  Without `of`, a document is
    only a world for others.  label: what help calls them.  use: the worlds that this one begins with.
    usual: of entities, the values that a record has where it does not say others.
    asked, at: what counts for every case that says nothing else.
    """

    examples: Identifier
    label: str = ""
    of: str = ""
    use: Names = ()
    usual: Records = PydanticField(default_factory=dict)
    given: dict[str, Any] = PydanticField(default_factory=dict)
    asked: dict[str, Any] = PydanticField(default_factory=dict)
    at: Day = ""
    cases: dict[str, Case] = PydanticField(default_factory=dict)
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
