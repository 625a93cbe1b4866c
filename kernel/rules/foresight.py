"""This file foresees what rules would say of the same kind of change in many records, as a set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.rules.begun import begun
from kernel.rules.closed import kept_out
from kernel.rules.judging import judge_pairs
from kernel.rules.verdict import NO_RULES, Verdict
from kernel.rules.works import records_of
from kernel.runtime import Runtime
from kernel.storage.work import Work
from metadata.problems import Problem

Change = tuple[int, Mapping[str, Any], Mapping[str, Any]]  # id, the record as it is, what changes


def verdicts(
    connection: Connection, runtime: Runtime, context: Context, entity: str, changes: Sequence[Change]
) -> Iterator[Verdict]:
    """Yield the verdict on each record as it would be, in order; nothing is written."""
    runtime = runtime.whole
    compiled = runtime.entities[entity]
    works = [Work(compiled, "", id, current, dict(changed)) for id, current, changed in changes]
    run = begun(connection, runtime, context)
    told: dict[int, tuple[Problem, ...]] = {}
    for work, problem in kept_out(connection, runtime, context, works):
        told[id(work)] = (*told.get(id(work), ()), problem)
    pairs = records_of(connection, runtime, run, *works)
    judged = judge_pairs(connection, runtime, context, run, pairs)
    found = [each.verdict for each in judged] if pairs else [NO_RULES for _ in works]
    for work, verdict in zip(works, found, strict=True):
        yield replace(verdict, problems=(*verdict.problems, *told.get(id(work), ())))
