"""This file says whether a workbook may be opened: whole, of a size that fits, and nothing in it that grows.

A workbook is an archive of XML. Packed, a few kilobytes can hold gigabytes; a text can name others a thousand
times over; and what is no table of rows is kept in memory by whoever reads it.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError, fromstring
from xml.parsers import expat

from metadata.problems import Problem, Problems

MEGABYTE = 1 << 20
MOST_MEGABYTES = 100
MOST_OPENED_MEGABYTES = 2000
MOST_SHARED_MEGABYTES = 150  # texts shared between cells are kept in memory
MOST_KEPT_MEGABYTES = 10  # so is every part that is no sheet: styles, names, relations
MOST_ROW_MEGABYTES = 8  # and of a sheet one row at a time
MOST_SHARED_TAGS = 20_000_000
MOST_PROLOG_BYTES = 64 << 10  # before its first element, a part declares itself in one line
BLOCK_BYTES = 1 << 20
MANIFEST = "[Content_Types].xml"
SHEET, SHARED = ".worksheet+xml", ".sharedStrings+xml"
# What reading an archive, or the XML in it, stumbles over: broken, locked, packed in an unknown way.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ParseError,
    RuntimeError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    EOFError,
)


class _Declared(Exception):
    """A document type, which no workbook has: texts that grow, and files of others, begin with one."""


def guard(path: Path) -> None:
    """Refuse a file that is no workbook, or whose reading would not come to an end here.

    Errors: Problems with R502, R506, R508, R509.
    """
    size = path.stat().st_size
    if not size:
        raise Problems([Problem("R502", {"file": path.name})])
    if size > MOST_MEGABYTES * MEGABYTE:
        raise Problems([Problem("R508", {"size": size // MEGABYTE, "limit": MOST_MEGABYTES})])
    try:
        with zipfile.ZipFile(path) as archive:
            _sizes(archive)
            for part in archive.infolist():
                if _is_xml(part):
                    _prolog(archive, part)
            _insides(archive)
    except (*BROKEN, _Declared) as error:
        raise Problems([Problem("R506")]) from error


def _is_xml(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))


def _sizes(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if "xl/workbook.xml" not in names or len(names) > len(set(names)):
        raise KeyError(MANIFEST)
    _within(parts, MOST_OPENED_MEGABYTES)
    _within([part for part in parts if part.filename.endswith("sharedStrings.xml")], MOST_SHARED_MEGABYTES)
    _within([part for part in parts if part.filename == MANIFEST], MOST_KEPT_MEGABYTES)
    shared = set(_of_kind(archive, SHARED))
    sheets = set(_of_kind(archive, SHEET)) - shared
    _within([part for part in parts if part.filename in shared], MOST_SHARED_MEGABYTES)
    _within(
        [part for part in parts if _is_xml(part) and part.filename not in shared | sheets],
        MOST_KEPT_MEGABYTES,
    )


def _within(parts: list[zipfile.ZipInfo], megabytes: int) -> None:
    """Archives say how large their parts are; whoever reads them stops there, whatever follows."""
    if sum(part.file_size for part in parts) > megabytes * MEGABYTE:
        raise Problems([Problem("R509", {"limit": megabytes})])


def _of_kind(archive: zipfile.ZipFile, kind: str) -> Iterator[str]:
    """Yield the parts of a kind, which the manifest says, whatever they are called."""
    with archive.open(MANIFEST) as file:
        _begin(file)
    for said in fromstring(archive.read(MANIFEST)):  # noqa: S314 (it declares nothing: looked at above)
        if said.get("ContentType", "").endswith(kind):
            yield said.get("PartName", "").removeprefix("/")


def _prolog(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with archive.open(part) as file:
        _begin(file)


def _begin(file: IO[bytes]) -> None:
    """Read XML up to its first element: what is declared stands before it."""
    begun: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, _: begun.append(name)
    parser.Parse(file.read(MOST_PROLOG_BYTES))
    if not begun:
        raise KeyError(file.name)


def _refuse(*_: object) -> None:
    raise _Declared


def _insides(archive: zipfile.ZipFile) -> None:
    """Look through what is large: sheets must consist of rows, shared texts must not be endlessly many."""
    sheets, shared = set(_of_kind(archive, SHEET)), set(_of_kind(archive, SHARED))
    for part in archive.infolist():
        if part.file_size <= MOST_ROW_MEGABYTES * MEGABYTE:
            continue
        if part.filename in shared and _count(archive, part, b"<") > MOST_SHARED_TAGS:
            raise Problems([Problem("R509", {"limit": MOST_SHARED_MEGABYTES})])
        if part.filename in sheets - shared and not _has_rows(archive, part):
            raise Problems([Problem("R509", {"limit": MOST_OPENED_MEGABYTES})])


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo, mark: bytes) -> int:
    return sum(block.count(mark) for block in _blocks(archive, part))


def _has_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a row ends in each stretch of a sheet; what comes after its last row is small."""
    without, before = 0, b""
    for block in _blocks(archive, part):
        without = 0 if b"row>" in before + block else without + len(block)
        if without > MOST_ROW_MEGABYTES * MEGABYTE:
            return False
        before = block[-4:]
    return True


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as file:
        while block := file.read(BLOCK_BYTES):
            yield block
