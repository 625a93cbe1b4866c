"""This file keeps texts in CSV from being taken for formulas by a spreadsheet, and brings them back."""

from __future__ import annotations

import re

# A spreadsheet takes a text that begins like this for a formula.
STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARKED = re.compile("'+[" + re.escape("".join(STARTS)) + "]")
_NUMBER = re.compile(r"-[0-9][0-9.,]*")
MARK = "'"


def harmless(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return MARK + text if text.startswith(STARTS) else text


def marked(text: str) -> str:
    """Return a text as `harmless` does, in a way that `original` undoes; numbers stay numbers."""
    if _NUMBER.fullmatch(text):
        return text
    return MARK + text if _MARKED.match(text) else harmless(text)


def original(text: str) -> str:
    """Return the text that `marked` was given."""
    return text[1:] if _MARKED.match(text) else text
