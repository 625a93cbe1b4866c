"""This file asks the database about links and keys of records about to be written, or just refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, and_, exists, literal, select

from kernel.runtime import CompiledEntity, Runtime
from metadata.entity import Field
from metadata.problems import Problem


class Work(Protocol):
    """What is looked at: a record with the path where its fields stand in the edit."""

    compiled: CompiledEntity
    prefix: str
    id: int | None
    values: dict[str, Any]

    @property
    def after(self) -> Mapping[str, Any]:
        """All values as they will be."""


def misplaced(connection: Connection, runtime: Runtime, works: Iterable[Work]) -> list[Problem]:
    """Return a problem for each link whose target does not meet the link's `where`."""
    asked = [
        (work, field)
        for work in works
        for field in work.compiled.columns
        if field.where and work.after.get(field.name) is not None and _touched(work, field)
    ]
    return _unmet(connection, runtime, asked, "R165")


def _touched(work: Work, field: Field) -> bool:
    return field.name in work.values or any(ours in work.values for ours in field.where.values())


def refused(connection: Connection, runtime: Runtime, works: Iterable[Work]) -> list[Problem]:
    """Return every link that leads nowhere and every key already taken, after a violation."""
    listed = list(works)
    links = [
        (work, field)
        for work in listed
        for field in work.compiled.columns
        if field.type == "link" and work.values.get(field.name) is not None
    ]
    return [*_unmet(connection, runtime, links, "R162"), *_taken(connection, listed)]


def _unmet(
    connection: Connection, runtime: Runtime, asked: list[tuple[Work, Field]], code: str
) -> list[Problem]:
    """Ask for all pairs in one statement whether the target is there."""
    if not asked:
        return []
    checks = [_found(runtime, work, field).label(f"c{index}") for index, (work, field) in enumerate(asked)]
    row = connection.execute(select(*checks)).one()
    return [
        Problem(
            code,
            {"label": field.label, "labels": field.label, **_condition(work, field)},
            field=work.prefix + field.name,
        )
        for (work, field), met in zip(asked, row, strict=True)
        if not met
    ]


def _found(runtime: Runtime, work: Work, field: Field) -> Any:
    target = runtime.entities[field.to].table.alias()
    conditions = [target.c.id == work.after[field.name]]
    for theirs, ours in field.where.items():
        wanted = work.after.get(ours)
        if wanted is not None:
            conditions.append(target.c[theirs] == wanted)
    return exists().where(and_(*conditions))


def _condition(work: Work, field: Field) -> dict[str, str]:
    names = [
        work.compiled.fields[ours].label for ours in field.where.values() if ours in work.compiled.fields
    ]
    return {"other": " e ".join(names), "entity": work.compiled.entity.label.one.lower()}


def _taken(connection: Connection, works: list[Work]) -> list[Problem]:
    asked = [
        (work, group)
        for work in works
        for group in work.compiled.entity.unique_keys
        if any(name in work.values for name in group)
        and all(work.after.get(name) is not None for name in group)
    ]
    if not asked:
        return []
    row = connection.execute(select(*(_another(work, group) for work, group in asked))).one()
    return [
        Problem("R160", _key_facts(work, group), field=work.prefix + group[-1])
        for (work, group), met in zip(asked, row, strict=True)
        if met
    ]


def _another(work: Work, group: tuple[str, ...]) -> Any:
    table = work.compiled.table.alias()
    same = [table.c[name] == work.after[name] for name in group]
    return exists().where(and_(*same, table.c.id != literal(work.id or 0)))


def _key_facts(work: Work, group: tuple[str, ...]) -> dict[str, str]:
    labels = " e ".join(work.compiled.fields[name].label for name in group)
    return {"labels": labels, "entity": work.compiled.entity.label.one.lower()}
