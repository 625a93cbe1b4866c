"""This file takes locks without making anybody wait: asked for briefly, given up, asked for again.

A request that waits for a lock stops all who come after it, so no request waits longer than WAIT_MS.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from psycopg import errors
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from kernel.storage.migrate.shape import quoted
from kernel.storage.migrate.steps import Mode
from metadata.problems import Problem, Problems

WAIT_MS = 100  # of all tables together; half of what people are allowed to notice
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0
TURN = 0x6170706C  # "appl": one publication at a time in a schema
Result = TypeVar("Result")

_BLOCKERS = """
SELECT DISTINCT coalesce(nullif(a.application_name, ''), a.backend_type) || ' (' || a.pid || ')'
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = to_regclass(:table) AND l.granted AND a.pid <> pg_backend_pid()
"""
# Autovacuum steps aside for whoever has waited this long; only some accounts may say how long.
_HURRY = """
SELECT set_config('deadlock_timeout', '20ms', true) WHERE has_parameter_privilege('deadlock_timeout', 'SET')
"""


def briefly(engine: Engine, work: Callable[[Connection], Result], patience_seconds: float) -> Result:
    """Run `work` in a transaction, again and again while others hold what it needs.

    Errors: Problems with M513 when patience ends.
    """
    until, pause = time.monotonic() + patience_seconds, FIRST_PAUSE_SECONDS
    while True:
        try:
            with engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_MS}ms'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text(_HURRY))
                return work(connection)
        except DBAPIError as error:
            if not isinstance(error.orig, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
            if time.monotonic() > until:
                raise Problems([_in_use(engine, error)]) from error
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (only to fall out of step with others)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def take(connection: Connection, locks: Mapping[str, Mode]) -> None:
    """Lock all tables at once, before anything is done, waiting no longer than WAIT_MS for all of them."""
    until = time.monotonic() + WAIT_MS / 1000
    for table, mode in sorted(locks.items()):
        left = max(1, int((until - time.monotonic()) * 1000))
        connection.execute(text(f"SET LOCAL lock_timeout = '{left}ms'"))
        try:
            connection.exec_driver_sql(f"LOCK TABLE {quoted(table)} IN {mode} MODE")
        except DBAPIError as error:
            error.add_detail(table)
            raise


def _in_use(engine: Engine, error: DBAPIError) -> Problem:
    table = error.detail[0] if error.detail else ""
    with engine.connect() as connection:
        holders = connection.scalars(text(_BLOCKERS), {"table": quoted(table)}).all() if table else []
    return Problem("M513", {"table": table or "—", "holders": ", ".join(holders) or "outro programa"})


@contextmanager
def turn(engine: Engine, patience_seconds: float) -> Iterator[Connection]:
    """Hold the right to publish in this schema; yield the connection that holds it, in autocommit.

    The lock is asked for, not waited for: a statement that waits keeps a snapshot, and CREATE INDEX
    CONCURRENTLY of the one whose turn it is would wait for it. Errors: Problems with M514.
    """
    until = time.monotonic() + patience_seconds
    asked = text("SELECT pg_try_advisory_lock(:key, hashtext(current_schema()))")
    with engine.connect() as pooled:
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # what is set here, and the lock, end with it
        while not connection.scalar(asked, {"key": TURN}):
            if time.monotonic() > until:
                raise Problems([Problem("M514", {"seconds": int(patience_seconds)})])
            time.sleep(0.1)
        connection.execute(text("SET statement_timeout = 0"))
        yield connection
