"""This file reads and prints numbers the Brazilian way: 1.234,56; a thousand dot, a decimal comma."""

from __future__ import annotations

import re
from decimal import Decimal

from metadata.problems import Refused

_INTEGER = re.compile(r"[+-]?\d{1,3}(\.\d{3})+|[+-]?\d+")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+|[+-]?(\d{1,3}(\.\d{3})+|\d+),?")
_POINT = re.compile(r"[+-]?\d*\.\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_BLANKS = re.compile(r"[\s\u00a0]+")
MAX_CHARACTERS = 60
SHOWN = 40


def parse_integer(text: str) -> int | Refused:
    """Read a whole number; dots are taken as thousand separators."""
    compact = _BLANKS.sub("", text).replace("−", "-")
    if len(compact) > MAX_CHARACTERS:
        return _too_long(text, compact)
    if not _INTEGER.fullmatch(compact):
        return Refused("R110", {"text": text, "example": "1.234"})
    return int(compact.replace(".", ""))


def _too_long(text: str, compact: str) -> Refused:
    """Refuse what no number here needs: digits by their count, anything else as no number at all."""
    shown = text.strip()[:SHOWN] + "…"
    if compact.strip("+-0123456789.,"):
        return Refused("R111", {"text": shown, "example": "1.234,56"})
    return Refused("R128", {"text": shown, "size": sum(map(str.isdigit, compact))})


def parse_decimal(text: str, scale: int) -> Decimal | Refused:
    """Read a decimal number as people write it here, or as a program writes it.

    `1.234` means 1234 where the field has fewer than three decimals; with three or more it may
    mean either, and is refused with the question.
    """
    compact = _BLANKS.sub("", text).replace("−", "-").removeprefix("R$")
    compact = compact.replace("-R$", "-").rstrip("%")
    if len(compact) > MAX_CHARACTERS:
        return _too_long(text, compact)
    if _GROUPED.fullmatch(compact):
        return _grouped(compact, scale)
    if _COMMA.fullmatch(compact):
        return Decimal(compact.replace(".", "").replace(",", ".").rstrip("."))
    if _POINT.fullmatch(compact):
        return Decimal(compact)
    return Refused("R111", {"text": text, "example": "1.234,56"})


def _grouped(compact: str, scale: int) -> Decimal | Refused:
    one_dot = compact.count(".") == 1
    if one_dot and scale >= 3:
        whole = compact.replace(".", "")
        return Refused(
            "R112",
            {"text": compact, "one": whole + ",0", "two": compact.replace(".", ",")},
        )
    return Decimal(compact.replace(".", ""))


def print_integer(value: int) -> str:
    """Write a whole number with thousand dots."""
    return f"{value:,}".replace(",", ".")


def print_decimal(value: Decimal, scale: int, *, trim: bool = False) -> str:
    """Write a decimal with `scale` places; with `trim`, drop the zeros at the end."""
    text = f"{value:,.{scale}f}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def print_money(value: Decimal, scale: int = 2) -> str:
    """Write an amount in reais with a space that does not break: R$ 1.234,56, -R$ 10,00."""
    sign = "-" if value < 0 else ""
    return f"{sign}R$\u00a0{print_decimal(abs(value), scale)}"
