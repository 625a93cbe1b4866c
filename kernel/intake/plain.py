"""This file says what a plain text is: one that SQL reads as the types do, and how that is checked fast.

Conditions stand in the WHERE of one statement, so the casts of the SELECT cannot fail; and the characters of
many columns are checked by one regular expression over all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel.intake.sql import literal, text
from metadata.entity import Field

# Letters that are in NFC by themselves, with no control characters and no blanks but the space.
LETTERS = " -~¡-ſ‐-‧‰-⁞"
LOWER = "ãáàâçéêíóôõúü"
CLASSES = {
    "digits": "[^0-9]",
    "signed": "[^0-9-]",
    "number": "[^0-9,.-]",
    "clock": "[^0-9:]",
    "day": "[^0-9/-]",
    "code": "[^0-9A-Za-z]",
    "address": "[^a-z0-9@._-]",
    "upper": f"[^ -~{LOWER}{LOWER.upper()}ªº°§–]",
    "lines": f"[^\n\t{LETTERS}]",
}
WORDS = "words"
MOST_ARGUMENTS = 90  # a function of PostgreSQL takes a hundred
WORDS_PATTERN = f"[^{LETTERS}]|[| ] | [|]"  # over texts joined by |: a blank at an end, or two together


@dataclass(frozen=True, slots=True)
class Plain:
    """How one text becomes a value when it is plain.

    value: the SQL of the value.  holds: conditions for being plain; NULL (nothing there) counts as true.
    only: (class of characters, SQL of the text that may have no others).  then: conditions with casts,
    which are looked at only where all others hold.
    """

    value: str
    holds: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """What a type is given to convert: SQL of a text (NULL when empty), field, format, server's version."""

    sql: str
    field: Field
    format: str
    server: int


def conditions(plains: list[Plain]) -> str:
    """Return the SQL condition that all of these are plain.

    The order in which PostgreSQL evaluates a WHERE is its own; only CASE keeps the casts for the end.
    """
    holds = [hold for one in plains for hold in one.holds]
    grouped: dict[str, list[str]] = {}
    for one in plains:
        for group, sql in one.only:
            grouped.setdefault(group, []).append(sql)
    for group, every in grouped.items():
        starts = range(0, len(every), MOST_ARGUMENTS)
        holds += [_only(group, every[start : start + MOST_ARGUMENTS]) for start in starts]
    casts = [cast for one in plains for cast in one.then]
    return f"CASE WHEN ({_all(holds)}) IS NOT FALSE THEN ({_all(casts)}) IS NOT FALSE ELSE false END"


def _only(group: str, texts: list[str]) -> str:
    """Return the condition that some texts have the characters of a class only."""
    if group == WORDS:
        return f"concat_ws('|', '', {', '.join(texts)}, '') !~ {text(WORDS_PATTERN)}"
    return f"concat({', '.join(texts)}) !~ {text(CLASSES[group])}"


def _all(conditions: list[str]) -> str:
    return " AND ".join(f"({condition})" for condition in conditions) or "true"


def castable(sql: str, kind: str, server: int, form: str) -> str:
    """Return the SQL that tells whether a cast works; servers before 16 need the form of all that does."""
    return f"pg_input_is_valid({sql}, {text(kind)})" if server >= 160000 else f"{sql} ~ {text(form)}"


def never(cell: Cell) -> Plain:
    """Leave every filled cell to Python."""
    return Plain(literal(None, cell.field), (f"{cell.sql} IS NULL",))
