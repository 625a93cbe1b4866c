"""This file tells which fields of records the statements of a process read.

They say more than the texts of the process: what functions and computed fields read on the way is there, too.
"""

from __future__ import annotations

from sqlalchemy import Column
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from kernel.processes.plan import Plan

Fields = frozenset[tuple[str, str]]


def read_by(plan: Plan, statement: ClauseElement) -> Fields:
    """Return the fields of records that a statement names, with their entities."""
    entities = {compiled.table: name for name, compiled in plan.runtime.whole.entities.items()}
    found = set()
    for part in visitors.iterate(statement):
        table = getattr(part, "table", None)
        table = getattr(table, "element", table)  # of an alias, what it stands for
        if isinstance(part, Column) and table in entities:
            found.add((entities[table], part.name))
    return frozenset(found)
