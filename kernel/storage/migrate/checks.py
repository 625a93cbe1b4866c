"""This file says what the rows that exist have against a change: what blocks it, what people should know.

Each check asks one question of the data. Blocking problems leave everything as it is; warnings and repairs
go with the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.storage import names
from kernel.storage.migrate.conversions import rewrites
from kernel.storage.migrate.fields import Aspect, field_checks
from kernel.storage.migrate.keys import key_checks
from kernel.storage.migrate.ledgers import ledger_checks
from kernel.storage.migrate.look import Look, number, records
from kernel.storage.migrate.states import state_checks
from kernel.storage.migrate.steps import Step
from metadata import changes as c
from metadata.changes import Change
from metadata.problems import Problem

ROWS_A_SECOND = 300_000  # what a modest machine rewrites, with a few indexes
ALL: frozenset[Aspect] = frozenset(("type", "limits", "options"))


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found."""

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    repairs: tuple[Step, ...]


WARNINGS = frozenset(("M521", "M522", "M523", "M524", "M525", "M526", "M527"))


def check(look: Look, changes: Sequence[Change]) -> Checked:
    """Ask every question that the changes raise."""
    clashes = list(_clashes(look))
    if clashes:  # nothing else can be asked while names mean two things
        return Checked(tuple(clashes), (), ())
    asked = _asked(look, changes)
    found: list[Problem | Step] = [problem for change in changes for problem in _of(look, change)]
    for (entity, field), aspects in asked.items():
        found.extend(field_checks(look, entity, field, aspects))
    revived = {place for place, aspects in asked.items() if "revived" in aspects}
    found.extend(key_checks(look, revived))
    found.extend(ledger_checks(look))
    found.extend(state_checks(look))
    found.extend(_slow(look))
    problems = [part for part in found if isinstance(part, Problem)]
    return Checked(
        tuple(problem for problem in problems if problem.code not in WARNINGS),
        tuple(problem for problem in problems if problem.code in WARNINGS),
        tuple(part for part in found if isinstance(part, Step)),
    )


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


def _clashes(look: Look) -> Iterator[Problem]:
    for name, table in look.want.items():
        present = look.have.get(name)
        if present is not None and not present.is_ours:
            yield Problem("M512", {"table": name}, look.place(name))
        if name in look.renames.tables and present is not None and name not in look.renames.tables.values():
            yield Problem("M511", {"name": name}, look.place(name))
        before = look.have.get(look.renames.table(name))
        for field in look.renames.columns.get(name, {}):
            if before is not None and field in before.columns and field in table.columns:
                yield Problem("M511", {"name": f"{name}.{field}"}, look.place(name, field))


# ── which fields have to be looked at ─────────────────────────────────────────────────────────────


def _asked(look: Look, changes: Sequence[Change]) -> dict[tuple[str, str], set[Aspect]]:
    asked: dict[tuple[str, str], set[Aspect]] = {}
    for change in changes:
        for field, aspects in _aspects(look, change):
            asked.setdefault(field, set()).update(aspects)
    return asked


def _aspects(look: Look, change: Change) -> Iterator[tuple[tuple[str, str], frozenset[Aspect]]]:
    match change:
        case c.ChangeType():
            yield (change.entity, change.field), ALL
        case c.ChangeLimits(narrows=True):
            yield (change.entity, change.field), frozenset(("limits",))
        case c.ChangeOptions() if change.removed:
            yield (change.entity, change.field), frozenset(("options",))
        case c.AddField() if _is_back(look, change.entity, change.field):
            yield (change.entity, change.field), ALL | {"revived"}
        case c.AddEntity() if change.entity in look.after:
            for field in look.new.entities[change.entity].fields:
                if _is_back(look, change.entity, field):
                    yield (change.entity, field), ALL | {"revived"}


def _is_back(look: Look, entity: str, field: str) -> bool:
    return look.column(entity, field) is not None or look.bridge(entity, field) is not None


# ── one change ────────────────────────────────────────────────────────────────────────────────────


def _of(look: Look, change: Change) -> Iterator[Problem]:
    question = _QUESTIONS.get(type(change))
    return question(look, change) if question else iter(())


def _field_removed(look: Look, change: c.RemoveField) -> Iterator[Problem]:
    if look.column(change.entity, change.field) is not None:
        count = look.filled(change.entity, change.field)
    elif look.bridge(change.entity, change.field) is not None:
        count = look.count(names.bridge(change.entity, change.field), "true")
    else:
        return
    if count:
        facts = {"target": f"{change.entity}.{change.field}", "rows": records(count)}
        yield Problem("M521", facts, look.place(change.entity))


def _entity_removed(look: Look, change: c.RemoveEntity) -> Iterator[Problem]:
    if change.entity in look.after and not look.is_empty(change.entity):
        yield Problem("M522", {"entity": change.entity, "rows": look.total(change.entity)})


def _entity_added(look: Look, change: c.AddEntity) -> Iterator[Problem]:
    table = look.after.get(change.entity)
    if table is not None and not look.is_empty(change.entity):
        facts = {"target": change.entity, "rows": look.total(change.entity)}
        yield Problem("M524", facts, look.place(change.entity))


def _field_added(look: Look, change: c.AddField) -> Iterator[Problem]:
    if change.required:
        yield from _asked_for(look, change.entity, change.field)


def _required(look: Look, change: c.ChangeRequired) -> Iterator[Problem]:
    if change.required:
        yield from _asked_for(look, change.entity, change.field)


def _asked_for(look: Look, entity: str, name: str) -> Iterator[Problem]:
    """Tell how many rows lack what is now mandatory; a column that must be filled is for `keys` to check."""
    field = look.field(entity, name)
    table = look.after.get(entity)
    if table is None or not field.has_column or look.want[entity].columns[name].required:
        return
    if look.column(entity, name) is None:
        rows = "" if look.is_empty(entity) else look.total(entity)
    else:
        count = look.count(entity, f"{look.now(entity, name)} IS NULL")
        rows = records(count) if count else ""
    if rows:
        yield Problem("M523", {"target": f"{entity}.{name}", "rows": rows}, look.place(entity, name))


_QUESTIONS: dict[type[Change], Callable[[Look, Any], Iterator[Problem]]] = {
    c.RemoveField: _field_removed,
    c.RemoveEntity: _entity_removed,
    c.AddEntity: _entity_added,
    c.AddField: _field_added,
    c.ChangeRequired: _required,
}


# ── what takes long under lock ────────────────────────────────────────────────────────────────────


def _slow(look: Look) -> Iterator[Problem]:
    for name, table in look.want.items():
        present = look.after.get(name)
        if present is None or present.is_small:
            continue
        facts = {
            "table": name,
            "rows": number(present.rows),
            "seconds": max(1, present.rows // ROWS_A_SECOND),
        }
        for column in table.columns.values():
            before = present.columns.get(column.name)
            if before is not None and rewrites(before, column):
                yield Problem("M525", {**facts, "column": column.name}, look.place(name, column.name))
        for part in table.parts.values():
            if part.kind == "period" and getattr(present.parts.get(part.name), "says", "") != part.says:
                yield Problem("M526", facts, look.place(name))
