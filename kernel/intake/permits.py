"""This file asks of each row what the operator may write in whose name it is imported, as a save does.

Before writing, of the records as they are, and behind it, of what became of them. Whoever has no limits is
asked nothing, so the rows of an import by the system itself cost nothing more.
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

READ_AT_ONCE = 1000


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
    """What one import needs; `waiting` has the rows that are looked at again behind the write."""

    connection: Connection
    database: Database
    plan: Plan
    waiting: dict[int, tuple[Permit, _Row]] = attribute(default_factory=dict)

    @property
    def is_limited(self) -> bool:
        """Tell whether there is anything to ask."""
        return self.plan.context.access.profile is not None

    def before(self) -> Iterator[tuple[int, Problem]]:
        """Yield the rows that may not be written, by their line."""
        if not self.is_limited:
            return
        for line, row in list(self._rows()):
            permit = Permit(self.connection, self.plan.runtime, self.plan.context)
            problems = permit.before([row])
            if problems:
                yield line, problems[0]
            else:
                self.waiting[line] = permit, row

    def after(self) -> Iterator[tuple[int, Problem]]:
        """Yield the rows that became what may not be written; new ones have their record by now."""
        ids = dict(self.database.execute(f"SELECT line, id FROM {IDS}").fetchall()) if self.waiting else {}
        for line, (permit, row) in self.waiting.items():
            if line in ids:
                row.id = row.id or ids[line]
                yield from ((line, problem) for problem in permit.after()[:1])

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
