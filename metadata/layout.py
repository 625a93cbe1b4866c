"""This file describes file formats; for now the mapping by which a file is imported into an entity."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names

PART = re.compile(r"([1-9][0-9]{0,2})-([1-9][0-9]{0,2})")
POINT = "point"
DATE_PIECE = re.compile(r"dd|mm|yyyy")
DATE_FORMAT = re.compile(r"(?:(?:dd|mm|yyyy)[^A-Za-z0-9]?){3}")
RANGE = ".."


class Column(Model):
    """Where one column of the file goes, and how its text is read.

    from: the column of the file, where one column fills several fields (then the name before the colon is
    free).  part: which characters of the text count, as in 1-3.  find: the value is looked up in that field
    of the link's target; with two fields, as in inicio..fim, the target is the narrowest one whose range
    has the value.  format: order of a date, as in dd/mm/yyyy, or `point` for numbers written as 1234.56 (a
    percentage then as 0.3); without it, a text is read as people type it.  values: text of the file →
    canonical text.  default: canonical text for an empty cell.
    """

    short_form: ClassVar[str] = "to"

    to: str
    from_: str = PydanticField("", alias="from")
    part: str = ""
    find: str = ""
    format: str = ""
    values: dict[str, str] = PydanticField(default_factory=dict)
    default: str = ""

    @property
    def finders(self) -> tuple[str, ...]:
        """The fields of the target by which a link is found: one, or the two ends of a range."""
        return tuple(self.find.split(RANGE)) if self.find else ()

    @property
    def characters(self) -> tuple[int, int] | None:
        """The first and the last character that count, from 1."""
        match = PART.fullmatch(self.part)
        return (int(match[1]), int(match[2])) if match else None


class Layout(Model):
    """A mapping document: from a delimited file, a spreadsheet or JSON into one entity.

    header: which row of the file names the columns.  rows: in JSON, the names that lead to the rows, as in
    tabelas.linhas; each may lead into a list, all of whose items are then walked.  The columns of a row are
    the names of the objects on the way and of the row itself; in a row that is a list, the positions from 0;
    where the last name leads to an object of code → text (or of code → object), `key` and `value`.
    """

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

    @property
    def sources(self) -> dict[str, Column]:
        """What is filled, by field: each column with its name in the file in `from_`."""
        return {
            column.to: column.model_copy(update={"from_": column.from_ or name})
            for name, column in self.columns.items()
        }


def is_date_format(text: str) -> bool:
    """Tell whether a text orders day, month and year, each once, as in dd/mm/yyyy or yyyymmdd."""
    return bool(DATE_FORMAT.fullmatch(text)) and sorted(DATE_PIECE.findall(text)) == ["dd", "mm", "yyyy"]
