"""This file judges an edit that cannot be saved yet: all it lacks is told beside what is unreadable."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection

from kernel.context import Context
from kernel.rules.formula import Formula
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Edit
from kernel.storage.save import foreseen
from metadata.problems import Problem
from renderer.form_post import without

CONDITION, CHECK = "R167", "R169"


def check(
    connection: Connection, runtime: Runtime, context: Context, edit: Edit, known: Iterable[Problem]
) -> Iterator[Problem]:
    """Yield what saving would say, but nothing of a field that already has a problem, or that read one."""
    told = {problem.field for problem in known if problem.field}
    for problem in foreseen(connection, runtime, context, without(edit, told)):
        if problem.field not in told and not _read_unreadable(runtime, edit.entity, problem, told):
            yield problem


def _read_unreadable(runtime: Runtime, entity: str, problem: Problem, unreadable: Collection[str]) -> bool:
    """Tell whether a rule said so because of something that could not be read."""
    prefix, _, name = (problem.field or "").rpartition("/")
    compiled = _at(runtime, entity, prefix)
    formula = _formula(compiled, problem, name) if compiled else None
    if formula is None:
        return False
    stem = f"{prefix}/" if prefix else ""
    here = {path.removeprefix(stem).partition("/")[0] for path in unreadable if path.startswith(stem)}
    above = {path for path in unreadable if "/" not in path} if prefix else set()
    return any(path[0] in here or (len(path) > 1 and path[1] in above) for path in formula.reads)


def _at(runtime: Runtime, entity: str, prefix: str) -> CompiledEntity | None:
    """Return the entity of the record at a prefix such as `faixas/2`."""
    compiled = runtime.entities[entity]
    for name in prefix.split("/")[::2] if prefix else ():
        if name not in compiled.children:
            return None
        compiled = runtime.entities[compiled.children[name].entity]
    return compiled


def _formula(compiled: CompiledEntity, problem: Problem, name: str) -> Formula | None:
    if problem.code == CONDITION:
        return compiled.rules.required.get(name)
    if problem.code == CHECK:
        said = str(problem.facts["check"]).rpartition("/")[2]
        return next((each.when for each in compiled.rules.checks if each.name == said), None)
    return None
