"""This file carries a batch forward or back, some records at a time, each through the record service.

Every record is judged as on its own screen. Whoever changed the same field meanwhile keeps their value.
"""

from __future__ import annotations

import time
from dataclasses import replace

from sqlalchemy import Engine

from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage import batches
from kernel.storage.batches import DONE, LEFT, REFUSED, UNDONE, WAITING, Batch, BatchRow
from kernel.storage.record import Conflict, Edit, Refusal
from kernel.storage.save import save
from metadata.entity import Field
from metadata.problems import Problem

CHUNK = 50


def advance(engine: Engine, runtime: Runtime, context: Context, batch: Batch, seconds: float) -> bool:
    """Work on a batch for about some seconds; tell whether anything is left to do."""
    until = time.monotonic() + seconds
    source = DONE if batch.undoing else WAITING
    while True:
        with engine.connect() as connection:
            chunk = batches.rows(connection, batch.id, (source,), CHUNK)
        if not chunk:
            return False
        settled = [_changed(engine, runtime, context, batch, row) for row in chunk]
        with engine.begin() as connection:
            batches.settle(connection, batch.id, settled)
        if time.monotonic() > until:
            return True


def _changed(engine: Engine, runtime: Runtime, context: Context, batch: Batch, row: BatchRow) -> BatchRow:
    """Save one record; run again after a crash it finds its value there and changes nothing."""
    field = runtime.entities[batch.entity].fields[batch.field]
    new, old = _value(batch.value, field), _value(row.old, field)
    wanted, was = (old, new) if batch.undoing else (new, old)
    edit = Edit(batch.entity, row.record, row.version, {field.name: wanted}, {field.name: was})
    outcome = save(engine, runtime, context, edit)
    if isinstance(outcome, Conflict):
        told = Problem("R190", {"label": field.label, "operator": outcome.operator}).sentence()
        return replace(row, state=LEFT if batch.undoing else REFUSED, says=told)
    if isinstance(outcome, Refusal):
        told = "; ".join(problem.sentence() for problem in outcome.problems)
        return replace(row, state=LEFT if batch.undoing else REFUSED, says=told)
    warned = "; ".join(warning.sentence() for warning in outcome.warnings)
    return replace(row, state=UNDONE if batch.undoing else DONE, version=outcome.version, says=warned)


def _value(value: object, field: Field) -> object:
    return None if value is None else field.kind.from_json(value, field)
