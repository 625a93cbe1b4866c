"""This file keeps the world of an example for the next one: what both begin with alike is entered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.rehearsal.world import KeptOut, Placed, put
from metadata.worlds import Key, World, in_order

SAVEPOINT = "world_"


@dataclass
class KeptWorld:
    """Records as they were entered for a context: a savepoint before each, and one behind them all.

    A record is the same where it says the same and so does all that was entered before it.
    """

    connection: Connection
    context: Context
    records: list[tuple[Key, Mapping[str, Any], int]] = attribute(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._mark()

    def enter(self, placed: Placed, world: World) -> KeptOut | None:
        """Take back what came after the records that the world begins with, and enter its others.

        The first record that the rules refuse ends it and is returned.
        """
        order, _ = in_order(world, placed.runtime.configuration.entities)
        self._back_to(self._alike(world, order))
        placed.ids |= {key: id for key, _, id in self.records}
        for key in order[len(self.records) :]:
            if out := put(placed, self.context, key, world.records[key]):
                return out
            self.records.append((key, world.records[key], placed.ids[key]))
            self._mark()
        return None

    def _alike(self, world: World, order: list[Key]) -> int:
        """Return how many of the first records the world has too."""
        count = 0
        for (key, said, _), wanted in zip(self.records, order, strict=False):
            if key != wanted or said != world.records[wanted]:
                break
            count += 1
        return count

    def _mark(self) -> None:
        self.connection.exec_driver_sql(f"SAVEPOINT {SAVEPOINT}{len(self.records)}")

    def _back_to(self, count: int) -> None:
        self.connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}{count}")
        del self.records[count:]
