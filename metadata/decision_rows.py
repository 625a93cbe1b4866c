"""This file reads the rows of a decision table: `||` between questions and answers, one row a line.

`a | b || c | d` is the head with the names of the columns, `- | < 5 || "x" | 1` a row; `otherwise || "y" | 0`
answers where no row is met; what stands behind a second `||` is a remark. Nothing is known of types here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OTHERWISE = "otherwise"
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|\|\||\||[^|"`]+|.')


@dataclass(frozen=True, slots=True)
class Cell:
    """The text between two bars; `start` is its place in the text of the table."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line cut into questions, answers and a remark; `number` counts rows from 1, 0 is the head."""

    number: int
    start: int
    questions: tuple[Cell, ...]
    answers: tuple[Cell, ...]
    remark: str = ""

    @property
    def is_otherwise(self) -> bool:
        """Tell the line that answers where no row is met."""
        return [cell.text for cell in self.questions] == [OTHERWISE]


def lines_of(text: str) -> list[Line]:
    """Return the head and the rows of a table; none where the text is empty."""
    found: list[Line] = []
    start, number = 0, 0
    for raw in text.split("\n"):
        if raw.strip():
            line = _line(raw, start, number)
            number += not line.is_otherwise
            found.append(line)
        start += len(raw) + 1
    return found


def _line(raw: str, start: int, number: int) -> Line:
    parts: list[list[Cell]] = [[]]
    cell, begin, at = "", 0, 0
    for piece in _PIECE.findall(raw):
        if piece in ("|", "||") and len(parts) < 3:
            parts[-1].append(_cell(cell, start + begin))
            parts.extend([[]] if piece == "||" else [])
            cell, begin = "", at + len(piece)
        else:
            cell += piece
        at += len(piece)
    parts[-1].append(_cell(cell, start + begin))
    questions, answers, remark = [*parts, [], []][:3]
    return Line(number, start, _filled(questions), _filled(answers), remark[0].text if remark else "")


def _filled(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the cells of one side; a side with nothing on it has none."""
    return tuple(cells) if len(cells) > 1 or (cells and cells[0].text) else ()


def _cell(text: str, start: int) -> Cell:
    return Cell(text.strip(), start + len(text) - len(text.lstrip()))


# ── how a table is written ────────────────────────────────────────────────────────────────────────


def aligned(text: str) -> str:
    """Return the table with its columns one below the other; a text that is no table stays as it is."""
    lines = lines_of(text)
    if not lines or not all(line.answers for line in lines):
        return text
    shapes = {(len(line.questions), len(line.answers)) for line in lines if not line.is_otherwise}
    if len(shapes) != 1 or not all(len(line.answers) == next(iter(shapes))[1] for line in lines):
        return text
    return "".join(f"{line}\n" for line in written(lines))


def written(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the lines of a table whose rows have as many cells as its head."""
    plain = [line for line in lines if not line.is_otherwise]
    left = [max(len(line.questions[at].text) for line in plain) for at in range(len(plain[0].questions))]
    right = [max(len(line.answers[at].text) for line in lines) for at in range(len(lines[0].answers))]
    if any(line.is_otherwise for line in lines):
        left[-1] = max(left[-1], len(OTHERWISE) - sum(left[:-1]) - 3 * (len(left) - 1))
    width = sum(left) + 3 * (len(left) - 1)
    for line in lines:
        questions = OTHERWISE.ljust(width) if line.is_otherwise else _side(line.questions, left)
        answers = _side(line.answers, right)
        yield (
            f"{questions} || {answers} || {line.remark}"
            if line.remark
            else f"{questions} || {answers}".rstrip()
        )


def _side(cells: Sequence[Cell], widths: Sequence[int]) -> str:
    return " | ".join(cell.text.ljust(width) for cell, width in zip(cells, widths, strict=True))
