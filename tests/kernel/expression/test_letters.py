"""The table of capitals and small letters, against every letter there is."""

from __future__ import annotations

import sys

from kernel.expression.letters import BEYOND, LATIN, LOWER, UPPER, lower, upper


def test_no_letter_beyond_the_ones_asked_has_another_size() -> None:
    assert not [code for code in range(BEYOND, sys.maxunicode + 1) if chr(code).swapcase() != chr(code)]


def test_every_letter_becomes_the_one_of_the_language_or_stays() -> None:
    for letter in map(chr, [*range(0xD800), *range(0xE000, BEYOND)]):
        for change, table, own in ((upper, UPPER, str.upper), (lower, LOWER, str.lower)):
            wanted = own(letter) if len(own(letter)) == 1 else letter
            assert change(letter) == wanted == table.get(letter, letter)
    assert UPPER["ã"] == "Ã"
    assert ord(max(letter for letter in UPPER if ord(letter) <= LATIN)) > ord("z")
