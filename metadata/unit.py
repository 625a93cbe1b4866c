"""This file describes what a number counts or measures in, and says it behind the number: 1 vida, 2 vidas."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import ClassVar

from metadata.model import Model


class Unit(Model):
    """The unit of a number; one: the word where it is less than two, if it is another."""

    short_form: ClassVar[str] = "many"

    many: str
    one: str = ""

    def __bool__(self) -> bool:
        return bool(self.many)

    def __str__(self) -> str:
        return self.many

    def behind(self, text: str) -> str:
        """Return a number as it is printed with its unit; in Portuguese none are many, and 1,5 is one."""
        if not self:
            return text
        return f"{text} {self.one if self.one and _is_one(text) else self.many}"


NO_UNIT = Unit(many="")


def _is_one(text: str) -> bool:
    try:
        return 0 < abs(Decimal(text.replace(".", "").replace(",", "."))) < 2
    except InvalidOperation:  # no number
        return False
