"""This file folds text for searching: no accents, no capitals; the same table serves Python and SQL."""

from __future__ import annotations

import unicodedata

FIRST, LAST = 0xC0, 0x17F  # Latin-1 letters and Latin Extended-A
# Letters that Unicode does not decompose; one letter for one, because SQL's translate() knows no other.
WITHOUT_ACCENT = {
    "æ": "a", "ð": "d", "ø": "o", "þ": "t", "ß": "s", "đ": "d", "ħ": "h", "ı": "i", "ĳ": "i", "ĸ": "k",
    "ŀ": "l", "ł": "l", "ŉ": "n", "ŋ": "n", "œ": "o", "ŧ": "t", "ſ": "s",
}  # fmt: skip


def _plain(letter: str) -> str:
    """Return the one small unaccented letter for `letter`; signs such as × stay."""
    small = letter.lower() if len(letter.lower()) == 1 else letter
    small = "i" if letter == "İ" else small
    return WITHOUT_ACCENT.get(small) or unicodedata.normalize("NFD", small)[0]


PAIRS = tuple(
    (chr(code), _plain(chr(code))) for code in range(FIRST, LAST + 1) if _plain(chr(code)) != chr(code)
)
ACCENTED = "".join(accented for accented, _ in PAIRS)
PLAIN = "".join(plain for _, plain in PAIRS)
TABLE = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + ACCENTED,
    "abcdefghijklmnopqrstuvwxyz" + PLAIN,
)


def fold(text: str) -> str:
    """Return `text` as it is searched for: `fold("Ação ÚNICA") == "acao unica"`."""
    return text.translate(TABLE)


# translate() scans its whole list for every letter, so the long list is kept for the rare texts that need it:
# about 0.6 µs for a text without accents, 10 µs for 70 letters of Portuguese, 50 µs for the rest.
PORTUGUESE = "ãáàâçéêíóôõúüÃÁÀÂÇÉÊÍÓÔÕÚÜ"


def _translated(accented: str, plain: str) -> str:
    # COLLATE "C" makes lower() touch A to Z only, whatever the locale of the database: Python and SQL agree.
    return f"""lower(translate($1, '{accented}', '{plain}') COLLATE "C")"""


BODY = f"""SELECT CASE
WHEN octet_length($1) = length($1) THEN lower($1 COLLATE "C")
WHEN $1 COLLATE "C" ~ '[^ -~{PORTUGUESE}]' THEN {_translated(ACCENTED, PLAIN)}
ELSE {_translated(PORTUGUESE, fold(PORTUGUESE))} END"""
# Not STRICT, although NULL gives NULL: PostgreSQL inlines a strict function only when its body has no CASE.
DDL = f"""
CREATE OR REPLACE FUNCTION aroeira_fold(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fold${BODY}$fold$
"""
