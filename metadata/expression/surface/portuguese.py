"""This file reads and writes expressions in Portuguese words: se … então … senão, soma(a; b), 1,5.

It says the standard's words to the same parser, so there is one grammar. Accents may be left out. Names of
fields and their parts stay as they are; only what is called is looked for among the Portuguese names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from metadata.expression import parse as reading
from metadata.expression.builtins import BUILTINS, PROPERTIES
from metadata.expression.faults import unreadable
from metadata.expression.grammar import KEYWORDS, patterns
from metadata.expression.scan import IDENTIFIER, MOMENT, NAME, NUMBER, SIGN, Scanner, Token
from metadata.expression.surface.names import FUNCTIONS, TYPES
from metadata.expression.words import Words, at_sign
from metadata.expression.write import write

if TYPE_CHECKING:
    from metadata.expression import nodes as n
    from metadata.expression.faults import Fault

SAID = {
    "if": "se", "then": "então", "else": "senão", "for": "para", "in": "em", "return": "retorna",
    "some": "algum", "every": "todo", "satisfies": "satisfaz", "and": "e", "or": "ou", "between": "entre",
    "instance": "instância", "function": "função", "external": "externa", "true": "verdadeiro",
    "false": "falso", "null": "nulo", ",": ";",
}  # fmt: skip
_FEMININE = {"alguma": "some", "toda": "every"}
_OPERATORS = frozenset(("e", "ou", "em", "entre"))
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_NUMBER = re.compile(r"\d+(?:,\d+)?(?:[eE][+-]?\d+)?")
_WITH_POINT = re.compile(r"(?:\d+\.\d[\d.]*|\.\d+)(?:,\d+)?")
_INSTANCE = re.compile(r"inst[âa]ncia(?=\s+de(?!\w))")
_CALL = re.compile(r"\s*\(")


def bare(text: str) -> str:
    """Return a text without accents; capitals stay."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(sign for sign in parts if not unicodedata.combining(sign)))


_KEYWORDS = {
    bare(said): word for word, said in SAID.items() if word.isalpha() and word != "instance"
} | _FEMININE
_FUNCTIONS = {bare(said): name for name, said in FUNCTIONS.items()}
_TYPES = {bare(said): name for name, said in TYPES.items()}


def _either(text: str) -> str:
    """Return what matches a text with its accents or without."""
    signs = (f"[{sign}{bare(sign)}]" if bare(sign) != sign else re.escape(sign) for sign in text)
    return "".join(signs).replace("\\ ", r"\s+")


def _longest(names: Iterable[str]) -> list[str]:
    return sorted((name for name in names if " " in name), key=len, reverse=True)


# A name with an operator inside (`anos entre`) is one only right before its parenthesis.
_SPOKEN = re.compile(
    "|".join(
        _either(name) + (r"(?=\()" if set(name.split()) & _OPERATORS else r"(?=\s*\()")
        for name in _longest(FUNCTIONS.values())
    )
)
_SPOKEN_TYPE = re.compile("|".join(rf"{_either(name)}(?!\w)" for name in _longest(TYPES.values())))


class PortugueseScanner(Scanner):
    """Gives the tokens of a Portuguese text in the words of the standard, with their places in the text."""

    def token(self, at: int) -> Token:
        """Return the token at or after a place."""
        at = self.skip(at)
        if found := _DATE.match(self.text, at):
            return self._date(found)
        if found := _WITH_POINT.match(self.text, at):
            raise unreadable("M340", self.text, at, found.end())
        if found := _NUMBER.match(self.text, at):
            return Token(NUMBER, found[0].replace(",", "."), at, found.end())
        if found := _SPOKEN.match(self.text, at):
            name = _FUNCTIONS[bare(" ".join(found[0].split()))]
            return Token(NAME, name, at, found.end(), is_quoted=True)
        token = super().token(at)
        if token.kind == SIGN and token.text in ";,":
            return self._separator(token)
        return self._word(token) if token.kind == NAME and not token.is_quoted else token

    def _separator(self, token: Token) -> Token:
        if token.text == ",":
            raise unreadable("M342", self.text, token.start, token.end)
        return Token(SIGN, ",", token.start, token.end)

    def _date(self, found: re.Match[str]) -> Token:
        day, month, year = map(int, found.groups())
        try:
            written = date(year, month, day).isoformat()
        except ValueError:
            raise unreadable("M341", self.text, found.start(), found.end()) from None
        return Token(MOMENT, written, found.start(), found.end())

    def _word(self, token: Token) -> Token:
        """Return a keyword, or what is called, in the standard's word; any other name as it stands."""
        word = bare(token.text)
        said = _KEYWORDS.get(word)
        if _INSTANCE.match(self.text, token.start):
            said = "instance"
        if said is None and word in _FUNCTIONS and _CALL.match(self.text, token.end):
            said = _FUNCTIONS[word]
        if said is None:
            # A word of the standard is no word here: `if` may be the name of a field.
            return Token(NAME, token.text, token.start, token.end, token.text in KEYWORDS)
        is_called = word not in _KEYWORDS and said in KEYWORDS and said != "instance"
        return Token(NAME, said, token.start, token.end, is_called, token.text)

    def type_at(self, token: Token) -> Token:
        """Return a token that stands where a type is asked for."""
        found = _SPOKEN_TYPE.match(self.text, token.start) or IDENTIFIER.match(self.text, token.start)
        name = _TYPES.get(bare(" ".join(found[0].split()))) if found else None
        if found is None or name is None:
            return token
        return Token(NAME, name, token.start, found.end(), is_quoted=True)


def _number(text: str) -> str:
    return text.replace(".", ",")


def _moment(text: str) -> str:
    """Write a plain date as 31/01/2026, any other moment as the standard does."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    try:
        date.fromisoformat(text if found else "")
    except ValueError:
        return at_sign(text)
    assert found is not None
    return f"{found[3]}/{found[2]}/{found[1]}"


PORTUGUESE = Words(
    scanner=PortugueseScanner,
    spoken=frozenset(name for name in PROPERTIES if " " in name),
    patterns=patterns("em", ";"),
    said=SAID,
    functions={name: FUNCTIONS[name] for name in BUILTINS},
    types=TYPES,
    of="de",
    number=_number,
    moment=_moment,
    is_keyword=lambda name: bare(name) in _KEYWORDS,
    is_function=lambda name: bare(name) in _FUNCTIONS,
)


def parse_pt(text: str, names: Iterable[str] = ()) -> n.Node | Fault:
    """Return the expression of a Portuguese text, or what is wrong with it."""
    return reading.parse(text, names, PORTUGUESE)


def parse_tests_pt(text: str, names: Iterable[str] = ()) -> n.UnaryTests | Fault:
    """Return the unary tests of a Portuguese text (`< 5; > 9`, `não("A")`), or what is wrong with it."""
    return reading.parse_tests(text, names, PORTUGUESE)


def write_pt(node: n.Node) -> str:
    """Return the canonical Portuguese text of an expression or of unary tests."""
    return write(node, PORTUGUESE)
