"""Built-ins that write numbers and amounts in Portuguese words."""

from __future__ import annotations

from decimal import Decimal

from kernel.expression.functions.registry import builtin
from metadata.values import words


@builtin("in words", nullable=("feminine",))
def _in_words(number: Decimal, feminine: bool | None = None) -> str | None:
    return words.number_in_words(number, feminine=bool(feminine))


builtin("money in words")(words.money_in_words)
