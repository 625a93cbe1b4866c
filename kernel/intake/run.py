"""This file imports one file: one transaction, good rows in, refused rows told, or nothing at all."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from pathlib import Path
from typing import cast

from psycopg import errors
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from kernel.audit.origin import tell
from kernel.context import Context
from kernel.intake import report
from kernel.intake.check import check
from kernel.intake.load import refused_by_database
from kernel.intake.plan import plan
from kernel.intake.read import read
from kernel.intake.rules import Warned, load_by_rules
from kernel.intake.settle import settle
from kernel.intake.source import Opened
from kernel.intake.stage import Database, Progress, stage
from kernel.ledger.settle import settle as settle_ledgers
from kernel.runtime import Runtime
from metadata.layout import Layout
from metadata.problems import Problem, Problems

# DMY: dates are read in the Brazilian order.  To compile (jit) the statement of plain rows takes longer
# than to run it.
_SETTINGS = ("datestyle = 'ISO, DMY'", "work_mem = '64MB'", "jit = off")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import; `errors` is the file of refused rows, None when there were none.

    warned: of which imported rows the rules warn.
    """

    read: int
    new: int
    changed: int
    refused: int
    errors: Path | None
    warned: Warned = attribute(default_factory=Warned)

    @property
    def same(self) -> int:
        """How many rows were already in the database."""
        return self.read - self.new - self.changed - self.refused


def run(
    engine: Engine, runtime: Runtime, context: Context, layout: Layout, path: Path,
    errors_path: Path | None = None, progress: Progress | None = None,
) -> Imported:  # fmt: skip
    """Import a file by a mapping.

    Errors: Problems with R501 to R519 when the file cannot be read, R528 or R529 when the database changed
    meanwhile; then nothing was imported.
    """
    told = errors_path or free_path(Path.cwd(), path)
    if told.exists() and path.exists() and told.samefile(path):
        raise Problems([Problem("R519")])
    opened = read(path, layout)
    part = told.with_name(told.name + ".part")
    try:
        with engine.connect() as connection, connection.begin():
            tell(connection, replace(context, origin=replace(context.origin, kind="import", route=path.name)))
            imported = _imported(connection, runtime, context, layout, opened, told, progress or _quiet)
        if imported.errors:
            part.replace(told)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return imported


def _imported(
    connection: Connection, runtime: Runtime, context: Context, layout: Layout, opened: Opened, told: Path,
    progress: Progress,
) -> Imported:  # fmt: skip
    database = cast("Database", connection.connection.driver_connection)
    # The temporary tables are others each time, so statements on them are never worth keeping.
    database.prepare_threshold, kept = None, database.prepare_threshold
    try:
        for setting in _SETTINGS:
            database.execute(f"SET LOCAL {setting}")
        made = plan(runtime, context, layout, opened.header)
        staged = stage(database, opened, progress)
        settle(database, made, staged, progress)
        check(database, made)
        written, warned = load_by_rules(connection, database, made, progress)
        settle_ledgers(connection)
        refused = report.count(database)
        if refused:
            report.report(database, opened.header, told)
        return Imported(staged.rows, written.new, written.changed, refused, told if refused else None, warned)
    except (errors.IntegrityError, IntegrityError) as error:
        raise refused_by_database(runtime, error) from error
    finally:
        database.prepare_threshold = kept


def free_path(folder: Path, source: Path) -> Path:
    """Return a name for refused rows that no file has yet: an earlier one may be under correction."""
    name = f"{source.stem}.recusadas"
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    return next(path for number in numbers if not (path := folder / f"{name}{number}.csv").exists())


def _quiet(step: str, done: int, total: int) -> None:
    """Tell nobody."""
