"""This file tells by the bytes of many lines whether all their texts are tidy, without taking them apart.

Tidy means: no letters but those of plain.LETTERS, no blank at an end, no two blanks together.
"""

from __future__ import annotations

import re

from kernel.intake.plain import LETTERS

_ASCII = bytes(range(0x20, 0x7F)) + b"\r\n"
_OTHERS = re.compile(f"[^{LETTERS}]")
_CHARSETS = frozenset({"utf-8", "iso-8859-1"})  # windows-1252 would need its own list of letters
_EDGE, _BLANK, _LETTER = 1, 2, 3


def is_tidy(lines: bytes, charset: str, delimiter: str) -> bool:
    """Tell whether all texts of whole lines are tidy; a mark of byte order is not part of them."""
    if charset not in _CHARSETS:
        return False
    sign = delimiter.encode()
    beyond_ascii = lines.translate(None, _ASCII + sign)
    try:
        if _OTHERS.search(beyond_ascii.decode(charset)):
            return False
    except UnicodeDecodeError:
        return False
    kinds = lines.translate(_kinds(sign))
    pairs = (bytes((_BLANK, _BLANK)), bytes((_BLANK, _EDGE)), bytes((_EDGE, _BLANK)))
    ends = kinds[:1] + kinds[-1:]
    return _BLANK not in ends and not any(pair in kinds for pair in pairs)


def _kinds(sign: bytes) -> bytes:
    """Return the table that leaves of each byte only what matters: end of a text, blank, or letter."""
    table = bytearray([_LETTER]) * 256
    table[0x20] = _BLANK
    for edge in b"\r\n" + sign:
        table[edge] = _EDGE
    return bytes(table)
