"""This file reads and prints lengths of time, kept as ISO 8601 texts (P30D, P6M, PT24H).

A duration is either of years and months or of days and time, as in FEEL; the two are never mixed,
because a month has no fixed number of days. 24 hours and 1 day stay apart: contracts name one of them.
"""

from __future__ import annotations

import re

from metadata.problems import Refused, shortened

_ISO = re.compile(r"(-)?P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_WORDS = (
    ("Y", ("ano", "anos", "a")),
    ("M", ("mês", "mes", "meses", "m")),
    ("D", ("dia", "dias", "d")),
    ("H", ("hora", "horas", "h")),
    ("m", ("minuto", "minutos", "min")),
    ("S", ("segundo", "segundos", "s")),
)
_UNIT = {word: unit for unit, words in _WORDS for word in words}
# Letter of the part before and after the T → one and many.
DATE_NAMES = {"Y": ("ano", "anos"), "M": ("mês", "meses"), "D": ("dia", "dias")}
TIME_NAMES = {"H": ("hora", "horas"), "M": ("minuto", "minutos"), "S": ("segundo", "segundos")}
_NAMES = (*DATE_NAMES.values(), *TIME_NAMES.values())
_HOURS = {"Y": 8766.0, "M": 730.5, "D": 24.0, "H": 1.0, "m": 1 / 60, "S": 1 / 3600}
MOST_HOURS = 1000 * 8766  # a day and a thousand years still make a date
_PIECE = re.compile(r"(\d+)\s*([a-zê]+)")
_GLUE = re.compile(r"\s*(?:,|\be\b)?\s*")


def parse_duration(text: str) -> str | Refused:
    """Read an ISO duration or Portuguese words: 30 dias, 1 ano e 6 meses, 24h."""
    word = text.strip()
    if match := _ISO.fullmatch(word.upper()):
        return _canonical(dict(zip("YMDHmS", match.groups()[1:], strict=True)), match[1] or "", text)
    return _from_words(word.lower(), text)


def _from_words(word: str, text: str) -> str | Refused:
    sign, word = ("-", word[1:].strip()) if word.startswith("-") else ("", word)
    parts: dict[str, str | None] = {}
    position = 0
    while position < len(word):
        piece = _PIECE.match(word, position)
        unit = _UNIT.get(piece[2]) if piece else None
        if piece is None or unit is None or unit in parts:
            return Refused("R126", {"text": text})
        parts[unit] = piece[1]
        glue = _GLUE.match(word, piece.end())
        position = glue.end() if glue else piece.end()
    return _canonical(parts, sign, text) if parts else Refused("R126", {"text": text})


def _canonical(parts: dict[str, str | None], sign: str, text: str) -> str | Refused:
    filled = {unit: int(amount) for unit, amount in parts.items() if amount and int(amount)}
    if {"Y", "M"} & filled.keys() and {"D", "H", "m", "S"} & filled.keys():
        return Refused("R127", {"text": text})
    if not filled:
        return "P0D"
    if sum(amount * _HOURS[unit] for unit, amount in filled.items()) > MOST_HOURS:
        return Refused("R129", {"text": shortened(text)})
    head = "".join(f"{filled[unit]}{unit}" for unit in "YMD" if unit in filled)
    tail = "".join(f"{filled[unit]}{unit.upper()}" for unit in "HmS" if unit in filled)
    return f"{sign}P{head}" + (f"T{tail}" if tail else "")


def print_duration(value: str) -> str:
    """Write 30 dias, 1 ano e 6 meses, 24 horas."""
    match = _ISO.fullmatch(value)
    if not match:
        return value
    filled = [
        (int(amount), names) for names, amount in zip(_NAMES, match.groups()[1:], strict=True) if amount
    ]
    words = [f"{amount} {names[amount != 1]}" for amount, names in filled]
    text = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " e " + words[-1]
    return ("-" if match[1] else "") + text
