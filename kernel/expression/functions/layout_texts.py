"""Built-ins that cut and fill texts as file layouts need them, hashes, and the first value that is there."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kernel.expression.functions.registry import builtin
from kernel.expression.functions.texts import MAX_TEXT

MOST_DRAWN = 10**12
DRAWN_DIGITS = 15  # hexadecimal: sixty bits, so that no number below the most is favoured noticeably
BLANKS = " \t\n\r\u00a0"
CHARSETS = {"utf-8": "utf-8", "iso-8859-1": "iso-8859-1", "windows-1252": "cp1252", "us-ascii": "ascii"}
HASHES: dict[str, Callable[[bytes], Any]] = {
    "md5": lambda content: hashlib.md5(content, usedforsecurity=False),
    "sha256": hashlib.sha256,
}


def _size(length: Decimal) -> int | None:
    """Return a length in characters; None for one that no text may have."""
    return int(length) if 0 <= length <= MAX_TEXT and length == length.to_integral_value() else None


def _padding(fill: Callable[[str, int, str], str]) -> Callable[..., str | None]:
    def pad(text: str, length: Decimal, filler: str | None = None) -> str | None:
        size = _size(length)
        filler = " " if filler is None else filler
        return fill(text, size, filler) if size is not None and len(filler) == 1 else None

    return pad


# A text that is longer stays whole: what must be cut says so with left or right.
builtin("pad left", nullable=("filler",))(_padding(str.rjust))
builtin("pad right", nullable=("filler",))(_padding(str.ljust))


def _cutting(cut: Callable[[str, int], str]) -> Callable[[str, Decimal], str | None]:
    def part(text: str, length: Decimal) -> str | None:
        size = _size(length)
        return None if size is None else cut(text, size)

    return part


builtin("left")(_cutting(lambda text, size: text[:size]))
builtin("right")(_cutting(lambda text, size: text[max(len(text) - size, 0) :]))
builtin("trim")(lambda text: text.strip(BLANKS))
builtin("digits of")(lambda text: "".join(sign for sign in text if sign in "0123456789"))


@builtin("without accents")
def without_accents(text: str) -> str:
    """Return a text with its letters bare; capitals stay, letters without a bare form too."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(sign for sign in parts if not unicodedata.combining(sign)))


@builtin("coalesce")
def _coalesce(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _hashing(make: Callable[[bytes], Any]) -> Callable[..., str | None]:
    def digest(text: str, charset: str | None = None) -> str | None:
        known = CHARSETS.get((charset or "utf-8").lower())
        try:
            return str(make(text.encode(known)).hexdigest()) if known else None
        except UnicodeEncodeError:  # a hash of question marks would be no hash of the text
            return None

    return digest


@builtin("drawn")
def drawn(text: str, below: Decimal) -> Decimal | None:
    """Return a whole number from 0 that looks drawn by chance, and is always the same for the same text."""
    if not 1 <= below <= MOST_DRAWN or below != below.to_integral_value():
        return None
    try:
        digest = HASHES["md5"](text.encode()).hexdigest()
    except UnicodeEncodeError:
        return None
    return Decimal(int(digest[:DRAWN_DIGITS], 16) % int(below))


for _name, _make in HASHES.items():
    builtin(_name, nullable=("charset",))(_hashing(_make))
