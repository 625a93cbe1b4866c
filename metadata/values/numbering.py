"""This file computes check digits over the digits of a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in "0123456789"]


def mod10(text: str) -> str:
    """Return the Luhn check digit: weights 2, 1, 2 … from the right, digits of products summed."""
    total = 0
    for position, digit in enumerate(reversed(_digits(text))):
        product = digit * (2 if position % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str(-total % 10)


WEIGHTS = tuple(range(2, 10))
MAX_WEIGHTS = 100
ZERO_FOR_TEN_AND_ELEVEN: Mapping[int, str] = {0: "0", 1: "0"}


def mod11(
    text: str, weights: Sequence[int] = WEIGHTS, by_remainder: Mapping[int, str] = ZERO_FOR_TEN_AND_ELEVEN
) -> str:
    """Return the modulo-11 check digit: weights from the right, again and again, 2 to 9 unless told.

    by_remainder: what remainders of the sum give instead of 11 − remainder; usually 10 and 11 become 0.
    """
    digits = reversed(_digits(text))
    rest = sum(digit * weights[position % len(weights)] for position, digit in enumerate(digits)) % 11
    return by_remainder.get(rest, str(11 - rest))


def weights_of(ends: Iterable[tuple[Any, Any]]) -> tuple[int, ...]:
    """Return the weights from some numbers to others; none where one is no whole number from 0 to 100."""
    found: list[int] = []
    for pair in ends:
        if not all(isinstance(end, Decimal) and end == end.to_integral_value() for end in pair):
            return ()
        low, high = map(int, pair)
        if not 0 <= low <= high <= MAX_WEIGHTS:
            return ()
        found.extend(range(low, high + 1))
    return tuple(found) if len(found) <= MAX_WEIGHTS else ()


def by_remainder_of(given: Mapping[str, Any]) -> dict[int, str] | None:
    """Return remainder → digit over the usual ones; None where a key is no remainder or a value no digit."""
    made = dict(ZERO_FOR_TEN_AND_ELEVEN)
    for key, value in given.items():
        digit = f"{(value or Decimal(0)).normalize():f}" if isinstance(value, Decimal) else value
        if not (
            isinstance(digit, str) and key.isascii() and key.isdigit() and len(key) < 3 and int(key) < 11
        ):
            return None
        made[int(key)] = digit
    return made
