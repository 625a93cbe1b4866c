"""Built-ins over registers: whether CPF, CNPJ and CNS are right, and the check digits that banks ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.expression.functions.registry import builtin
from kernel.expression.values import Range
from metadata.problems import Refused
from metadata.values import numbering, registers


def _valid(read: Callable[[str], str | Refused]) -> Callable[[str], bool]:
    return lambda text: not isinstance(read(text), Refused)


builtin("is cpf")(_valid(registers.parse_cpf))
builtin("is cnpj")(_valid(registers.parse_cnpj))
builtin("is cns")(_valid(registers.parse_cns))


def _has_only_digits(text: str) -> bool:
    """Tell whether a check digit can be counted: of ASCII signs between digits, letters would be lost."""
    return text.isascii() and any(map(str.isdigit, text)) and not any(map(str.isalpha, text))


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
    used = numbering.WEIGHTS if weights is None else numbering.weights_of(map(_ends, weights))
    given = numbering.ZERO_FOR_TEN_AND_ELEVEN if remainders is None else numbering.by_remainder_of(remainders)
    if not used or given is None or not _has_only_digits(text):
        return None
    return numbering.mod11(text, used, given)


def _ends(item: Any) -> tuple[Any, Any]:
    """Return the ends of a range of weights (`[2..9]`); of one weight, that twice."""
    return (item.low, item.high) if isinstance(item, Range) else (item, item)
