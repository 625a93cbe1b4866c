"""This file has the tables of the grammar: what binds how strongly, which words are taken, how names look."""

from __future__ import annotations

import re

from metadata.expression.builtins import BUILTINS, TYPE_NAMES

MAX_DEPTH = 60
MAX_DIGITS = 34

# What binds how strongly; a higher number binds tighter.
OR, AND, COMPARE, ADD, MULTIPLY, POWER, NEGATE, INSTANCE, REACH = range(1, 10)
INFIX = {
    "or": OR, "and": AND, "=": COMPARE, "!=": COMPARE, "<": COMPARE, "<=": COMPARE, ">": COMPARE,
    ">=": COMPARE, "between": COMPARE, "in": COMPARE, "+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY,
    "**": POWER, "instance": INSTANCE, ".": REACH, "[": REACH, "(": REACH,
}  # fmt: skip
ORDERING = ("<", "<=", ">", ">=")
COMPARING = ("=", "!=", *ORDERING)
KEYWORDS = frozenset(
    ("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between",
     "instance", "of", "function", "external", "true", "false", "null")
)  # fmt: skip
# Built-ins with an operator among their words (`years between`) are those only right before a parenthesis:
# `years between (1) and 9` asks about a field.
CALLED = frozenset(
    name
    for name in BUILTINS
    if name not in TYPE_NAMES and len(name.split()) > 1 and set(name.split()) & INFIX.keys()
)
_LETTER = r"\w?\U00010000-\U000EFFFF"
_WORDS = rf"(?![0-9])[{_LETTER}][{_LETTER}'.+*/-]*(?:\s+[{_LETTER}'.+*/-]+)*?"
# Names of keys, of loops and of parameters, and the tokens that end them.
ENTRY, LOOPED, PARAMETER = "entry", "looped", "parameter"
ENDS = {ENTRY: (":",), LOOPED: ("in",), PARAMETER: (":", ",", ")")}


def patterns(within: str, separator: str) -> dict[str, re.Pattern[str]]:
    """Return what reads such names, where a language writes `in` and separates items so."""
    return {
        ENTRY: re.compile(rf"({_WORDS})\s*:"),
        LOOPED: re.compile(rf"({_WORDS})\s+{within}(?!\w)"),
        PARAMETER: re.compile(rf"({_WORDS})\s*(?=[:{separator})])"),
    }
