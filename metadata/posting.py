"""This file describes posting rules: which entry of a ledger a record comes to, line by line."""

from __future__ import annotations

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model
from metadata.process import Lookup


class PostingLine(Model):
    """One line: the account and the amount on one side, by expressions over the record.

    when: without it, whenever there is an amount.  set: other fields of the line.  otherwise: what is said
    of records for which the account is empty; they are left out.
    """

    label: str = ""
    account: str
    debit: str = ""
    credit: str = ""
    when: str = ""
    set: dict[Identifier, str] = PydanticField(default_factory=dict)
    otherwise: str = ""

    @property
    def amount(self) -> str:
        """The amount, on whichever side."""
        return self.debit or self.credit


class Posting(Model):
    """How records of an entity are posted: fields of the entry, records looked up, lines."""

    posting: Identifier
    label: str
    help: str = ""
    of: str
    into: str
    lookup: dict[Identifier, Lookup] = PydanticField(default_factory=dict)
    set: dict[Identifier, str] = PydanticField(default_factory=dict)
    lines: dict[Identifier, PostingLine]
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.posting
