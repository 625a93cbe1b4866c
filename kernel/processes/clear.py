"""This file says whether an operator may read columns of steps: all that they were made of, of every record.

Which record a value is from nobody knows any more, so whoever does not see every one sees none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kernel.access.reach import Reach
from kernel.processes.plan import Plan
from kernel.processes.traced import NONE, Fields, Traced
from metadata.process import RELATION


def may_read(plan: Plan, reach: Reach, step: str, columns: Iterable[str]) -> bool:
    """Tell whether columns of a step are clear to an operator."""
    made = plan.made[step]
    read = {(made.entity, name) for name in columns}
    if made.step.kind == RELATION:
        traced = _traced(plan)
        read = set().union(*(traced.get(each, NONE) for each in read))
    return all(reach.reads_all(entity, name) for entity, name in read)


def _traced(plan: Plan) -> Mapping[tuple[str, str], Fields]:
    found: Mapping[tuple[str, str], Fields] | None = plan.runtime.views.get("traced")
    if found is None:
        found = plan.runtime.views["traced"] = Traced(plan).columns
    return found
