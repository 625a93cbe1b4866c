"""This file tells by which columns steps find, join and group the rows of the tables of steps.

The planner has to know what these hold. To look at all columns of tables as wide as those of long processes
would take as long as some of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Column, Join, Select, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from kernel.processes.plan import Plan
from metadata.steps.walk import Made

Sought = frozenset[tuple[str, str]]


def sought(plan: Plan, made: Made, *statements: ClauseElement) -> Sought:
    """Return tables and columns that a step groups by, or that conditions of its statements name."""
    sources = (plan.tables[name] for name in made.step.from_ if name in plan.tables)
    found = {(table.name, name) for table in sources for name in made.step.group if name in table.c}
    for clause in chain.from_iterable(map(_clauses, statements)):
        for part in visitors.iterate(clause):
            table = getattr(part, "table", None)
            table = getattr(table, "element", table)  # of an alias, what it stands for
            if isinstance(part, Column) and isinstance(table, Table):
                found.add((table.name, part.name))
    return frozenset(found)


def _clauses(statement: ClauseElement) -> Iterator[Any]:
    for part in visitors.iterate(statement):
        if isinstance(part, Join) and part.onclause is not None:
            yield part.onclause
        elif isinstance(part, Select) and part.whereclause is not None:
            yield part.whereclause
