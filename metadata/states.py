"""This file describes the states of records, and the transitions that lead from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names, YesNo

SINCE = "_since"
"""Ends the name of the field that says since when a record is in its state."""
LATE = "_late"
"""Ends the name of the field that says whether a record is in a state past its deadline."""
_NOW = {"date": "today()", "date and time": "now()"}


class States(Model):
    """The states of records: the options of a choice field, which changes by transitions only.

    begin: in which states a record may begin; by itself, the default of the field.  final: those that no
    transition leaves.  deadline: by state, the date by which a record should have left it.
    """

    short_form: ClassVar[str] = "field"

    field: str
    begin: Names = ()
    final: Names = ()
    deadline: dict[str, str] = PydanticField(default_factory=dict)

    def is_late(self, types: Mapping[str, str]) -> str:
        """Return the expression for being past the deadline; types: of the fields, by name.

        Empty where there is no deadline, or one that is no date, which the check tells.
        """
        if not self.deadline or any(types.get(name) not in _NOW for name in self.deadline.values()):
            return ""
        past = (
            f'({self.field} = "{state}" and {name} < {_NOW[types[name]]})'
            for state, name in self.deadline.items()
        )
        return f"coalesce({' or '.join(past)}, false)"


class Transition(Model):
    """A way from some states to another; between two states there is at most one.

    needs: the right of those who may.  when: the condition, on the record as it will be; where it does not
    hold, the message is said.  asks: fields that must be filled then; `proposes` says what the empty ones
    of them begin with on the screen, from the record as it is.  shows: fields that are told beside them.
    runs: a process that begins with it, about the record.  by_hand: whether people make it; by itself yes,
    otherwise only processes do.
    """

    label: str
    from_: Names = PydanticField(alias="from")
    to: str
    needs: str = ""
    when: str = ""
    message: str = ""
    asks: Names = ()
    proposes: dict[Identifier, str] = PydanticField(default_factory=dict)
    shows: Names = ()
    runs: str = ""
    by_hand: YesNo = True
    help: str = ""
    note: str = ""
