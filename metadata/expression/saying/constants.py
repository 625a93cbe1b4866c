"""This file writes constants of expressions as the field beside them prints its values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from metadata.expression import nodes as n
from metadata.values import durations, moments, numbers

if TYPE_CHECKING:
    from metadata.entity import Field

NONE, YES, NO = "vazio", "Sim", "Não"
_WRITTEN_AS = ("date", "time", "date and time", "duration")


def constant(node: n.Node, field: Field | None = None) -> str | None:
    """Return a constant in words, None for anything that is none."""
    if isinstance(node, n.Negative) and isinstance(node.operand, n.Number):
        return number(node.operand.value.copy_negate(), field)
    if isinstance(node, n.Call):
        return _called(node, field)
    say = _SAID.get(type(node))
    return say(node, field) if say else None


def _called(node: n.Call, field: Field | None) -> str | None:
    """Return the moment of `date("2026-01-31")` and the like."""
    if not (
        isinstance(node.function, n.Name) and node.function.name in _WRITTEN_AS and len(node.arguments) == 1
    ):
        return None
    (given,) = node.arguments
    return moment(given.value, field) if isinstance(given, n.Text) else None


def number(value: Decimal, field: Field | None = None) -> str:
    """Return a number as its field prints it, with its unit; never rounded."""
    if not -30 < value.adjusted() < 34:
        return str(value).replace(".", ",")
    if field is None:
        return _bare(value)
    kind = field.type
    if kind == "percent":
        return f"{_plain(value.scaleb(2))}%"
    text = _plain(value, 2 if kind == "money" and _places(value) else 0)
    if kind == "money":
        return f"{'-' if value < 0 else ''}R$\u00a0{text.removeprefix('-')}"
    return field.unit.behind(text)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: Decimal, least: int = 0) -> str:
    return numbers.print_decimal(value, max(least, _places(value)))


def _bare(value: Decimal) -> str:
    """Return a number of no field; what may be a year has no thousand dot."""
    text = _plain(value)
    return text.replace(".", "") if abs(value) < 10_000 else text


def text(value: str, field: Field | None = None) -> str:
    """Return a text between quotes; a code of a choice by its label, a register in its mask."""
    if field is None or not value:
        return f"“{value}”"
    option = field.choices.get(value)
    if option:
        return option.label
    printed = field.kind.print(value, field) if field.kind.mask or field.mask else value
    return f"“{printed}”"


_READERS: tuple[tuple[Callable[[str], Any], Callable[[Any], str]], ...] = (
    (date.fromisoformat, moments.print_date),
    (time.fromisoformat, moments.print_time),
    (datetime.fromisoformat, lambda value: f"{moments.print_date(value)} {moments.print_time(value.time())}"),
)


def moment(written: str, field: Field | None = None) -> str:
    """Return a date, time, instant or length of time as people write it; what is none stays as it is."""
    if "P" in written[:2]:
        return durations.print_duration(written)
    for read, write in _READERS:
        try:
            found = read(written)
        except ValueError:
            continue
        is_month = field is not None and field.type == "month" and type(found) is date
        return moments.print_month(found) if is_month else write(found)
    return written


_SAID: dict[type[n.Node], Callable[[Any, Field | None], str]] = {
    n.Null: lambda node, field: NONE,
    n.Boolean: lambda node, field: YES if node.value else NO,
    n.Number: lambda node, field: number(node.value, field),
    n.Text: lambda node, field: text(node.value, field),
    n.At: lambda node, field: moment(node.text, field),
}
