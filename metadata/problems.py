"""This file says what a problem is: a code, where it stands, the facts, and how it reads."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from pathlib import Path
from typing import Any

from metadata.messages import render

_MANY = 3  # from so many places on, one sentence above them is easier to read than the same one in each line
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a document; lines and columns count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that a type does not accept: the reason as a code with facts, without a place."""

    code: str
    facts: Mapping[str, Any] = attribute(default_factory=dict)

    def sentence(self) -> str:
        """Return what is wrong, in Portuguese."""
        return render(self.code, self.facts)[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with enough facts to say what, where and what to do next."""

    code: str
    facts: Mapping[str, Any] = attribute(default_factory=dict)
    place: Place | None = None
    field: str | None = None

    def sentence(self) -> str:
        """Return what is wrong, in Portuguese."""
        return render(self.code, self.facts)[0]

    def hint(self) -> str:
        """Return the next action, or an empty text."""
        return render(self.code, self.facts)[1]

    def __str__(self) -> str:
        where = str(self.place) if self.place else (self.field or "")
        head = f"{self.code} {where}".rstrip()
        return f"{head}  {self.said()}"

    def said(self) -> str:
        """Return what is wrong and the next action."""
        sentence, hint = render(self.code, self.facts)
        is_whole = sentence.endswith((".", "!", "?"))  # an author's own, which says what to do itself
        return sentence + (f"; {hint}" if hint and not is_whole else "")

    def below(self, folder: Path) -> Problem:
        """Return the problem with the path of its file as seen from where `folder` is."""
        place = self.place and replace(self.place, file=(folder / self.place.file).as_posix())
        return replace(self, place=place)

    def sort_key(self) -> tuple[str, int, int, str]:
        """Order problems as a reader meets them: by file, line, column, code."""
        place = self.place or Place("")
        return (place.file, place.line, place.column, self.code)


class Problems(Exception):
    """Raised where work cannot go on; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def listed(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield the lines that tell problems: what many places have in common is said once, above the places."""
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.code, problem.said() if problem.place else str(problem)), []).append(
            problem
        )
    for (code, said), same in alike.items():
        if len(same) < _MANY:
            yield from map(str, same)
        else:
            yield f"{code} em {len(same)} lugares: {said}"
            yield from (f"     {problem.place}" for problem in same)


def shortened(text: str, limit: int = 60) -> str:
    """Return a text fit to be quoted in a sentence."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def near(word: str, words: Iterable[str]) -> str:
    """Return the known word that was surely meant, or an empty text: none is better than a wrong one."""
    if len(word) > LONGEST_NAME:  # to compare a text of megabytes would take seconds, and it is no slip
        return ""
    alike = difflib.get_close_matches(word, list(words), n=5, cutoff=0.6)
    found = min(((_slips(word, other), other) for other in alike), default=(len(word), ""))
    return found[1] if found[0] <= _slips_allowed(word) else ""


def _slips_allowed(word: str) -> int:
    return 1 if len(word) < 5 else 2 if len(word) < 12 else 3


def _slips(word: str, other: str) -> int:
    """Count the letters to add, drop, change or swap between one word and the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(word):
        last, before, row = before, row, [index + 1]
        for place, theirs in enumerate(other):
            least = min(before[place + 1] + 1, row[place] + 1, before[place] + (letter != theirs))
            if index and place and letter == other[place - 1] and word[index - 1] == theirs:
                least = min(least, last[place - 1] + 1)
            row.append(least)
    return row[-1]
