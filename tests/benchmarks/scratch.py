"""A database of its own for a benchmark, on the usual server; dropped in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from kernel.database import Settings, connect, prepare
from kernel.database import engine as engine_on


@contextmanager
def scratch_database() -> Iterator[Engine]:
    """Give an engine on a prepared, empty database."""
    with connect(Settings.from_environment(os.environ)) as usual:
        name = f"aroeira_bench_{os.getpid()}"
        with usual.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                f"CREATE DATABASE {name}"
            )
        scratch = engine_on(usual.url.set(database=name), Settings())
        try:
            prepare(scratch)
            yield scratch
        finally:
            scratch.dispose()
            with usual.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
