"""This file is the table of operations: what each is as SQL; the files of this folder fill it by family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from kernel.expression.sql.writing import SQL
from metadata.expression.sets.terms import Apply, Term


class Writes(Protocol):
    """What writes terms as SQL."""

    def value(self, term: Term) -> SQL:
        """Return a term as SQL."""

    def number(self, term: Term) -> SQL:
        """Return a number as SQL of the type numeric, with which arithmetic is exact."""

    def holidays(self) -> tuple[Any, ...]:
        """Return the SELECTs of the days that are holidays; none where nothing says which are."""


Form = Callable[[Writes, Apply], SQL]
FORMS: dict[str, Form] = {}


def form(name: str) -> Callable[[Form], Form]:
    """Register how an operation is written."""

    def register(made: Form) -> Form:
        FORMS[name] = made
        return made

    return register


def plain(name: str, made: Callable[..., SQL]) -> None:
    """Register an operation that only needs its arguments as SQL."""
    FORMS[name] = lambda writes, term: made(*map(writes.value, term.arguments))


def exact(name: str, made: Callable[..., SQL]) -> None:
    """Register an operation that only needs its arguments as exact numbers."""
    FORMS[name] = lambda writes, term: made(*map(writes.number, term.arguments))
