"""This file says whether a value respects the limits of its field; the same verdict everywhere."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from metadata.entity import Field
from metadata.problems import Refused

_BIGGEST = 2**63 - 1


def check_value(value: Any, field: Field) -> Refused | None:
    """Return why a filled value is not accepted, or None.

    Shape:  a Python value as metadata.types describes; not None.
    """
    for rule in _RULES.get(field.kind.storage, ()):
        if refused := rule(value, field):
            return refused
    return None


def check_presence(value: Any, field: Field) -> Refused | None:
    """Return the refusal of a required field that is empty."""
    if field.required and value in (None, (), ""):
        return Refused("R101", {"label": field.label})
    return None


def _length(value: str, field: Field) -> Refused | None:
    size = len(value)
    if field.max and size > int(field.max):
        return Refused("R102", {"label": field.label, "max": field.max, "size": size})
    if field.min and size < int(field.min):
        return Refused("R103", {"label": field.label, "min": field.min, "size": size})
    return None


def _option(value: str, field: Field) -> Refused | None:
    if field.type == "choice" and value not in field.choices:
        names = ", ".join(option.label for option in list(field.choices.values())[:12])
        return Refused("R116", {"text": value, "near": "", "options": names})
    return None


def _range(value: Any, field: Field) -> Refused | None:
    for key, code in (("min", "R104"), ("max", "R105")):
        limit = field.limit(key)
        if limit is not None and (value < limit if key == "min" else value > limit):
            return Refused(code, {"label": field.label, "limit": field.kind.print(limit, field)})
    return None


def _places(value: Decimal, field: Field) -> Refused | None:
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > field.scale:
        shown = field.scale - 2 if field.type == "percent" else field.scale
        return Refused("R106", {"label": field.label, "scale": max(shown, 0)})
    if value and value.adjusted() >= field.precision - field.scale:
        return Refused("R107", {"label": field.label, "digits": field.precision - field.scale})
    return None


def _whole(value: int, field: Field) -> Refused | None:
    """Refuse what no column of whole numbers holds; a limit of the field itself has spoken before."""
    if abs(value) <= _BIGGEST:
        return None
    code, limit = ("R105", _BIGGEST) if value > 0 else ("R104", -_BIGGEST)
    return Refused(code, {"label": field.label, "limit": field.kind.print(limit, field)})


_RULES: dict[str, tuple[Callable[[Any, Field], Refused | None], ...]] = {
    "text": (_length, _option),
    "numeric": (_places, _range),
    "bigint": (_range, _whole),
    "date": (_range,),
    "time": (_range,),
    "timestamptz": (_range,),
}
