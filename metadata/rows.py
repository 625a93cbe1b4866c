"""This file reads the CSV rows that travel with a data document."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """The header and the rows of a data file, each row with the line on which it ends."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def parts_of(cell: str) -> tuple[str, ...]:
    """Return the values of a cell that lists several, as those of a field of many links."""
    return tuple(filter(None, (part.strip() for part in cell.split(","))))


def read_rows(content: bytes) -> Rows:
    """Read UTF-8 CSV with `;`; the first line is the header.

    Errors: UnicodeDecodeError, csv.Error.
    """
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    header = tuple(cell.strip() for cell in next(reader, []))
    rows = tuple((reader.line_num, tuple(cell.strip() for cell in row)) for row in reader if any(row))
    return Rows(header, rows)
