"""This file asks of each row what the operator may write in whose name it is imported, as a save does.

Before writing, of the records as they are, and behind it, of what became of them, a thousand rows at once.
Whoever has no limits is asked nothing, so the rows of an import by the system itself cost nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection

from kernel.access.permit import Permit
from kernel.intake.check import joined
from kernel.intake.plan import Plan
from kernel.intake.sql import IDS, name, value
from kernel.intake.stage import Database
from kernel.runtime import CompiledEntity
from metadata.problems import Problem

READ_AT_ONCE = ASKED_AT_ONCE = 1000


@dataclass
class _Row:
    """A row of the file as a permit looks at it: `kernel.access.permit.Work`."""

    compiled: CompiledEntity
    id: int | None
    values: dict[str, Any]
    begins: Mapping[str, Any]
    prefix: str = ""
    removed: bool = False
    parent_link: str = ""


@dataclass
class Permits:
    """What one import needs.

    waiting: the rows that are looked at again behind the write, by line, with the permit that let them.
    """

    connection: Connection
    database: Database
    plan: Plan
    waiting: list[tuple[Permit, dict[int, _Row]]] = attribute(default_factory=list)

    @property
    def is_limited(self) -> bool:
        """Tell whether there is anything to ask."""
        return self.plan.context.access.profile is not None

    def before(self) -> Iterator[tuple[int, Problem]]:
        """Yield the rows that may not be written, by their line."""
        if not self.is_limited:
            return
        rows = list(self._rows())
        for start in range(0, len(rows), ASKED_AT_ONCE):
            some = rows[start : start + ASKED_AT_ONCE]
            permit = Permit(self.connection, self.plan.runtime, self.plan.context)
            waiting: dict[int, _Row] = {}
            for (line, row), problems in zip(some, permit.before_each(row for _, row in some), strict=True):
                if problems:
                    yield line, problems[0]
                else:
                    waiting[line] = row
            self.waiting.append((permit, waiting))

    def after(self) -> Iterator[tuple[int, Problem]]:
        """Yield the rows that became what may not be written; new ones have their record by now."""
        ids = dict(self.database.execute(f"SELECT line, id FROM {IDS}").fetchall()) if self.waiting else {}
        for permit, rows in self.waiting:
            there = {line: row for line, row in rows.items() if line in ids}
            for line, row in there.items():
                row.id = row.id or ids[line]
            for line, problems in zip(there, permit.after_each(there.values()), strict=True):
                yield from ((line, problem) for problem in problems[:1])

    def _rows(self) -> Iterator[tuple[int, _Row]]:
        """Yield the rows that would be written, with the fields that each gives another value."""
        plan = self.plan
        fields = [field for field in plan.filled if field.has_column]
        new = [f"r.{value(field.name)}" for field in fields]
        old = [f"t.{name(field.name)}" for field in fields]
        differs = [f"{a} IS DISTINCT FROM {b}" for a, b in zip(new, old, strict=True)]
        columns = ", ".join(["r.line", "i.id", "i.is_new", *new, *differs])
        begins = dict(plan.defaults)
        with self.database.cursor("intake_permits") as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {joined(plan)} JOIN {IDS} i ON i.line = r.line ORDER BY r.line"
            )
            while batch := cursor.fetchmany(READ_AT_ONCE):
                for line, id, is_new, *rest in batch:
                    pairs = zip(fields, rest[: len(fields)], rest[len(fields) :], strict=True)
                    values = {field.name: said for field, said, changes in pairs if is_new or changes}
                    yield line, _Row(plan.compiled, None if is_new else id, values, begins)
