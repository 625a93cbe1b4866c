"""This file describes file formats; for now the mapping by which a file is imported into an entity."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names


class Column(Model):
    """Where one column of the file goes, and how its text is read.

    find: the value is looked up in that field of the link's target.  format: order of a date, as in
    dd/mm/yyyy.  values: raw text → canonical text.  default: canonical text for an empty cell.
    """

    short_form: ClassVar[str] = "to"

    to: str
    find: str = ""
    format: str = ""
    values: dict[str, str] = PydanticField(default_factory=dict)
    default: str = ""


class Layout(Model):
    """A mapping document: from a delimited file, a spreadsheet or JSON into one entity."""

    layout: Identifier
    label: str = ""
    kind: Literal["delimited", "sheet", "json"] = "delimited"
    delimiter: str = PydanticField(";", max_length=1)
    quote: str = PydanticField('"', max_length=1)
    charset: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"
    header: int = PydanticField(1, ge=1)
    sheet: str = ""
    rows: str = ""
    into: str
    key: Names
    columns: dict[str, Column]
    set: dict[str, str] = PydanticField(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.layout
