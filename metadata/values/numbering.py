"""This file computes check digits over the digits of a text."""

from __future__ import annotations


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in "0123456789"]


def mod10(text: str) -> str:
    """Return the Luhn check digit: weights 2, 1, 2 … from the right, digits of products summed."""
    total = 0
    for position, digit in enumerate(reversed(_digits(text))):
        product = digit * (2 if position % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str(-total % 10)


def mod11(text: str) -> str:
    """Return the modulo-11 check digit: weights 2 to 9 from the right, again and again; 10 and 11 give 0."""
    total = sum(digit * (2 + position % 8) for position, digit in enumerate(reversed(_digits(text))))
    rest = total % 11
    return str(0 if rest < 2 else 11 - rest)
