"""This file cuts the text of an expression into tokens, one at a time, where the parser asks for them.

Names are identifiers, or anything between backticks. Names with blanks or signs inside are only those the
caller tells: the built-ins, and for models of other tools the names of their scope. The longest one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from metadata.expression.faults import unreadable
from metadata.expression.grammar import CALLED

NUMBER, TEXT, AT, MOMENT, NAME, SIGN, END = "number", "text", "at", "moment", "name", "sign", "end"
MAX_LENGTH = 20_000

_SPACE = re.compile(r"(?:[\s\u0085\u180e\u200b\ufeff]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
IDENTIFIER = re.compile(
    r"(?:[^\W\d]|[?\U00010000-\U000EFFFF])(?:\w|[?\u00b7\u203f\u2040\U00010000-\U000EFFFF])*"
)
_QUOTED = re.compile(r"`([^`\n]+)`")
_SIGN = re.compile(r"\*\*|\.\.|->|<=|>=|!=|[-+*/=<>(){}\[\],:.;]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "'": "'"}
_AFTER, _CALL = r"(?![\w?])", r"(?=\()"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: its kind, what it says, where it stands; quoted names are never keywords.

    source: what stands in the text, where that says it in other words.
    """

    kind: str
    text: str
    start: int
    end: int
    is_quoted: bool = False
    source: str = ""


@lru_cache(maxsize=512)
def spoken(names: frozenset[str]) -> re.Pattern[str] | None:
    """Return what recognises the names with blanks or signs inside, the longest first."""
    parts = [
        r"\s+".join(re.escape(word) for word in name.split()) + (_CALL if name in CALLED else _AFTER)
        for name in sorted(names, key=len, reverse=True)
    ]
    return re.compile("|".join(parts)) if parts else None


def composed(names: Iterable[str]) -> frozenset[str]:
    """Return those of the names that are no identifiers."""
    return frozenset(name for name in names if name.strip() and not IDENTIFIER.fullmatch(name))


class Scanner:
    """Reads tokens of one text."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self.text = text
        self.names = names

    def skip(self, at: int) -> int:
        """Return the place of the next token."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def token(self, at: int) -> Token:
        """Return the token at or after a place."""
        at = self.skip(at)
        if at >= len(self.text):
            return Token(END, "", at, at)
        pattern = spoken(self.names)
        if pattern and (found := pattern.match(self.text, at)):
            return Token(NAME, " ".join(found[0].split()), at, found.end(), is_quoted=True)
        if self.text.startswith("/*", at):
            raise unreadable("M302", self.text, at, len(self.text))
        for kind, reader in _READERS:
            if found := reader.match(self.text, at):
                return _token(kind, found, at)
        if self.text[at] == '"':
            raise unreadable("M301", self.text, at, len(self.text))
        raise unreadable("M303", self.text, at, at + 1)

    def type_at(self, token: Token) -> Token:
        """Return a token that stands where a type is asked for."""
        return token

    def match(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        """Look for a pattern at the next token."""
        return pattern.match(self.text, self.skip(at))


_READERS = (
    (NUMBER, _NUMBER),
    (TEXT, _TEXT),
    (NAME, _QUOTED),
    (NAME, IDENTIFIER),
    (AT, re.compile("@")),
    (SIGN, _SIGN),
)


def _token(kind: str, found: re.Match[str], at: int) -> Token:
    if kind == TEXT:
        return Token(TEXT, unescaped(found[0][1:-1]), at, found.end())
    if found[0][0] == "`":
        return Token(NAME, " ".join(found[1].split()), at, found.end(), is_quoted=True)
    return Token(kind, found[0], at, found.end())


def unescaped(text: str) -> str:
    r"""Return the text behind `\n`, `\"`, `\u00e9`, `\U01F600`."""
    written = _ESCAPE.sub(_character, text)
    # Two halves of a character may be written one after the other.
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return _ESCAPED.get(found[3], found[0])
