"""This file writes lines of a list as CSV or XLSX, typed, safe to open in a spreadsheet, in flat memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kernel.query.plan import Line
from metadata.entity import Field
from metadata.values.formulas import harmless

BOM = "\ufeff"
ROWS_PER_CHUNK = 500
SHEET_ROWS = 1_048_575  # the limit of the format, less the header
MAX_CELL = 32_767
WIDTHS = {
    "long text": 50,
    "text": 28,
    "link": 34,
    "choice": 22,
    "e-mail": 30,
    "date and time": 18,
    "date": 12,
}
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of the file."""

    path: str
    label: str
    field: Field


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────


def csv_chunks(headings: Sequence[Heading], lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield a CSV with `;`, comma decimals and UTF-8 with BOM, a few hundred rows at a time."""
    writers = [_csv_cell(heading) for heading in headings]
    buffer = io.StringIO()
    buffer.write(BOM)
    table = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    table.writerow([heading.label for heading in headings])
    for number, line in enumerate(lines, start=1):
        table.writerow([write(line) for write in writers])
        if number % ROWS_PER_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")


def _csv_cell(heading: Heading) -> Callable[[Line], str]:
    path, field = heading.path, heading.field
    write = field.kind.print
    if field.is_masked:
        return lambda line: "" if path in line.bare else field.cover
    if field.type == "link":
        return lambda line: harmless(line.shown.get(path) or "")
    if field.type in NUMBERS:
        return lambda line: (
            "" if (value := line.values[path]) is None else write(value, field).replace(".", "")
        )
    return lambda line: "" if (value := line.values[path]) is None else harmless(write(value, field))


# ── XLSX ─────────────────────────────────────────────────────────────────────────────────────────


def write_xlsx(
    target: IO[bytes],
    title: str,
    headings: Sequence[Heading],
    lines: Iterable[Line],
    notes: Sequence[tuple[str, str]],
    zone: ZoneInfo,
) -> None:
    """Write a workbook: the rows, and a sheet that names the filters. Rows go to disk as they come."""
    book = Workbook(write_only=True)
    sheet = None
    writers = [_xlsx_cell(heading, zone) for heading in headings]
    number = 0
    for number, line in enumerate(lines):
        if sheet is None or number % SHEET_ROWS == 0:
            sheet = _sheet(book, title, headings)
        sheet.append([write(sheet, line) for write in writers])
    if sheet is None:
        _sheet(book, title, headings)
    _notes(book, [*notes, ("Linhas", str(number + 1 if sheet is not None else 0))])
    book.save(target)


def _sheet(book: Workbook, title: str, headings: Sequence[Heading]) -> Any:
    name = "".join(" " if character in "[]:*?/\\" else character for character in title)[:25]
    sheet = book.create_sheet(name if not book.worksheets else f"{name} ({len(book.worksheets) + 1})")
    sheet.freeze_panes = "A2"
    for index, heading in enumerate(headings, start=1):
        width = max(WIDTHS.get(heading.field.type, 14), len(heading.label) + 3)
        sheet.column_dimensions[get_column_letter(index)].width = min(width, 60)
    bold = []
    for heading in headings:
        cell = _text_cell(sheet, heading.label)
        cell.font = Font(bold=True)
        bold.append(cell)
    sheet.append(bold)
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(headings), 1))}1"
    return sheet


def _notes(book: Workbook, notes: Sequence[tuple[str, str]]) -> None:
    sheet = book.create_sheet("Filtros")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 70
    for label, text in notes:
        sheet.append([_text_cell(sheet, label), _text_cell(sheet, text)])


def _xlsx_cell(heading: Heading, zone: ZoneInfo) -> Callable[[Any, Line], Any]:
    path, field = heading.path, heading.field
    shape = field.kind.cell
    if field.is_masked:
        return lambda sheet, line: _text_cell(sheet, "" if path in line.bare else field.cover)
    if field.type == "link":
        return lambda sheet, line: _text_cell(sheet, line.shown.get(path) or "")
    if field.type in NUMBERS:
        shape = _decimals(field, shape)
        return lambda sheet, line: _shaped(sheet, line.values[path], shape)
    if field.type in ("date", "month", "time"):
        return lambda sheet, line: _shaped(sheet, line.values[path], shape)
    if field.type == "date and time":
        return lambda sheet, line: _shaped(sheet, _local(line.values[path], zone), shape)
    write = field.kind.print
    return lambda sheet, line: (
        None if (value := line.values[path]) is None else _text_cell(sheet, write(value, field))
    )


def _decimals(field: Field, shape: str) -> str:
    """The number format with as many decimals as the field has."""
    if field.type == "decimal" and field.scale != 2:
        return "#,##0" + ("." + "0" * field.scale if field.scale else "")
    return shape


def _shaped(sheet: Any, value: Any, shape: str) -> Any:
    if value is None:
        return None
    cell = WriteOnlyCell(sheet, value=int(value) if _is_whole(value) else value)
    cell.number_format = shape
    return cell


def _is_whole(value: Any) -> bool:
    return isinstance(value, Decimal) and value == value.to_integral_value()


def _local(value: datetime | None, zone: ZoneInfo) -> datetime | None:
    return value.astimezone(zone).replace(tzinfo=None) if value else None


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is a text whatever it looks like: codes keep their zeros, `=` starts no formula."""
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text)[:MAX_CELL])
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
