"""This file says what the words of one written form of the language are; the parser and the writer take them.

Nodes do not know in which words they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metadata.expression.builtins import BUILTINS, SPOKEN
from metadata.expression.grammar import CALLED, KEYWORDS, patterns
from metadata.expression.scan import Scanner

PLAIN = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Words:
    """One written form.

    scanner: gives tokens in the words of the standard.  spoken: names with blanks that stand without quotes.
    patterns: what reads the names of keys, loops and parameters.  said: keyword or sign → as written.
    functions: built-in → as written where it is called.  types: type → as written.  of: the word after
    “instance”.  number, moment: how a number in digits, and the text of a moment, are written.
    is_keyword: whether a plain name would be read as a word.  is_function: the same where it is called.
    """

    scanner: type[Scanner]
    spoken: frozenset[str]
    patterns: Mapping[str, re.Pattern[str]]
    said: Mapping[str, str]
    functions: Mapping[str, str]
    types: Mapping[str, str]
    of: str
    number: Callable[[str], str]
    moment: Callable[[str], str]
    is_keyword: Callable[[str], bool]
    is_function: Callable[[str], bool]

    def say(self, word: str) -> str:
        """Return a keyword or sign as it is written."""
        return self.said.get(word, word)

    def asked(self, wanted: str) -> str:
        """Quote what the parser wants; what is described in words stands as it is."""
        return wanted if wanted.startswith("um ") else f"“{self.say(wanted)}”"

    def name(self, text: str) -> str:
        """Write a name, in backticks where it is no identifier or means something else."""
        if text in self.spoken and text not in CALLED:
            return text
        return text if PLAIN.fullmatch(text) and not self.is_keyword(text) else f"`{text}`"

    def called(self, text: str) -> str:
        """Write the name of what is called."""
        written = self.functions.get(text)
        if written:
            return written
        return f"`{text}`" if self.is_function(text) else self.name(text)


def at_sign(text: str) -> str:
    """Write the text of a moment as the standard does."""
    return f'@"{text}"'


# The standard's own names are written by the rule for names; those that are read only where called are not.
ENGLISH = Words(
    scanner=Scanner,
    spoken=SPOKEN,
    patterns=patterns("in", ","),
    said={},
    functions={name: name for name in BUILTINS if " " in name},
    types={},
    of="of",
    number=str,
    moment=at_sign,
    is_keyword=KEYWORDS.__contains__,
    is_function=lambda name: False,
)
