"""This file writes a difference with its sign, and its share of what was before.

The minus is the sign U+2212: lines do not break between it and its number, as they may after a hyphen.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

MINUS = "\N{MINUS SIGN}"
SMALLEST = Decimal("0.1")
LESS = "< 0,1%"


def signed(value: Decimal, write: Callable[[Decimal], str]) -> str:
    """Return a difference as `write` says its amount, with its sign."""
    return f"{_sign(value)}{write(abs(value))}" if value else "0"


def share_of(difference: Decimal, before: Decimal) -> str:
    """Return a difference in percent of what was before; nothing where there is none to say."""
    if not before or not difference:
        return ""
    share = abs(difference * 100 / before)
    return LESS if share < SMALLEST else f"{_sign(difference)}{share:.1f}%".replace(".", ",")


def _sign(value: Decimal) -> str:
    return "+" if value > 0 else MINUS
