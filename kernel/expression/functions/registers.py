"""Built-ins over registers: whether CPF, CNPJ and CNS are right, and the check digits that banks ask for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kernel.expression.functions.registry import builtin
from kernel.expression.functions.texts import number_text
from kernel.expression.values import Range
from metadata.problems import Refused
from metadata.values import numbering, registers

MAX_WEIGHTS = 100


def _valid(read: Callable[[str], str | Refused]) -> Callable[[str], bool]:
    return lambda text: not isinstance(read(text), Refused)


builtin("is cpf")(_valid(registers.parse_cpf))
builtin("is cnpj")(_valid(registers.parse_cnpj))
builtin("is cns")(_valid(registers.parse_cns))


def _has_only_digits(text: str) -> bool:
    """Tell whether a check digit can be counted: signs between digits say nothing, letters would be lost."""
    return any(sign in "0123456789" for sign in text) and not any(
        sign.isalpha() or (sign.isdigit() and not sign.isascii()) for sign in text
    )


@builtin("mod10")
def mod10(text: str) -> str | None:
    """Return the check digit with weights 2 and 1 from the right, digits of products summed (Luhn)."""
    return numbering.mod10(text) if _has_only_digits(text) else None


@builtin("is luhn")
def is_luhn(text: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    digits = "".join(sign for sign in text if sign in "0123456789")
    return len(digits) > 1 and mod10(text) is not None and numbering.mod10(digits[:-1]) == digits[-1]


@builtin("mod11", nullable=("weights", "remainders"))
def mod11(
    text: str, weights: list[Any] | None = None, remainders: dict[str, Any] | None = None
) -> str | None:
    """Return the modulo-11 check digit; `remainders` say which of them do not give 11 − remainder."""
    used = numbering.WEIGHTS if weights is None else _weights(weights)
    given = numbering.ZERO_FOR_TEN_AND_ELEVEN if remainders is None else _remainders(remainders)
    if not used or given is None or not _has_only_digits(text):
        return None
    return numbering.mod11(text, used, given)


def _weights(given: list[Any]) -> tuple[int, ...]:
    """Return whole weights of a list whose items may be ranges (`[2..9]`); nothing where one is no number."""
    found: list[int] = []
    for item in given:
        ends = (item.low, item.high) if isinstance(item, Range) else (item, item)
        if not all(isinstance(end, Decimal) and end == end.to_integral_value() for end in ends):
            return ()
        low, high = int(ends[0]), int(ends[1])
        if not 0 <= low <= high <= MAX_WEIGHTS:
            return ()
        found.extend(range(low, high + 1))
    return tuple(found) if len(found) <= MAX_WEIGHTS else ()


def _remainders(given: dict[str, Any]) -> dict[int, str] | None:
    """Return remainder → digit over the usual ones; None where a key is no remainder or a value no digit."""
    made = dict(numbering.ZERO_FOR_TEN_AND_ELEVEN)
    for key, value in given.items():
        digit = number_text(value) if isinstance(value, Decimal) else value
        if not (
            isinstance(digit, str) and key.isascii() and key.isdigit() and len(key) < 3 and int(key) < 11
        ):
            return None
        made[int(key)] = digit
    return made
