"""This file describes quick looks: all of a record on one page, its facts and the rows of others about it."""

from __future__ import annotations

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names

RECORD = "id"
FEW = 6


class LookRows(Model):
    """Records of another entity that belong to the record.

    by: fields of theirs, each with the path of the record that has the same value; `id` is the record.
    only: values of which a field must have one.  empty: fields that must be empty.  most: how many are shown.
    """

    of: str
    by: dict[str, str]
    only: dict[str, Names] = PydanticField(default_factory=dict)
    empty: Names = ()
    columns: Names
    order: Names = ()
    most: int = PydanticField(FEW, ge=1, le=50)
    help: str = ""


class Look(Model):
    """The quick look of an entity, or a further part of it: several packages may have looks of one entity.

    facts: fields, also of records that links lead to, under titles.  order: the place among the parts.
    """

    look: Identifier
    entity: str
    order: int = PydanticField(100, ge=0, le=10_000)
    facts: dict[str, Names] = PydanticField(default_factory=dict)
    rows: dict[str, LookRows] = PydanticField(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.look

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path of the record that the look shows."""
        return tuple(dict.fromkeys(path for paths in self.facts.values() for path in paths))
