"""This file judges the values of a record before they are written: presence, limits, period order.

What only the database can know (a link that leads nowhere, a key already taken, periods that overlap) is
told by violations.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kernel.runtime import CompiledEntity
from metadata.entity import Field
from metadata.limits import check_presence, check_value
from metadata.problems import Problem, Refused


def judge(
    compiled: CompiledEntity,
    values: Mapping[str, Any],
    sent: Mapping[str, Any],
    prefix: str = "",
    parent: str = "",
    hidden: Collection[str] = (),
) -> Iterator[Problem]:
    """Yield what is wrong with a record as it would be written.

    values: all values after the edit.  sent: the ones the edit changes; limits are checked on these only,
    presence on all.  parent: the link to the parent, filled by the save itself.  hidden: fields that are not
    shown now, and need not be filled.
    """
    for name in sent:
        if name not in compiled.fields:
            yield Problem("R108", {"name": name, "entity": compiled.entity.label.one}, field=prefix + name)
    for name, field in compiled.fields.items():
        if name == parent or field.type == "children" or field.is_given:
            continue
        refused = None if name in hidden else check_presence(values.get(name), field)
        if refused is None and name in sent and sent[name] is not None:
            refused = check_value(sent[name], field)
        if refused:
            yield at(refused, prefix + name, field)
    yield from _period(compiled, values, prefix)


def at(refused: Refused, path: str, field: Field) -> Problem:
    """Return a refusal as a problem of a field."""
    return Problem(refused.code, {"label": field.label, **refused.facts}, field=path)


def _period(compiled: CompiledEntity, values: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    valid = compiled.entity.valid
    if valid is None:
        return
    start, end = values.get(valid.from_), values.get(valid.to)
    if start is not None and end is not None and start > end:
        labels = {"label": compiled.fields[valid.to].label, "other": compiled.fields[valid.from_].label}
        yield Problem("R109", labels, field=prefix + valid.to)


def rows_between(
    compiled: CompiledEntity, name: str, count: int, prefix: str = "", hidden: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield a problem when a children field would have too few or too many rows.

    A required one has at least one; nobody can add rows to one that is not shown.
    """
    field = compiled.fields[name]
    least = max(int(field.min or 0), int(field.required))
    facts = {"label": field.label, "min": least, "max": field.max, "count": count}
    if least and count < least and name not in hidden:
        yield Problem("R151", facts, field=prefix + name)
    if field.max and count > int(field.max):
        yield Problem("R152", facts, field=prefix + name)
