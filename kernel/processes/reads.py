"""This file tells which fields of records the statements of a process read.

They say more than the texts of the process: what functions and computed fields read on the way is there, too.
"""

from __future__ import annotations

from sqlalchemy.sql.elements import ClauseElement

from kernel.processes.needed import read
from kernel.processes.plan import Plan

Fields = frozenset[tuple[str, str]]


def read_by(plan: Plan, statement: ClauseElement) -> Fields:
    """Return the fields of records that a statement names, with their entities."""
    entities = {compiled.table.name: name for name, compiled in plan.runtime.whole.entities.items()}
    return frozenset((entities[table], column) for table, column in read(statement) if table in entities)
