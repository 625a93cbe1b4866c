"""This file says why a text is no YAML and where that begins: by name, or else as the parser says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from metadata.messages import reading_error
from metadata.problems import Place, Problem, shortened

_CONFLICT = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what the parser counts as the end of a line
_TAB = re.compile(r" *\t")
_FLOW = {"while parsing a flow mapping": "{", "while parsing a flow sequence": "["}
_PAIRS = {"{": "}", "[": "]"}


def explained(error: yaml.MarkedYAMLError, text: str, file: str) -> list[Problem]:
    """Return what is wrong with a text that the parser gave up on."""
    if marks := list(conflicts(text, file)):
        return marks
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return [Problem("M101", {"what": reading_error(error.problem or "")}, Place(file))]
    code, facts, (line, column) = _cause(error, mark, _BREAK.split(text))
    return [Problem(code, facts, Place(file, line + 1, column + 1))]


def _cause(
    error: yaml.MarkedYAMLError, mark: yaml.Mark, lines: list[str]
) -> tuple[str, dict[str, object], tuple[int, int]]:
    """Return code, facts and (line, column), both from 0, of where the trouble begins."""
    here = (mark.line, mark.column)
    row = lines[mark.line] if mark.line < len(lines) else ""
    if tab := _TAB.match(row):
        return "M122", {}, (mark.line, tab.end() - 1)
    opened = error.context_mark
    if opened and error.context == "while scanning a quoted scalar":
        return "M124", {"sign": lines[opened.line][opened.column]}, (opened.line, opened.column)
    if opened and error.context in _FLOW and mark.line > opened.line:
        return _unclosed(_FLOW[error.context], (opened.line, opened.column), mark)
    if error.context == "while parsing a flow node" and not row[mark.column :].strip():
        sign, place = _last_open(lines, here)
        return _unclosed(sign, place, mark)
    sign = row[mark.column : mark.column + 1]
    if sign and sign in "]}" and error.context not in _FLOW:
        return "M126", {"sign": sign}, here
    return "M101", {"what": reading_error(error.problem or "")}, here


def _unclosed(
    sign: str, place: tuple[int, int], mark: yaml.Mark
) -> tuple[str, dict[str, object], tuple[int, int]]:
    return "M125", {"sign": sign, "closing": _PAIRS.get(sign, "]"), "line": mark.line + 1}, place


def _last_open(lines: list[str], end: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Return the last bracket that is opened before a place and not closed, or the place itself."""
    depth = 0
    for line in range(min(end[0], len(lines) - 1), -1, -1):
        for column in range(len(lines[line]) - 1, -1, -1):
            sign = lines[line][column]
            depth += (sign in "]}") - (sign in "[{")
            if depth < 0:
                return sign, (line, column)
    return "[", end


def conflicts(text: str, file: str) -> Iterator[Problem]:
    """Yield where each unsettled conflict begins; a mark without its beginning counts as one."""
    is_open = False
    for found in _CONFLICT.finditer(text):
        if found[1][0] == "<" or not is_open:
            line = text.count("\n", 0, found.start()) + 1
            yield Problem("M123", {"text": shortened(found[0])}, Place(file, line, 1))
        is_open = found[1][0] != ">"
