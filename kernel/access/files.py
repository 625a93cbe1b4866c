"""This file says which files an operator sees: those of records that they see, and what they just kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, bindparam, exists, false, or_, select

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage.tables import ATTACHMENTS


def sees_file(connection: Connection, runtime: Runtime, context: Context, id: int) -> bool:
    """Tell whether some record shows a file to the operator, or they kept it and no record has it yet."""
    profile = context.access.profile
    if profile is None:
        return True
    seen = seen_by(runtime, profile)
    statement: Select[Any] | None = seen.statements.get("file")
    if statement is None:
        statement = _statement(seen)
        seen.remember("file", statement)
    asked = context.bound() | {"file": id, "operator": context.operator}
    return bool(connection.execute(statement, asked).scalar_one())


def _statement(seen: Runtime) -> Select[Any]:
    id: Any = bindparam("file", type_=BigInteger)
    kept = seen.metadata.tables[ATTACHMENTS]
    mine = exists().where(kept.c.id == id, kept.c.created_by == bindparam("operator", type_=Text))
    shown = [_used(seen, name, id) for name in seen.entities]
    used = or_(false(), *(_used(seen.whole, name, id) for name in seen.whole.entities))
    return select(or_(false(), *shown) | (mine & ~used))


def _used(runtime: Runtime, entity: str, id: Any) -> Any:
    """Return whether a record of an entity points to the file."""
    compiled = runtime.entities[entity]
    table: Any = compiled.table.alias("t")
    fields = [f.name for f in compiled.columns if f.kind.storage == "file" and not f.is_masked]
    return exists().where(or_(*(table.c[name] == id for name in fields))) if fields else false()
