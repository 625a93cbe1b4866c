"""This file reads .xlsx sheets row by row; what a workbook may be is said in workbook.py."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from kernel.intake.source import MOST_COLUMNS, Line, Opened, fitted
from kernel.intake.workbook import BROKEN, guard
from metadata.layout import POINT, Layout
from metadata.problems import Problem, Problems, near

MOST_ROWS = 1_048_576  # of a sheet; a row of a higher number would have all those before it made


def open_sheet(path: Path, layout: Layout) -> Opened:
    """Return the header and the rows of one sheet, by name or the first.

    Errors: Problems with R502, R506 to R509, R512, R513.
    """
    guard(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that openpyxl does not know are none of ours
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        except (*BROKEN, InvalidFileException) as error:
            raise Problems([Problem("R506")]) from error
    names = [sheet.title for sheet in book.worksheets]
    if layout.sheet and layout.sheet not in names:
        facts = {"name": layout.sheet, "names": ", ".join(names), "near": near(layout.sheet, names)}
        raise Problems([Problem("R507", facts)])
    found: Any = book[layout.sheet] if layout.sheet else book.worksheets[0]
    found.reset_dimensions()
    rows = _rows(book, found)
    header = _header(rows, layout)
    points = {column.from_ for column in layout.sources.values() if column.format == POINT}
    signs = tuple("." if name in points else "," for name in header)
    return Opened(header, _lines(rows, layout.header, signs))


def _rows(book: Any, found: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each row; a sheet that breaks half-way is no sheet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, row in enumerate(found.iter_rows(max_row=MOST_ROWS + 1)):
                if number == MOST_ROWS:
                    raise Problems([Problem("R506")])
                yield row
    except BROKEN as error:
        raise Problems([Problem("R506")]) from error
    finally:
        book.close()


def _header(rows: Iterator[tuple[Any, ...]], layout: Layout) -> tuple[str, ...]:
    record: tuple[Any, ...] = ()
    for _ in range(layout.header):
        found = next(rows, None)
        if found is None:
            raise Problems([Problem("R512", {"header": layout.header})])
        record = found
    names = [" ".join(_text(cell, ",").split()) for cell in record]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Problems([Problem("R513", {"count": len(names), "limit": MOST_COLUMNS})])
    return tuple(names)


def _lines(rows: Iterator[tuple[Any, ...]], header: int, signs: tuple[str, ...]) -> Iterator[Line]:
    wanted = len(signs)
    for number, row in enumerate(rows, header + 1):
        cells = [_text(cell, sign) for cell, sign in zip(row, signs, strict=False)]
        cells += [_text(cell, ",") for cell in row[wanted:]]
        if any(cells):
            cells += [""] * (wanted - len(cells))
            yield fitted(number, cells, wanted, " ")


def _text(cell: Any, sign: str) -> str:
    """Return a cell as a person would type it, so that the same reading serves texts and cells."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "sim" if value else "não"
    if isinstance(value, int | float):
        is_percent = sign == "," and "%" in (cell.number_format or "")
        return _number(value * 100, sign) + "%" if is_percent else _number(value, sign)
    return _moment(value)


def _number(value: float, sign: str) -> str:
    # 15 digits are what Excel keeps; more would show 0.1 + 0.2 as it is in binary.
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    if "e" in text:
        text = f"{value:.20f}".rstrip("0").rstrip(".")
    return text.replace(".", sign)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value)
