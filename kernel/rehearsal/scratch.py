"""This file has a database that is there only for a while: empty, or with packages published in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from kernel import publish
from kernel.database import Settings, connect, prepare
from kernel.database import engine as engine_on
from kernel.runtime import Runtime
from kernel.storage.migrate.apply import Applied, apply
from metadata.problems import Problem, Problems


@contextmanager
def scratch(settings: Settings) -> Iterator[Engine]:
    """Give an engine on a prepared, empty database beside the one of the settings; dropped in the end.

    Errors: A146, where none can be made.
    """
    with connect(settings) as usual:
        name = f"aroeira_scratch_{os.getpid()}"
        _alone(usual, f"CREATE DATABASE {name}")
        engine = engine_on(usual.url.set(database=name), Settings())
        try:
            prepare(engine)
            yield engine
        finally:
            engine.dispose()
            _alone(usual, f"DROP DATABASE {name} WITH (FORCE)")


def _alone(engine: Engine, statement: str) -> None:
    """Execute a statement that knows no transaction."""
    try:
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)
    except DBAPIError as error:
        raise Problems([Problem("A146", {"said": str(error.orig).strip().splitlines()[0]})]) from error


@contextmanager
def published(settings: Settings, files: Mapping[str, bytes]) -> Iterator[tuple[Engine, Runtime]]:
    """Give an engine on a database for a while in which packages are published, and their version."""
    with scratch(settings) as engine:
        applied = apply(engine, files, "exemplo")
        if not isinstance(applied, Applied):
            raise Problems(applied)
        with engine.connect() as connection:
            runtime = publish.load(connection, applied.version)
        yield engine, runtime
