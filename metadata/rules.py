"""This file describes the rules of records: what is checked, and what fills itself."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field as PydanticField

from metadata.making import Rows
from metadata.model import Identifier, Model, Names

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Check(Model):
    """What must not be: where `when` holds, the message is said.

    severity: block refuses the record, warn asks whether it shall be saved all the same.  needs: the right
    of those whom a check only warns.  at: the fields where the message stands; by itself, the first one
    that the condition reads.  row: an expression for the row below the record that is at fault; the message
    then stands there, and `at` is a field of the row.
    """

    when: str
    message: str
    severity: Literal["block", "warn"] = "block"
    needs: str = ""
    row: str = ""
    at: Names = ()
    source: str = ""
    note: str = ""

    @property
    def message_pieces(self) -> tuple[str, ...]:
        """The message cut into literal texts (even places) and expressions (odd places)."""
        return tuple(_PLACEHOLDER.split(self.message))


class Keep(Model):
    """Why a record must be kept: where `when` holds, it is not anonymised, and the message says why."""

    when: str
    message: str
    source: str = ""
    note: str = ""

    @property
    def check(self) -> Check:
        """The same as a check of the record."""
        return Check(when=self.when, message=self.message, source=self.source)


class Fixed(Model):
    """When a record is no longer changed or removed by people, only by processes.

    when: the condition, on the record as it was.  said: why, as it reads behind “quando”, and what to do
    instead.  new: why people make no such record either, and what to do instead; empty where they do.
    free: fields that people change all the same; the state, which transitions change, and a field with a
    `readonly` of its own are free as well.
    """

    when: str
    said: str
    new: str = ""
    free: Names = ()
    source: str = ""
    note: str = ""


class FilledRows(Rows):
    """Rows that a fill makes below the record.

    key: the fields by which a row stands for a made one; one row for each key, and where somebody has
    written it, none is made.  By itself, a row stands for one that is the same in all fields of `set`.
    """

    key: Names = ()


class Fill(Model):
    """What forms fill by themselves when one of the fields `on` changes.

    from_: an entity of which a record is looked up; where: its fields, each with the field of this record
    that has the value.  missing: what is said beside the first of these where it is filled and no one
    record is found; it refuses nothing.  when: where it does not hold, the fill does nothing.  set: fields
    of this record with an expression each; what the record found has is seen in it as `found`.  rows: the
    rows that are made, by children field.
    """

    on: Names
    from_: str = PydanticField("", alias="from")
    where: dict[str, str] = PydanticField(default_factory=dict)
    missing: str = ""
    when: str = ""
    set: dict[str, str] = PydanticField(default_factory=dict)
    rows: dict[Identifier, FilledRows] = PydanticField(default_factory=dict)
    note: str = ""
