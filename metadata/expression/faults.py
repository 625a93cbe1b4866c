"""This file says what is wrong within an expression: a code, its facts, and where in the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from metadata.messages import render
from metadata.problems import Place, Problem, shortened


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `span` is (first, behind last) in the text of the expression."""

    code: str
    span: tuple[int, int]
    facts: Mapping[str, Any] = attribute(default_factory=dict)

    def sentence(self) -> str:
        """Return what is wrong, in Portuguese."""
        return render(self.code, self.facts)[0]

    def problem(self, text: str, start: Place | None = None) -> Problem:
        """Return the fault as a problem of the document, `start` being where the expression begins in it."""
        before = text[: self.span[0]]
        line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
        facts = {**self.facts, "line": line + 1, "column": column + 1}
        if start is None or not start.line:
            return Problem(self.code, facts, start)
        place = Place(start.file, start.line + line, column + (1 if line else start.column))
        return Problem(self.code, facts, place)


class Unreadable(Exception):
    """Reading cannot go on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


def unreadable(code: str, text: str, start: int, end: int, **facts: Any) -> Unreadable:
    """Return the exception for a piece of text, which goes into the sentence as `text`."""
    piece = shortened(text[start : max(end, start + 1)], 30)
    return Unreadable(Fault(code, (start, end), {"text": piece, **facts}))
