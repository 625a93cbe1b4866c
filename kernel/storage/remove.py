"""This file removes one record with its children, unless others use it or someone changed it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from kernel.access.permit import Permit
from kernel.audit.origin import tell
from kernel.audit.refusals import of_save
from kernel.context import Context
from kernel.ledger.books import book_of
from kernel.ledger.refused import refused
from kernel.ledger.settle import settle
from kernel.rules.around import Around
from kernel.rules.closed import closed
from kernel.rules.fixed import staying
from kernel.rules.following import Following
from kernel.rules.rollup import Rollup
from kernel.runtime import Runtime
from kernel.storage import write
from kernel.storage.record import Conflict, Refusal, Saved
from kernel.storage.violations import is_violation, users
from metadata.problems import Problem


def remove(
    engine: Engine,
    runtime: Runtime,
    context: Context,
    entity: str,
    id: int,
    version: int | None,
) -> Saved | Refusal | Conflict:
    """Remove a record; `version` None skips the check for a newer one."""
    with engine.connect() as connection:
        outcome = remove_apart(connection, runtime, context, entity, id, version)
        if isinstance(outcome, Saved):
            connection.commit()
    if isinstance(outcome, Refusal):
        of_save(engine, context, entity, id, outcome.problems)
    return outcome


def remove_apart(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, version: int | None
) -> Saved | Refusal | Conflict:
    """Remove a record within the transaction of the caller, who ends it; a refusal leaves no trace in it."""
    seen, runtime = runtime, runtime.whole
    compiled = runtime.entities[entity]
    locked = connection.execute(write.chosen(runtime, compiled, locking=True), {"ids": [id]})
    row = locked.mappings().first()
    if row is None:
        return Refusal((Problem("R150", {"entity": compiled.entity.label.one}),))
    above = {link: [row[link]] for link in compiled.owners if row[link] is not None}
    against = (
        Permit(connection, runtime, context).removal(compiled, id)
        or list(closed(connection, runtime, context, entity, above).values())
        or list(staying(connection, runtime, context, entity, [id]))
    )
    if against:
        return Refusal(tuple(against))
    if version is not None and row["version"] != version:
        return Conflict(row["version"], row["updated_by"], row["updated_at"], (), ())
    apart = connection.begin_nested()
    try:
        rollup, around = Rollup(connection, runtime), Around(connection, runtime)
        gone = _note(connection, runtime, (rollup, around), entity, [id])
        tell(connection, context)
        write.delete(connection, compiled, id)
        rollup.run()
        if book_of(runtime, entity):
            settle(connection)
        if problems := tuple(problem for _, problem in around.problems(context, gone)):
            apart.rollback()
            return Refusal(problems)
        apart.commit()
    except DBAPIError as error:
        apart.rollback()
        if not is_violation(error):
            raise
        told = refused(runtime, error.orig, {entity: ""})
        used = (told,) if told else users(connection, seen, context, compiled, id)
        return Refusal(tuple(used or (Problem("R163", {"constraint": "?"}),)))
    return Saved(id, row["version"])


def _note(
    connection: Connection, runtime: Runtime, following: Sequence[Following], entity: str, ids: Sequence[int]
) -> dict[str, set[int]]:
    """Note who reads records that go, and all rows that go with them; return these by entity."""
    for each in following:
        each.before(entity, ids, None)
    gone = {entity: set(ids)}
    for child in runtime.entities[entity].children.values():
        table = runtime.entities[child.entity].table
        rows = connection.execute(select(table.c.id).where(table.c[child.by].in_(ids))).scalars().all()
        if rows:
            for name, below in _note(connection, runtime, following, child.entity, rows).items():
                gone.setdefault(name, set()).update(below)
    return gone


def obstacles(
    engine: Engine, runtime: Runtime, context: Context, entity: str, id: int
) -> tuple[Problem, ...]:
    """Return why a record cannot be removed, before anybody asks for it: it is fixed, or others use it.

    Users that would go along (its own rows) or lead back to itself are none: where there is any, the
    database is asked by a removal that is taken back.
    """
    compiled = runtime.whole.entities[entity]
    with engine.connect() as connection:
        if stays := tuple(staying(connection, runtime.whole, context, entity, [id])):
            return stays
        used = users(connection, runtime, context, compiled, id)
        if not used:
            return ()
        try:
            write.delete(connection, compiled, id)
        except DBAPIError as error:
            if not is_violation(error):
                raise
            return tuple(used)
        finally:
            connection.rollback()
    return ()
