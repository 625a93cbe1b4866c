"""This file divides what a profile sees of an entity into parts, each with a way of its own to its rows.

Several roles join their conditions by "or", and no one index has the rows of all of them; but each condition
that the row tells has its index, so one part after the other is counted as fast as a single role.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kernel.access.allowed import Own
from kernel.access.lasting import lasting
from kernel.access.profile import READ
from kernel.access.tables import Seen
from kernel.runtime import Runtime


def parts(runtime: Runtime, name: str) -> tuple[Any, ...]:
    """Return tables that together have the rows of an entity, some rows twice; none where it is one part."""
    if runtime.profile is None:
        return ()
    compiled = runtime.whole.entities[name]
    record = runtime.profile.entities[name].record(READ)
    some = sorted(record.some or (), key=repr)
    told = [each for each in some if isinstance(each, Own) and lasting(each.text, compiled)]
    others = frozenset(some).difference(told)
    conditions = [*(frozenset({each}) for each in told), *([others] if others else [])]
    if len(conditions) < 2:
        return ()
    entity = runtime.entities[name].entity
    seen = (Seen(runtime.whole, runtime.profile, name, compiled.table.alias("a")) for _ in conditions)
    return tuple(
        each.query(entity, replace(record, some=met)) for each, met in zip(seen, conditions, strict=True)
    )
