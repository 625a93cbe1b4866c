"""This file says which fields tell of people: those marked so, and links whose text is made of these."""

from __future__ import annotations

from kernel.runtime import Runtime
from metadata.entity import Field


def tells_of_people(runtime: Runtime, field: Field) -> bool:
    """Tell whether a field as an operator sees it shows data of people; a masked one shows none."""
    return not field.is_masked and (bool(field.privacy) or _names_people(runtime, field, frozenset()))


def _names_people(runtime: Runtime, field: Field, passed: frozenset[str]) -> bool:
    """Tell whether the text of a linked record has such fields; `passed`: entities on the way there."""
    compiled = runtime.entities.get(field.to)
    if field.type not in ("link", "many links") or compiled is None or field.to in passed:
        return False
    shown = (compiled.fields[name] for name in compiled.entity.shown_pieces[1::2] if name in compiled.fields)
    return any(
        each.privacy or _names_people(runtime, each, passed | {field.to})
        for each in shown
        if not each.is_masked
    )
