"""This file lets work that ends transactions of its own happen inside one that somebody else ends.

So a run can be rehearsed and leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine


class Within:
    """Stands in for an engine: its transactions are savepoints of one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._depth = 0

    def execution_options(self, **_options: Any) -> Within:
        """Return itself: what a transaction is like, the one around it has decided."""
        return self

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Give the connection."""
        yield self.connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give the connection in a savepoint, which is kept or taken back as a transaction would be."""
        self._depth += 1
        try:
            with self.connection.begin_nested():
                yield self.connection
                if self._depth == 1:
                    self._end()
        finally:
            self._depth -= 1

    def _end(self) -> None:
        """Do what the end of a transaction does: ask what was put off, and drop the tables of the moment."""
        for statement in ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED", "DISCARD TEMP"):
            self.connection.exec_driver_sql(statement)


Transactions: TypeAlias = Engine | Within
