"""This file judges an edit that cannot be saved yet: all it lacks is told beside what is unreadable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kernel.context import Context
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Edit, Row
from kernel.storage.records import defaults
from kernel.storage.verdict import judge
from metadata.problems import Problem


def check(
    runtime: Runtime, context: Context, edit: Edit, row: Row | None, known: Iterable[Problem]
) -> Iterator[Problem]:
    """Yield the problems of presence and limits, but none for a field that already has one."""
    told = {problem.field for problem in known}
    compiled = runtime.entities[edit.entity]
    for problem in _all(runtime, context, compiled, edit, row):
        if problem.field not in told:
            yield problem


def _all(
    runtime: Runtime, context: Context, compiled: CompiledEntity, edit: Edit, row: Row | None
) -> Iterator[Problem]:
    before: Mapping[str, Any] = row.values if row else defaults(compiled, context)
    yield from judge(compiled, {**before, **edit.values}, edit.values)
    for name, rows in edit.children.items():
        child = compiled.children[name]
        part = runtime.entities[child.entity]
        stored = {one.id: one.values for one in (row.children.get(name, ()) if row else ())}
        for place, each in enumerate(rows):
            if not each.removed:
                known = stored.get(each.id or 0) or defaults(part, context)
                yield from judge(part, {**known, **each.values}, each.values, f"{name}/{place}/", child.by)
