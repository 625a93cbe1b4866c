"""This file closes records to all but some, and opens them again, for whoever has the right to do so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from kernel.accounts.tables import ACCOUNT
from kernel.audit.origin import tell
from kernel.audit.refusals import of_save
from kernel.context import Context
from kernel.query.lookup import texts
from kernel.runtime import Runtime
from kernel.storage import closed
from metadata.entity import Entity
from metadata.problems import Problem


@dataclass(frozen=True, slots=True)
class Named:
    """Who could be named: name and label of roles, login and name of operators."""

    roles: tuple[tuple[str, str], ...]
    operators: tuple[tuple[str, str], ...]


def named(connection: Connection, runtime: Runtime) -> Named:
    """Return who could be named; a role without limits sees every record, so it is not among them."""
    roles = runtime.whole.configuration.roles.values()
    found = connection.execute(
        select(ACCOUNT.c.login, ACCOUNT.c.name).where(ACCOUNT.c.is_active).order_by(ACCOUNT.c.name)
    )
    limited = sorted((role.label, role.name) for role in roles if not role.everything)
    return Named(tuple((name, label) for label, name in limited), tuple((row[0], row[1]) for row in found))


def close(
    engine: Engine,
    runtime: Runtime,
    context: Context,
    entity: str,
    id: int,
    roles: Collection[str],
    operators: Collection[str],
) -> list[Problem]:
    """Close a record to all but those named, or name others; return what stands against it.

    Who closes it, and who closed it first, go on seeing it: else nobody might be left who could open it.
    """
    compiled = runtime.whole.entities[entity]
    if problems := _refused(engine, runtime, context, compiled.entity, id, "include"):
        return problems
    with engine.begin() as connection:
        known = named(connection, runtime)
        if problems := [*_unknown(roles, known.roles), *_unknown(operators, known.operators)]:
            return problems
        before = closed.closed(connection, compiled, id)
        kept = {*operators, context.operator, *([before.by] if before else ())}
        tell(connection, context)
        closed.close(connection, compiled, id, tuple(roles), tuple(kept), context.operator, context.now)
    return []


def open_again(engine: Engine, runtime: Runtime, context: Context, entity: str, id: int) -> list[Problem]:
    """Open a record to everybody who may see its kind; return what stands against it."""
    compiled = runtime.whole.entities[entity]
    if problems := _refused(engine, runtime, context, compiled.entity, id, "remove"):
        return problems
    with engine.begin() as connection:
        tell(connection, context)
        closed.open_again(connection, compiled, id)
    return []


def may(context: Context, entity: Entity, what: str) -> bool:
    """Tell whether an operator may `include` or `remove` secrecy of records of an entity."""
    return entity.secrecy is not None and context.has_right(getattr(entity.secrecy, what))


def _refused(
    engine: Engine, runtime: Runtime, context: Context, entity: Entity, id: int, what: str
) -> list[Problem]:
    """Return why an operator may not close or open a record; a right that they lack is counted."""
    with engine.connect() as connection:
        is_there = bool(texts(connection, runtime, context, entity.name, (id,)))
    if entity.secrecy is None or not is_there:
        return [Problem("R150", {"entity": entity.label.one})]
    if may(context, entity, what):
        return []
    code = "R425" if what == "include" else "R426"
    right = runtime.whole.configuration.right(getattr(entity.secrecy, what))
    problems = [Problem(code, {"right": right})]
    of_save(engine, context, entity.name, id, problems)
    return problems


def _unknown(asked: Collection[str], known: Collection[tuple[str, str]]) -> Iterator[Problem]:
    names = {name for name, _ in known}
    yield from (Problem("R427", {"name": name}) for name in asked if name not in names)
