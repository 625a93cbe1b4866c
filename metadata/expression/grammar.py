"""This file has the tables of the grammar: what binds how strongly, which words are taken, how names look."""

from __future__ import annotations

import re

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
_LETTER = r"\w?\U00010000-\U000EFFFF"
_WORDS = rf"(?![0-9])[{_LETTER}][{_LETTER}'.+*/-]*(?:\s+[{_LETTER}'.+*/-]+)*?"
ENTRY = re.compile(rf"({_WORDS})\s*:")
LOOPED = re.compile(rf"({_WORDS})\s+in(?!\w)")
PARAMETER = re.compile(rf"({_WORDS})\s*(?=[:,)])")
ENDS = {ENTRY: (":",), LOOPED: ("in",), PARAMETER: (":", ",", ")")}
