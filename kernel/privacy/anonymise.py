"""This file anonymises a person: every record about them, and what audit, drafts, batches and files hold.

It is one transaction through the one gate of writing; whatever stands against it is told at once, and then
nothing is done. It cannot be undone. Copies elsewhere (backups, texts that somebody wrote into another field)
are out of its reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from kernel.access.kept_back import kept_back
from kernel.audit import deeds
from kernel.audit.trail import names_of
from kernel.context import Context
from kernel.privacy import person as people
from kernel.privacy import traces
from kernel.privacy.left import left, way_of
from kernel.privacy.reason import judge
from kernel.query.lookup import texts
from kernel.rules.begun import begun
from kernel.rules.reach import Reach
from kernel.rules.verdict import judged
from kernel.rules.ways import end, paths
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage import records
from kernel.storage.record import Conflict, Edit, Refusal
from kernel.storage.save import save_apart
from metadata.problems import Problem

CONFIRMATION = "ANONIMIZAR"
TELLING = frozenset({"R168", "R169"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against it: of which record, as people know it, and why."""

    entity: str
    id: int
    text: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Done:
    """How many records of a person were anonymised, and how many notes of the audit were blanked."""

    records: int
    changes: int
    files: int


def obstacles(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int
) -> list[Obstacle] | Problem:
    """Return what stands against anonymising a person now; nothing is changed or noted."""
    if problem := _refused(connection, runtime, context, entity, id):
        return problem
    apart = connection.begin_nested()
    try:
        found = people.about(connection, runtime.whole, _whole(context), entity, id)
        return list(_against(connection, runtime, context, found))
    finally:
        apart.rollback()


def anonymise(
    engine: Engine, runtime: Runtime, context: Context, entity: str, id: int, purpose: str, confirmation: str,
    folder: Path | None = None,
) -> Done | list[Obstacle] | list[Problem]:  # fmt: skip
    """Anonymise a person, or tell all that stands against it."""
    said, wrong = judge(purpose, "finalidade")
    problems = [wrong] if wrong else []
    if confirmation.strip() != CONFIRMATION:
        problems.append(Problem("R433", {"word": CONFIRMATION}, field="confirmacao"))
    with engine.connect() as connection:
        if refused := _refused(connection, runtime, context, entity, id):
            problems.append(refused)
        if problems:
            return problems
        _lock(connection, runtime.whole, entity, id)
        found = people.about(connection, runtime.whole, _whole(context), entity, id)
        if against := list(_against(connection, runtime, context, found)):
            return against
        gone = traces.gone(connection, runtime.whole, found)
        every = {name: sorted({*found.get(name, ()), *gone.get(name, ())}) for name in {*found, *gone}}
        blanks = [_blanks(runtime.whole, name, ids) for name, ids in sorted(every.items())]
        fields = {name: frozenset(_blanked(runtime.whole, name)) for name in every}
        values = list(traces.noted(connection, runtime.whole, every, fields))
        files = traces.files_of(values)
        counted = sum(map(len, found.values()))
        noted = deeds.note(
            connection, context, "anonymise", entity, id, said,
            records=counted, files=len(files), blanks=[each for each in blanks if each["fields"]],
        )  # fmt: skip
        changes = deeds.blank(connection, noted)
        traces.forget(connection, every, fields, traces.texts_of(values))
        digests = traces.remove_files(connection, runtime.whole, files)
        connection.commit()
    traces.remove_contents(engine, runtime.whole, digests, folder)
    return Done(counted, changes, len(files))


def _refused(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int
) -> Problem | None:
    described = people.person_of(runtime, entity)
    if described is None:
        return Problem("R401", {"name": entity, "near": ""})
    if id not in texts(connection, runtime, context, entity, (id,)):
        return Problem("R150", {"entity": runtime.whole.entities[entity].entity.label.one})
    return people.refused(runtime, context, entity, described.anonymise)


def _whole(context: Context) -> Context:
    """Return the context in which nothing is out of sight: a person is anonymised as a whole."""
    return Context(context.operator, context.now, origin=context.origin)


def _lock(connection: Connection, whole: Runtime, entity: str, id: int) -> None:
    """Keep others from adding rows and links to the person until all is done."""
    table = whole.entities[entity].table
    connection.execute(select(table.c.id).where(table.c.id == id).with_for_update()).all()


# ── what stands against it ────────────────────────────────────────────────────────────────────────


def _against(
    connection: Connection, runtime: Runtime, context: Context, found: people.Ids
) -> Iterator[Obstacle]:
    """Yield what is to be kept, and what saving refuses; without any, everything has been saved."""
    whole = runtime.whole
    refused = []
    for entity, ids in found.items():
        known = texts(connection, runtime, context, entity, tuple(ids))
        for id, problem in (
            *_kept(connection, runtime, context, entity, ids),
            *_saved(connection, whole, context, entity, ids),
        ):
            refused.append(Obstacle(entity, id, known.get(id, ""), problem))
    yield from refused


def _kept(
    connection: Connection, runtime: Runtime, context: Context, entity: str, ids: Iterable[int]
) -> Iterator[tuple[int, Problem]]:
    whole = runtime.whole
    if not whole.rules.sets[entity].keeps:
        return
    rules = kept_back(whole, context, whole.rules.keeping(entity))
    run = begun(connection, whole, context)
    there = Reach(connection, whole, run).records(entity, list(ids), rules.needs, own=True)
    for id in sorted(there):
        verdict = judged(rules, whole.rules.entities, context, run, there[id])
        yield from ((id, problem) for problem in verdict.problems)


def _saved(
    connection: Connection, whole: Runtime, context: Context, entity: str, ids: Iterable[int]
) -> Iterator[tuple[int, Problem]]:
    compiled = whole.entities[entity]
    fields = _own(compiled)
    if not fields:
        return
    alone = _whole(context)
    for row in records.several(connection, whole, alone, entity, "id", list(ids)):
        values = {name: left(compiled.entity, compiled.fields[name], row.values[name]) for name in fields}
        changed = {name: value for name, value in values.items() if value != row.values[name]}
        edit = Edit(entity, row.id, None, changed, lacks=frozenset(fields))
        outcome = save_apart(connection, whole, alone, edit)
        if isinstance(outcome, Refusal):
            yield from ((row.id, _told(context, entity, problem)) for problem in outcome.problems)
        elif isinstance(outcome, Conflict):
            yield row.id, Problem("R142", {"operator": outcome.operator, "when": str(outcome.at)})


def _told(context: Context, entity: str, problem: Problem) -> Problem:
    """Return a problem as the operator is told of it, who need not see what is saved for them.

    What a rule says may hold any value of the record, so it is told to who sees all of it.
    """
    profile = context.access.profile
    if profile is None or profile.entities[entity].is_whole:
        return problem
    access, name = profile.entities[entity], (problem.field or "").partition("/")[0]
    is_seen = name in access.entity.fields and not access.clear(name).is_nothing
    return problem if is_seen and problem.code not in TELLING else Problem("R424")


# ── what else holds its values ────────────────────────────────────────────────────────────────────


def _own(compiled: CompiledEntity) -> list[str]:
    """Return the fields of which something else is left than what was there."""
    fields = compiled.fields.values()
    return [f.name for f in fields if f.type != "children" and way_of(compiled.entity, f) != "keep"]


def _blanked(whole: Runtime, entity: str) -> set[str]:
    """Return the fields whose values are blanked in the audit: also what is worked out of these fields."""
    compiled = whole.entities[entity]
    return {*_own(compiled), *_worked_out(whole, compiled)}


def _blanks(whole: Runtime, entity: str, ids: list[int]) -> Mapping[str, Any]:
    """Return what of the audit is blanked, under former names too."""
    compiled = whole.entities[entity]
    fields = sorted({each for name in _blanked(whole, entity) for each in (name, *compiled.fields[name].was)})
    return {"entities": names_of(compiled), "records": ids, "fields": fields}


def _worked_out(whole: Runtime, compiled: CompiledEntity) -> Iterator[str]:
    """Yield the stored computed fields of an entity that read what is anonymised, here or elsewhere."""
    for name, formula in compiled.rules.computed.items():
        if not compiled.fields[name].stored:
            continue
        for path in paths(whole, compiled.name, formula):
            entity, field = end(whole, compiled.name, path)
            other = whole.entities.get(entity)
            if other is not None and field in _own(other):
                yield name
                break
