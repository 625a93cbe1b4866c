"""This file removes one record with its children, unless others use it or someone changed it meanwhile."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from kernel.context import Context
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
    compiled = runtime.entities[entity]
    with engine.connect() as connection:
        row = connection.execute(write.locked(runtime, compiled), {"ids": [id]}).mappings().first()
        if row is None:
            return Refusal((Problem("R150", {"entity": compiled.entity.label.one}),))
        if version is not None and row["version"] != version:
            return Conflict(row["version"], row["updated_by"], row["updated_at"], (), ())
        try:
            write.delete(connection, compiled, id)
            connection.commit()
        except DBAPIError as error:
            if not is_violation(error):
                raise
            connection.rollback()
            used = users(connection, runtime, context, compiled, id)
            return Refusal(tuple(used or (Problem("R163", {"constraint": "?"}),)))
    return Saved(id, row["version"])


def obstacles(
    engine: Engine, runtime: Runtime, context: Context, entity: str, id: int
) -> tuple[Problem, ...]:
    """Return who uses a record so that it cannot be removed, before anybody asks for it.

    Users that would go along (its own rows) or lead back to itself are none: where there is any, the
    database is asked by a removal that is taken back.
    """
    compiled = runtime.entities[entity]
    with engine.connect() as connection:
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
