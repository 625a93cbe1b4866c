"""This file keeps stored computed fields right while records change: what follows is worked out in order.

Before the values are worked out, their records are locked; whoever changes another row of the same parent
waits, and then sees this one's row too.
"""

from __future__ import annotations

from sqlalchemy import Connection, any_, select

from kernel.rules.following import Following
from kernel.rules.stored import freed, stored_of, worked_out
from kernel.rules.ways import IDS
from kernel.runtime import Runtime


class Rollup(Following):
    """Collects what follows from the changes of one transaction, then works it out."""

    def __init__(self, connection: Connection, runtime: Runtime) -> None:
        self.stored = stored_of(runtime)
        super().__init__(connection, runtime, self.stored.ways)

    def run(self) -> None:
        """Work out what was noted, level by level."""
        for level in self.stored.levels:
            for entity, names in level.items():
                ids = set().union(*(self.waiting.pop((entity, name), ()) for name in names))
                if ids:
                    self._work_out(entity, names, sorted(ids))

    def _work_out(self, entity: str, names: tuple[str, ...], ids: list[int]) -> None:
        table = self.runtime.entities[entity].table
        lock = select(table.c.id).where(table.c.id == any_(IDS)).order_by(table.c.id)
        self.connection.execute(lock.with_for_update(key_share=True), {"ids": ids}).all()
        free = freed(self.runtime, entity, names) if len(ids) > 1 else None
        if free is not None:
            self.connection.execute(free, {"ids": ids})
        statement = worked_out(self.runtime, entity, names)
        changed = self.connection.execute(statement, {"ids": ids}).scalars().all()
        self.after(entity, changed, names)
