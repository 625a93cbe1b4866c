"""This file describes settings of the site: dated values, and records that may have a value of their own."""

from __future__ import annotations

from metadata.entity import Field
from metadata.function import Value
from metadata.model import Identifier, Model, Names


class Parameter(Model):
    """A setting.

    cascade: paths from a record of the entity; the first that is filled counts, else the value of the site
    on the day, else the default.
    """

    parameter: Identifier
    label: str = ""
    type: Value
    of: str = ""
    cascade: Names = ()
    default: str = ""
    help: str = ""
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.parameter

    @property
    def values(self) -> dict[str, Field]:
        """The typed values that the document speaks of, by name."""
        return {self.parameter: self.type}
