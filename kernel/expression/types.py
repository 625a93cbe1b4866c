"""This file tells whether a value is of a type as written, and makes it so where that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kernel.expression.values import Callee, Months, Range, Record
from metadata.expression import builtins as b
from metadata.expression.nodes import TypeName

_CLASSES: dict[str, tuple[type, ...]] = {
    b.NUMBER: (Decimal,), b.TEXT: (str,), b.BOOLEAN: (bool,), b.DATE: (date,), b.TIME: (time,),
    b.INSTANT: (datetime,), "dateTime": (datetime,), b.DAYS: (timedelta,), "dayTimeDuration": (timedelta,),
    b.MONTHS: (Months,), "yearMonthDuration": (Months,), b.DURATION: (timedelta, Months), b.LIST: (list,),
    b.CONTEXT: (dict, Record), b.RANGE: (Range,), "function": (Callee,), "Null": (type(None),),
}  # fmt: skip


def is_instance(value: Any, kind: TypeName) -> bool | None:
    """Tell whether a value is of a type; null is of none but Null."""
    if kind.name == b.ANY:
        return value is not None
    classes = _CLASSES.get(kind.name)
    if classes is None:
        return None
    if type(value) not in classes:
        return False
    special = _PARTS.get(kind.name)
    return special(value, kind) if special and (kind.items or kind.result) else True


def fits(value: Any, kind: TypeName) -> bool:
    """Tell whether a value may stand where a type is asked for: null may always."""
    return value is None or is_instance(value, kind) is True


def _list(value: list[Any], kind: TypeName) -> bool:
    return all(fits(item, kind.items[0]) for item in value)


def _context(value: dict[str, Any], kind: TypeName) -> bool:
    pairs = zip(kind.keys, kind.items, strict=True)
    return all(key in value and fits(value[key], part) for key, part in pairs)


def _range(value: Range, kind: TypeName) -> bool:
    return fits(value.low, kind.items[0]) and fits(value.high, kind.items[0])


def _function(value: Callee, kind: TypeName) -> bool:
    return len(value.parameters) == len(kind.items)


_PARTS: dict[str, Callable[[Any, TypeName], bool]] = {
    b.LIST: _list, b.CONTEXT: _context, b.RANGE: _range, "function": _function,
}  # fmt: skip


def conforming(value: Any, kind: TypeName) -> Any:
    """Return a value as a type asks for it; null where it is of another type.

    A list of one item stands for the item, an item for a list of it, a date for its midnight in UTC.
    """
    if fits(value, kind):
        return value
    if isinstance(value, list) and len(value) == 1 and fits(value[0], kind):
        return value[0]
    if kind.name == b.LIST and not isinstance(value, list):
        wrapped = [value]
        return wrapped if fits(wrapped, kind) else None
    return None
