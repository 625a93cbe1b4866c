"""This file describes ledgers: entities whose records are entries with lines that balance."""

from __future__ import annotations

from pydantic import Field as PydanticField

from metadata.model import Model


class ClosedPeriods(Model):
    """Periods in which nothing may be posted: records of `in` from one day to another.

    to: empty there, the period has no end.  when: a field that says yes; without it, every record counts.
    """

    in_: str = PydanticField(alias="in")
    from_: str = PydanticField(alias="from")
    to: str
    when: str = ""


class Ledger(Model):
    """Entries of double bookkeeping: the field of the day and the one of the lines, and fields of a line."""

    day: str
    lines: str
    account: str
    debit: str
    credit: str
    closed: ClosedPeriods | None = None
