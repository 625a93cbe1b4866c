"""This file describes what a package adds to a process of another: steps after those that it has."""

from __future__ import annotations

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model
from metadata.process import Step


class Addition(Model):
    """Steps for a process of a package that this one stands on; they are part of each of its runs.

    to: the process.  steps: they may begin with steps of the process, and see its questions.
    """

    addition: Identifier
    label: str
    help: str = ""
    to: str
    steps: dict[Identifier, Step] = PydanticField(min_length=1)
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.addition
