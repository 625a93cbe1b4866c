"""This file describes how records and rows are made of others: each field by an expression."""

from __future__ import annotations

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model


class Rows(Model):
    """Rows below a record that is made: one for each item of a list, or a single one."""

    each: str = ""
    set: dict[Identifier, str]


class Making(Model):
    """Records that are made: one for each item of a list, or a single one; each field by an expression."""

    entity: str
    each: str = ""
    set: dict[Identifier, str]
    rows: dict[Identifier, Rows] = PydanticField(default_factory=dict)
