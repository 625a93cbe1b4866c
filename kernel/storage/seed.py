"""This file puts the data rows of packages into tables, set by set; one transaction for each data document.

Owned rows are kept equal to the package; others are put in once and then belong to the site. No row is
ever removed: what a package no longer has is only told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import errors
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from kernel import publish
from kernel.audit.origin import tell
from kernel.context import Origin, at_present
from kernel.ledger.refused import refused
from kernel.rules.rollup import Rollup
from kernel.runtime import Runtime
from kernel.storage.staging import Staging
from kernel.storage.system import SEED
from metadata.content import Data
from metadata.problems import Problem
from metadata.rows import Rows

LONGEST_LIST = 20  # problems told of one document


@dataclass(frozen=True, slots=True)
class Seeded:
    """What became of one data document."""

    document: str
    inserted: int
    changed: int
    problems: tuple[Problem, ...]

    @property
    def rows(self) -> int:
        """How many rows were touched."""
        return self.inserted + self.changed


def seed(engine: Engine, runtime: Runtime, operator: str) -> tuple[Seeded, ...]:
    """Bring the rows of all packages in, demo data apart."""
    return _all(engine, runtime, operator, demo=False)


def seed_demo(engine: Engine, runtime: Runtime, operator: str = "demo") -> tuple[Seeded, ...]:
    """Bring the demo data in, once."""
    return _all(engine, runtime, operator, demo=True)


def _all(engine: Engine, runtime: Runtime, operator: str, *, demo: bool) -> tuple[Seeded, ...]:
    documents = [data for data in _in_order(runtime) if data.demo == demo and not data.by]
    return tuple(_one(engine, runtime, data, operator) for data in documents)


def _one(engine: Engine, runtime: Runtime, data: Data, operator: str) -> Seeded:
    try:
        with engine.begin() as connection:
            return _seeded(connection, runtime, data, operator)
    except DBAPIError as error:
        if not isinstance(error.orig, errors.IntegrityError | errors.DataError):
            raise
        told = refused(runtime, error.orig)
        said = told.sentence() if told else str(error.orig).strip().splitlines()[0]
        return Seeded(data.name, 0, 0, (Problem("M535", {"name": data.name, "said": said}),))


def _seeded(connection: Connection, runtime: Runtime, data: Data, operator: str) -> Seeded:
    before = seeded_in(connection, data.name)
    if before is not None and not data.owned:
        return Seeded(data.name, 0, 0, ())
    path = runtime.configuration.rows_file(data.name)
    rows = runtime.configuration.rows_of(data.name)
    context = at_present(operator, origin=Origin("publication", route=f"data/{data.name}"))
    tell(connection, context)
    staging = Staging(connection, runtime, data, rows, path)
    staging.fill(context)
    inserted = changed = 0
    while staging.find_targets():  # again while rows lead to rows of this document
        staging.find_records()
        inserted += staging.insert(operator)
        changed += staging.update(operator) if data.owned else 0
        staging.clear_done()
    if inserted or changed:
        rollup = Rollup(connection, runtime)
        rollup.all_of(data.entity)
        rollup.run()
        # Whoever joins these rows next must not take the table for an empty one.
        connection.execute(text(f'ANALYZE "{runtime.entities[data.entity].table.name}"'))
    problems = staging.problems()
    if before and data.owned:
        earlier = publish.read_file(connection, before, path)
        problems += _gone(data, rows, runtime.configuration.rows_of(data.name, earlier))
    if data.owned or not problems:
        remember(connection, data.name)
    return Seeded(data.name, inserted, changed, tuple(problems[:LONGEST_LIST]))


def _gone(data: Data, rows: Rows, earlier: Rows) -> list[Problem]:
    """Tell of rows that the version seeded last had and this one has not."""
    missing = len(_keys(data, earlier) - _keys(data, rows))
    if not missing:
        return []
    told = "1 registro" if missing == 1 else f"{missing} registros"
    return [Problem("M534", {"name": data.name, "rows": told})]


def _keys(data: Data, rows: Rows) -> set[tuple[str, ...]]:
    bare = [name.partition(".")[0] for name in rows.header]
    wanted = [position for position, name in enumerate(bare) if name in data.key]
    return {tuple(cells[position] for position in wanted) for _, cells in rows.rows}


def seeded_in(connection: Connection, document: str) -> int | None:
    """Return the version whose rows of a document were put in last."""
    return connection.scalar(select(SEED.c.version).where(SEED.c.document == document))


def remember(connection: Connection, document: str) -> None:
    """Write down that the rows of a document are in."""
    values = {"version": publish.latest(connection), "seeded_at": text("clock_timestamp()")}
    statement = insert(SEED).values(document=document, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["document"], set_=values))


def _in_order(runtime: Runtime) -> Iterator[Data]:
    """Yield the documents so that those come first whose records others lead to; circles keep any order."""
    documents = runtime.configuration.data
    done: set[str] = set()

    def visit(name: str) -> Iterator[Data]:
        if name in done:
            return
        done.add(name)
        for needed in _needed(runtime, documents[name]):
            for other in documents.values():
                if other.entity == needed and other.demo <= documents[name].demo:
                    yield from visit(other.name)
        yield documents[name]

    for name in documents:
        yield from visit(name)


def _needed(runtime: Runtime, data: Data) -> Iterator[str]:
    for name in runtime.configuration.rows_of(data.name).header:
        entity = runtime.configuration.entities[data.entity]
        for step in name.split(".")[:-1]:
            target = entity.fields[step].to
            yield target
            entity = runtime.configuration.entities[target]
