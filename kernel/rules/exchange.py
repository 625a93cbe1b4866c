"""This file is the table of what expressions see of a field's value, and what a field takes of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kernel.expression import moments
from kernel.expression.plain import plain
from kernel.expression.values import EXACT, Months, Record, feel
from metadata.entity import Field
from metadata.values.moments import SITE_ZONE


def seen(value: Any, field: Field) -> Any:
    """Return what expressions see of a value as metadata.types describes it; links are for the caller."""
    return _json(value) if field.type == "json" else plain(value, field)


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    return Decimal(repr(value)) if isinstance(value, float) else feel(value)


def taken(value: Any, field: Field) -> Any:
    """Return what a field takes of an expression's value: of its type, rounded half-even to its digits.

    What does not fit the field is nothing.
    """
    if value is None:
        return None
    return _TAKEN[field.kind.storage](value, field)


def _text(value: Any, field: Field) -> str | None:
    if field.type == "duration":
        return moments.write(value) if isinstance(value, timedelta | Months) else None
    return value if isinstance(value, str) else None


def _decimal(value: Any, field: Field) -> Decimal | None:
    if not isinstance(value, Decimal) or value.adjusted() > 40:
        return None
    rounded = value.quantize(Decimal(1).scaleb(-field.scale), context=EXACT)
    return rounded if not rounded or rounded.adjusted() < field.precision - field.scale else None


def _whole(value: Any, field: Field) -> int | None:
    if not isinstance(value, Decimal) or value.adjusted() > 20:
        return None
    whole = int(value.quantize(Decimal(1), context=EXACT))
    return whole if abs(whole) < 2**63 else None


def _date(value: Any, field: Field) -> date | None:
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        return None
    return value.replace(day=1) if field.type == "month" else value


def _instant(value: Any, field: Field) -> datetime | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=SITE_ZONE)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), SITE_ZONE).astimezone(UTC)
    return None


def _link(value: Any, field: Field) -> int | None:
    if isinstance(value, Record):
        return value.id
    return int(value) if isinstance(value, Decimal) else None


def _instance(wanted: type) -> Callable[[Any, Field], Any]:
    return lambda value, field: value if isinstance(value, wanted) else None


_TAKEN: dict[str, Callable[[Any, Field], Any]] = {
    "text": _text, "numeric": _decimal, "bigint": _whole, "date": _date, "timestamptz": _instant,
    "time": _instance(time), "boolean": _instance(bool), "link": _link,
}  # fmt: skip
