"""This file computes check digits over the digits of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


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
