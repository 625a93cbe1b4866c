"""This file reads texts with delimited columns, and tells early what is not one or is in another charset."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from kernel.intake.source import MOST_COLUMNS, Direct, Line, Opened, fitted
from metadata.layout import Layout
from metadata.problems import Problem, Problems

CHUNK = 1 << 20
LONGEST_CELL = 1_000_000
BOM = codecs.BOM_UTF8
_ENCODINGS = {"utf-8": "UTF8", "iso-8859-1": "LATIN1", "windows-1252": "WIN1252"}
_OTHERS = (
    (b"PK\x03\x04", "parece uma planilha .xlsx", "use um mapa com kind: sheet, ou salve como CSV"),
    (b"\xd0\xcf\x11\xe0", "parece uma planilha .xls antiga", "abra-a e salve como CSV ou .xlsx"),
    (b"%PDF", "parece um PDF", "peça os dados em CSV ou .xlsx"),
    (b"\x1f\x8b", "está compactado", "descompacte-o"),
    (b"\xff\xfe", "está em UTF-16", "salve como CSV UTF-8"),
    (b"\xfe\xff", "está em UTF-16", "salve como CSV UTF-8"),
    (b"<!doctype html", "parece uma página HTML", "abra-o no Excel e salve como CSV"),
    (b"<html", "parece uma página HTML", "abra-o no Excel e salve como CSV"),
)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one pass over the bytes tells.

    is_plain: no quotes, nothing that older databases take for an end, so the database may read it by itself.
    """

    charset: str
    has_bom: bool
    is_plain: bool


def open_delimited(path: Path, layout: Layout) -> Opened:
    """Return the header and the rows of a delimited text.

    Errors: Problems with R502 to R505 and R512 to R514; R503 in UTF-8 may come only while rows are read.
    """
    look = _look(path, layout)
    with _text_of(path, look) as file:
        records = _Records(path, layout, look, file)
        header, taken = records.header(), list(records.source.lines)
    direct = None
    if look.is_plain and len(header) > 1 and len(layout.delimiter.encode()) == 1:
        skip = sum(len(text.encode(look.charset)) for text in taken) + (len(BOM) if look.has_bom else 0)
        encoding = _ENCODINGS[look.charset]
        size = path.stat().st_size
        direct = Direct(path, skip, len(taken) + 1, layout.delimiter, look.charset, encoding, size)
    return Opened(header, _rows(path, layout, look, len(header)), direct)


def _text_of(path: Path, look: _Look) -> IO[str]:
    return path.open(encoding="utf-8-sig" if look.has_bom else look.charset, newline="")


def _rows(path: Path, layout: Layout, look: _Look, wanted: int) -> Iterator[Line]:
    """Yield the rows below the header; the file is open only while they are taken."""
    with _text_of(path, look) as file:
        records = _Records(path, layout, look, file)
        records.header()
        yield from records.rows(wanted)


def _look(path: Path, layout: Layout) -> _Look:
    """Read the file once as bytes."""
    with path.open("rb") as file:
        chunk = file.read(CHUNK)
        _refuse_others(chunk, path)
        has_bom = chunk.startswith(BOM)
        charset = "utf-8" if has_bom else layout.charset
        quote = layout.quote.encode()
        is_plain = True
        while chunk and is_plain:
            chunk += file.readline()  # whole lines
            # A backslash and a point at the start of a line end the data for older databases.
            is_plain = not ((quote and quote in chunk) or b"\n\\." in chunk or chunk.startswith(b"\\."))
            chunk = file.read(CHUNK)
    if charset != "utf-8":
        _check_charset(path, charset)
    return _Look(charset, has_bom, is_plain)


def _check_charset(path: Path, charset: str) -> None:
    """Refuse a file that is not in its charset, or in UTF-8 although the mapping says another.

    In UTF-8 this is only called once reading has failed: whoever reads decodes anyway.
    """
    decoder, other = codecs.getincrementaldecoder(charset)(), codecs.getincrementaldecoder("utf-8")()
    is_other, beyond_ascii, lines = charset != "utf-8", False, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            beyond_ascii = beyond_ascii or not chunk.isascii()
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise Problems([_not_in(charset, lines + chunk.count(b"\n", 0, error.start) + 1)]) from error
            try:
                is_other and other.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                is_other = False
            lines += chunk.count(b"\n")
            if not chunk:
                break
    if is_other and beyond_ascii:
        raise Problems([Problem("R504", {"charset": charset})])


def _not_in(charset: str, line: int) -> Problem:
    known = "parece windows-1252: troque charset no mapa, ou salve o arquivo em utf-8"
    advice = known if charset == "utf-8" else "confira se é um texto"
    return Problem("R503", {"charset": charset, "line": line, "advice": advice})


def _refuse_others(chunk: bytes, path: Path) -> None:
    if not chunk.removeprefix(BOM).strip():
        raise Problems([Problem("R502", {"file": path.name})])
    for magic, found, advice in _OTHERS:
        if chunk[:20].lower().startswith(magic.lower()):
            raise Problems([Problem("R505", {"found": found, "advice": advice})])
    if b"\0" in chunk:
        found = "tem bytes que não são texto"
        raise Problems([Problem("R505", {"found": found, "advice": "confira se é o arquivo certo"})])


class _Taken:
    """Hands on the lines of a text and keeps those of the row being read."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.lines: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.file)
        self.lines.append(line)
        return line


class _Records:
    """The rows of an open file."""

    def __init__(self, path: Path, layout: Layout, look: _Look, file: IO[str]) -> None:
        self.path, self.layout, self.charset = path, layout, look.charset
        self.source = _Taken(file)
        csv.field_size_limit(LONGEST_CELL)
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE
        self.reader = csv.reader(
            self.source,
            delimiter=layout.delimiter,
            quotechar=layout.quote or None,
            quoting=quoting,
            strict=True,
        )

    def header(self) -> tuple[str, ...]:
        """Return the names of the columns, blanks tidied; everything before them is skipped."""
        record: list[str] = []
        for _ in range(self.layout.header):
            found = self._next()
            if found is None:
                raise Problems([Problem("R512", {"header": self.layout.header})])
            record = list(found[1])
        if len(record) > MOST_COLUMNS:
            raise Problems([Problem("R513", {"count": len(record), "limit": MOST_COLUMNS})])
        return tuple(" ".join(name.split()) for name in record)

    def _next(self) -> Line | None:
        """Return the next row as it is, or None at the end."""
        start = self.reader.line_num + 1
        before = len(self.source.lines)
        try:
            return start, next(self.reader), None
        except StopIteration:
            return None
        except UnicodeDecodeError:
            _check_charset(self.path, self.charset)
            raise
        except csv.Error as error:
            if "end of data" in str(error) or "field larger" in str(error):
                raise Problems([Problem("R514", {"line": start})]) from error
            text = "".join(self.source.lines[before:]).rstrip("\r\n")
            return start, [text], Problem("R521")

    def rows(self, wanted: int) -> Iterator[Line]:
        """Yield the rows below the header; blank lines are none."""
        delimiter = self.layout.delimiter
        while True:
            self.source.lines.clear()
            found = self._next()
            if found is None:
                return
            number, cells, problem = found
            if problem is not None:
                yield number, [*cells, *[""] * (wanted - 1)], problem
            elif len(cells) == wanted and cells[0]:
                yield found
            elif "".join(cells).strip():
                yield fitted(number, list(cells), wanted, delimiter)
