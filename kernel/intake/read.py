"""This file opens a file by its mapping: texts, sheets and JSON become the same raw rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kernel.intake.delimited import BOM, open_delimited
from kernel.intake.objects import open_objects
from kernel.intake.sheet import open_sheet
from kernel.intake.source import Opened
from metadata.layout import Layout
from metadata.problems import Problem, Problems, near
from metadata.system_errors import said_of
from metadata.values.formulas import original

READERS: Mapping[str, Callable[[Path, Layout], Opened]] = {
    "delimited": open_delimited,
    "sheet": open_sheet,
    "json": open_objects,
}
_DELIMITERS = {",": ",", ";": ";", "\t": "tabulação", "|": "|"}
REFUSED_COLUMNS = ("linha", "campo", "motivo")


def read(path: Path, layout: Layout) -> Opened:
    """Return the rows of a file, all columns of the mapping among its columns.

    Errors: Problems with R501 to R516.
    """
    try:
        own = _written_by_us(path)
        opened = READERS["delimited"](path, own_form(layout)) if own else READERS[layout.kind](path, layout)
    except OSError as error:
        raise Problems([Problem("R501", {"file": str(path), "reason": said_of(error)})]) from error
    if opened.header[-len(REFUSED_COLUMNS) :] == REFUSED_COLUMNS:  # whatever program saved it last
        opened = _unmarked(opened)
    problems = _other_delimiter(opened.header, layout) or _missing(opened.header, layout)
    if problems:
        raise Problems(problems)
    return opened


def own_form(layout: Layout) -> Layout:
    """Return the mapping for a file of refused rows, which has its own form whatever the first file had."""
    own = {"kind": "delimited", "delimiter": ";", "quote": '"', "charset": "utf-8", "header": 1}
    return layout.model_copy(update=own)


def _written_by_us(path: Path) -> bool:
    """Tell a file of refused rows, corrected and brought back."""
    with path.open("rb") as file:
        first = file.readline(1 << 20)
    return first.startswith(BOM) and first.rstrip().endswith(";".join(REFUSED_COLUMNS).encode())


def _unmarked(opened: Opened) -> Opened:
    """Return refused rows without the marks that kept spreadsheets from running them."""
    lines = ((number, [original(text) for text in texts], problem) for number, texts, problem in opened.lines)
    return Opened(tuple(map(original, opened.header)), lines)


def _other_delimiter(header: tuple[str, ...], layout: Layout) -> list[Problem]:
    """Tell a file whose columns are separated by another sign than the mapping says."""
    if len(header) > 1:
        return []
    wanted = {column.from_ for column in layout.sources.values()}
    for sign, shown in _DELIMITERS.items():
        if wanted & {name.strip(' "') for name in "".join(header).split(sign)} and sign in "".join(header):
            return [Problem("R531", {"sign": layout.delimiter, "other": shown})]
    return []


def _missing(header: tuple[str, ...], layout: Layout) -> list[Problem]:
    problems = []
    names = [name for name in header if name]
    for source in dict.fromkeys(column.from_ for column in layout.sources.values()):
        count = header.count(source)
        if count == 0:
            facts = {"name": source, "near": near(source, names), "names": ", ".join(names[:20])}
            problems.append(Problem("R510", facts))
        elif count > 1:
            problems.append(Problem("R511", {"name": source}))
    return problems
