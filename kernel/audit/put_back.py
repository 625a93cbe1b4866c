"""This file puts one value back as it was before a change: an ordinary save, judged as any other."""

from __future__ import annotations

from sqlalchemy import Engine

from kernel.audit.history import is_seen
from kernel.audit.saying import typed
from kernel.audit.sight import sees
from kernel.audit.tables import LINKED, UNLINKED, UPDATED
from kernel.audit.trail import events
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage import records
from kernel.storage.record import Conflict, Edit, Refusal, Saved
from kernel.storage.save import save
from metadata.problems import Problem


def put_back(
    engine: Engine, runtime: Runtime, context: Context, entity: str, id: int, field: str, act: int
) -> Saved | Refusal | Conflict:
    """Give a field of a record the value it had before an act; what changed since in other fields stays."""
    label = runtime.entities[entity].entity.label.one
    with engine.connect() as connection:
        if not is_seen(connection, runtime, context, entity, id) or not sees(runtime, context, entity, field):
            return Refusal((Problem("R150", {"entity": label}),))
        row = records.read(connection, runtime, context, entity, id, children=False)
        found = events(connection, runtime, {entity: (id,)}, before=act + 1, limit=1)
        event = next(found, None)
    if row is None or event is None or event.act != act or field not in event.changes:
        return Refusal((Problem("R150", {"entity": label}),))
    before, after = event.changes[field]
    if event.operation in (LINKED, UNLINKED):
        value = tuple(sorted((set(row.values[field]) - set(after)) | set(before)))
    elif event.operation == UPDATED:
        value = typed(before, runtime.entities[entity].fields[field])
    else:
        return Refusal((Problem("R150", {"entity": label}),))
    return save(engine, runtime, context, Edit(entity, id, row.version, {field: value}))
