"""This file does the long work after a publication, while everybody works; what stops goes on next time."""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from psycopg import errors
from sqlalchemy import Connection, Engine, TextClause, select, text
from sqlalchemy.exc import DBAPIError

from kernel.audit.origin import tell
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage.migrate import catalog
from kernel.storage.migrate.locks import briefly
from kernel.storage.migrate.look import escaped
from kernel.storage.migrate.shape import quoted
from kernel.storage.migrate.steps import Statement, Step
from kernel.storage.migrate.structure import differences
from kernel.storage.migrate.wanted import wanted
from kernel.storage.system import PUBLICATION
from metadata.problems import Problem, Problems

Told = Callable[[str, int, int], None]

BATCH_ROWS = 1000  # some 50 ms: nobody waits long for a row
SETTLED_SECONDS = 2.0  # by then every server works with the new version


def left_over(connection: Connection, runtime: Runtime) -> list[Step]:
    """Return what is left to do after the transaction of a publication."""
    steps = differences(catalog.read(connection), wanted(runtime), runtime.metadata)
    return [step for step in steps if step.phase == "later"]


def finish(
    engine: Engine, alone: Connection, runtime: Runtime, context: Context, patience_seconds: float, told: Told
) -> list[Problem]:
    """Do what is left; what fails is told and tried again by the next apply.

    alone: the connection in autocommit that holds the right to publish.
    """
    with engine.connect() as connection:
        steps = left_over(connection, runtime)
    runner = _Runner(engine, alone, context, patience_seconds, told)
    problems: list[Problem] = []
    for step in steps:
        try:
            runner.run(step)
        except Problems as refused:
            problems.extend(refused.problems)
        except DBAPIError as error:
            if not isinstance(
                error.orig, errors.IntegrityError | errors.DataError | errors.ObjectNotInPrerequisiteState
            ):
                raise
            problems.append(
                Problem("M515", {"step": step.says, "said": str(error.orig).strip().splitlines()[0]})
            )
    return problems


class _Runner:
    """Runs steps, each statement in its own way."""

    def __init__(
        self, engine: Engine, alone: Connection, context: Context, patience_seconds: float, told: Told
    ) -> None:
        self.engine = engine
        self.alone = alone
        self.context = context
        self.patience_seconds = patience_seconds
        self.told = told
        self.ways: dict[str, Callable[[Step, Statement], None]] = {
            "concurrently": self.concurrently,
            "briefly": self.briefly,
            "in batches": self.in_batches,
        }

    def run(self, step: Step) -> None:
        rows = max(step.rows, 1)
        self.told(step.says, 0, rows)
        for statement in step.statements:
            self.ways[statement.way](step, statement)
        self.told(step.says, rows, rows)

    def concurrently(self, _: Step, statement: Statement) -> None:
        self.alone.exec_driver_sql(statement.sql)

    def briefly(self, _: Step, statement: Statement) -> None:
        briefly(
            self.engine, lambda connection: connection.exec_driver_sql(statement.sql), self.patience_seconds
        )

    def in_batches(self, step: Step, statement: Statement) -> None:
        self.wait_until_settled()
        table = quoted(statement.table)
        next_batch = text(
            f"SELECT min(id), max(id) FROM (SELECT id FROM {table} WHERE id > :after "
            f"ORDER BY id LIMIT {BATCH_ROWS}) AS batch"
        )
        after, done = 0, 0
        while True:
            first, last = self.alone.execute(next_batch, {"after": after}).one()
            if last is None:
                return
            batch = text(escaped(statement.sql)).bindparams(first=first, last=last)
            briefly(self.engine, partial(self.told_batch, batch=batch), self.patience_seconds)
            after, done = last, done + BATCH_ROWS
            self.told(step.says, min(done, step.rows), step.rows)

    def told_batch(self, connection: Connection, batch: TextClause) -> None:
        tell(connection, self.context)
        connection.execute(batch)

    def wait_until_settled(self) -> None:
        """Servers that still have the old version for a moment write rows in the old way."""
        age = select(text("extract(epoch FROM clock_timestamp() - max(published_at))")).select_from(
            PUBLICATION
        )
        time.sleep(max(0.0, SETTLED_SECONDS - float(self.alone.scalar(age) or 0)))
