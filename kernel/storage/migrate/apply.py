"""This file publishes: steps and version in one transaction, then data rows, then the long work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from psycopg import errors
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from kernel import publish, working_role
from kernel.accounts import renamed_roles
from kernel.audit.origin import tell
from kernel.context import Context, Origin, at_present
from kernel.outage import DatabaseGone
from kernel.storage import system
from kernel.storage.migrate import later
from kernel.storage.migrate.locks import briefly, take, turn
from kernel.storage.migrate.plan import Plan, plan
from kernel.storage.migrate.steps import STRENGTH, Mode, Stage, Step
from kernel.storage.seed import Seeded, seed
from metadata.problems import Problem, Problems

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Applied:
    """What a publication did.

    version: what is served now.  plan: what was planned.  seeded: data documents that changed rows.
    problems: later work and data rows that could not be done; the next apply tries again.
    """

    version: int
    plan: Plan
    seeded: tuple[Seeded, ...]
    problems: tuple[Problem, ...]

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left for the next apply; rows that packages gave up are only told."""
        return all(problem.code == "M534" for problem in self.problems)


def _silent(says: str, done: int, total: int) -> None:
    """Tell nobody."""


def apply(
    engine: Engine,
    files: Mapping[str, bytes],
    operator: str,
    *,
    note: str = "",
    told: later.Told = _silent,
    shown: Callable[[Plan], None] = lambda made: None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Applied | tuple[Problem, ...]:
    """Publish `files`, or return what stands against it; then nothing was changed.

    told: called with the step at work, how many rows are done, and of how many.  shown: called with the plan
    before it is run.
    """
    context = at_present(operator, origin=Origin("publication"))
    try:
        with turn(engine, patience_seconds) as alone:
            made = plan(engine, files)
            shown(made)
            if made.problems:
                return made.problems
            version = made.version
            if not made.is_published or made.now:
                version = briefly(engine, lambda c: _publish(c, made, files, context, note), patience_seconds)
            else:
                # A newer program may have tables of its own where the packages stay the same.
                briefly(engine, _made_ready, patience_seconds)
            seeded = seed(engine, made.runtime, operator)
            problems = later.finish(engine, alone, made.runtime, context, patience_seconds, told)
    except Problems as refused:
        return refused.problems
    except (DatabaseGone, OperationalError) as error:
        return (Problem("M517", {"said": str(error).strip().partition("\n")[0]}),)
    told_problems = (*(problem for one in seeded for problem in one.problems), *problems)
    return Applied(version, made, tuple(one for one in seeded if one.rows), told_problems)


def _made_ready(connection: Connection) -> None:
    system.create(connection)
    working_role.grant(connection)


def _publish(
    connection: Connection, made: Plan, files: Mapping[str, bytes], context: Context, note: str
) -> int:
    """Run the transaction: what needs no lock first, so that locks are held as short as can be."""
    system.create(connection)
    tell(connection, context)
    version = publish.write(connection, files, context.operator, note)
    renamed_roles.follow(connection, made.runtime.configuration)
    steps = list(made.now)
    unlocked = [step for step in steps if step.stage is Stage.CREATE]
    for step in unlocked:
        _run(connection, step)
    take(connection, _locks(steps))
    for step in steps:
        if step.stage is not Stage.CREATE:
            _run(connection, step)
    working_role.grant(connection)  # processes that run already work with the new tables at once
    publish.tell(connection, version)
    return version


def _locks(steps: Iterable[Step]) -> dict[str, Mode]:
    """Return the strongest lock that the steps ask of each table."""
    found: dict[str, Mode] = {}
    for step in steps:
        for table, mode in step.locks.items():
            found[table] = max(mode, found.get(table, mode), key=STRENGTH.__getitem__)
    return found


def _run(connection: Connection, step: Step) -> None:
    try:
        for statement in step.statements:
            connection.exec_driver_sql(statement.sql)
    except DBAPIError as error:
        if isinstance(error.orig, errors.IntegrityError | errors.DataError):
            # The checks found nothing: rows changed meanwhile.
            facts = {"step": step.says, "said": str(error.orig).strip().splitlines()[0]}
            raise Problems([Problem("M516", facts)]) from error
        raise
