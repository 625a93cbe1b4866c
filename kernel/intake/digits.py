"""This file checks the digits of CPF, CNPJ and CNS in SQL; metadata.values.registers does in Python."""

from __future__ import annotations

from collections.abc import Sequence

_CPF = tuple(range(11, 1, -1))
_CNPJ = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def _digit(size: int, place: int) -> str:
    """Return the SQL of a digit of the number `n`, counted from the left."""
    power = size - 1 - place
    return f"n / {10**power} % 10" if power else "n % 10"


def _sum(size: int, weights: Sequence[int]) -> str:
    return " + ".join(f"{_digit(size, place)} * {weight}" for place, weight in enumerate(weights))


def _once(sql: str, condition: str) -> str:
    """Return a condition on the number `n`, cast once: OFFSET keeps the planner from repeating the cast."""
    return f"(SELECT {condition} FROM (SELECT ({sql})::bigint AS n OFFSET 0) AS q)"


def _modulo_eleven(size: int, weights: Sequence[int]) -> str:
    # Ten times the sum leaves the digit as rest, ten standing for nought.
    first = f"({_sum(size, weights[1:])}) * 10 % 11 % 10 = {_digit(size, size - 2)}"
    second = f"({_sum(size, weights)}) * 10 % 11 % 10 = {_digit(size, size - 1)}"
    return f"{first} AND {second}"


def cpf(sql: str) -> str:
    """Return the SQL that tells whether eleven digits are a CPF."""
    return _once(sql, f"{_modulo_eleven(11, _CPF)} AND n % 11111111111 <> 0")


def cnpj(sql: str) -> str:
    """Return the SQL that tells whether fourteen digits are a CNPJ."""
    return _once(sql, f"{_modulo_eleven(14, _CNPJ)} AND n % 11111111111111 <> 0")


def cns(sql: str) -> str:
    """Return the SQL that tells whether fifteen digits are a CNS."""
    return _once(sql, f"({_sum(15, range(15, 0, -1))}) % 11 = 0 AND {_digit(15, 0)} IN (1, 2, 7, 8, 9)")
