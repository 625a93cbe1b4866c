"""This file finds what later runs built on what a run changed.

A later run built on a record where its process reads a field that was changed, and it wrote something that
links to the record, or the record itself. Who merely looked at it, and wrote nothing of it, built nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from kernel.processes.plan import Plan, planned
from kernel.processes.reads import Fields
from kernel.processes.statements import statements
from kernel.processes.tables import BEFORE, MADE, PART, RUN
from kernel.rules.stored import stored_of
from kernel.runtime import Runtime
from metadata.process import WRITING
from metadata.steps.walk import Made

_OTHERS = (
    f"SELECT r.id, r.process FROM {RUN.name} r WHERE r.id <> :run AND NOT r.is_dry AND EXISTS ("
    f"SELECT 1 FROM {PART.name} q WHERE q.run = r.id AND q.is_done AND q.finished_at > ("
    f"SELECT min(p.finished_at) FROM {PART.name} p WHERE p.run = :run AND p.is_done)) ORDER BY r.id"
)
_OF_LATER_PART = (
    f"JOIN {PART.name} p ON p.run = b.run AND p.number = b.part "
    f"JOIN {PART.name} q ON q.run = w.run AND q.number = w.part AND q.finished_at > p.finished_at "
    "WHERE b.run = :run AND b.step = :step AND (CAST(:part AS int) IS NULL OR b.part = :part)"
)
# Of what a later run made there are ranges of ids; of what it changed, each record.
_MADE = (
    f"(SELECT m.run, m.part, lower(r) AS low, upper(r) - 1 AS high FROM {MADE.name} m, unnest(m.ids) r "
    "WHERE m.run = ANY(:later) AND m.entity = :other)"
)
_CHANGED = (
    f"(SELECT c.run, c.part, c.record AS low, c.record AS high FROM {BEFORE.name} c "
    "WHERE c.run = ANY(:later) AND c.entity = :other)"
)


@dataclass(frozen=True, slots=True)
class Later:
    """A later run, and what its process is called."""

    run: int
    label: str


def built(
    connection: Connection, plan: Plan, made: Made, run: int, part: int | None
) -> Iterator[tuple[int, str, Later]]:
    """Yield records that a step changed: with the entity of what a later run wrote of them, and that run."""
    runtime = plan.runtime.whole
    changed = _with_what_follows(runtime, made.entity, frozenset(made.step.set))
    for process, runs in _others(connection, run).items():
        if changed & _read(runtime, process):
            label = runtime.configuration.processes[process].label
            words = {"run": run, "step": made.name, "part": part, "later": runs}
            for entity, link in _written(runtime, process, made.entity):
                for record, later in _found(connection, runtime, entity, link, words):
                    yield record, entity, Later(later, label)


def _others(connection: Connection, run: int) -> dict[str, list[int]]:
    """Return the runs that did something after some part of a run, by process."""
    found: dict[str, list[int]] = {}
    for id, process in connection.execute(text(_OTHERS), {"run": run}):
        found.setdefault(process, []).append(id)
    return found


def _with_what_follows(runtime: Runtime, entity: str, fields: frozenset[str]) -> Fields:
    """Return fields of an entity, and the stored computed ones, of any entity, that follow from them."""
    ends = stored_of(runtime).ends
    found = {(entity, name) for name in fields}
    while more := {key for key, read in ends.items() if read & found} - found:
        found |= more
    return frozenset(found)


def _read(runtime: Runtime, process: str) -> Fields:
    """Return what a process reads; of one that there is no more, nothing is known."""
    if process not in runtime.configuration.processes:
        return frozenset()
    steps = statements(planned(runtime, process)).steps
    return frozenset[tuple[str, str]]().union(*(step.reads for step in steps))


def _written(runtime: Runtime, process: str, entity: str) -> Iterator[tuple[str, str]]:
    """Yield what a process writes that is a record of the entity, or links to one: entity and column."""
    compiled = runtime.entities[entity]
    links = {(each.entity, each.field) for each in compiled.references}
    links |= {(child.entity, child.by) for child in compiled.children.values()}
    made = planned(runtime, process).made.values()
    written = {each.entity for each in made if each.step.kind in WRITING}
    yield from sorted((other, link) for other, link in links | {(entity, "id")} if other in written)


def _found(
    connection: Connection, runtime: Runtime, entity: str, link: str, words: dict[str, object]
) -> Iterator[tuple[int, int]]:
    table = runtime.entities[entity].table.name
    for wrote in (_MADE, _CHANGED):
        sql = (
            f"SELECT DISTINCT b.record, w.run FROM {wrote} w "
            f'JOIN "{table}" t ON t.id BETWEEN w.low AND w.high '
            f'JOIN {BEFORE.name} b ON b.record = t."{link}" {_OF_LATER_PART} ORDER BY b.record, w.run'
        )
        found = connection.execute(text(sql), {**words, "other": entity})
        yield from ((row.record, row.run) for row in found)
