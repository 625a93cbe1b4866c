"""This file writes good rows: new records inserted, those that differ changed, the rest left untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import errors
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from kernel.intake.check import final, joined
from kernel.intake.plan import Plan
from kernel.intake.sql import IDS, MATCHED, ROWS, literal, name, text, value
from kernel.intake.stage import BATCH, Database, Progress
from kernel.ledger.refused import refused
from kernel.runtime import Runtime
from kernel.storage import numbering
from kernel.storage.names import SEARCH
from kernel.storage.search import search_text
from metadata.entity import Field
from metadata.problems import Problem, Problems

WRITING = "Gravando"
NUMBERED = "intake_numbered"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Written:
    """How many records were made and how many changed."""

    new: int
    changed: int


def load(connection: Connection, database: Database, plan: Plan, progress: Progress) -> Written:
    """Write the rows that are left.

    Errors: Problems with R528 when a record changed under our hands.
    """
    progress(WRITING, 0, 1)
    sequences = [field for field in plan.unfilled if field.type == "sequence"]
    for field in sequences:
        _number(connection, database, plan, field)
    changed = _update(database, plan)
    new = _insert(database, plan, sequences)
    if plan.compiled.entity.valid:
        database.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if new or changed:
        _touch_parents(database, plan)
    progress(WRITING, 1, 1)
    return Written(new, changed)


def _insert(database: Database, plan: Plan, sequences: list[Field]) -> int:
    compiled = plan.compiled
    values = {field.name: final(plan, field.name) for field in plan.filled}
    values |= {
        name: literal(plan.default_of(name), compiled.fields[name])
        for name in plan.defaults
        if name not in values and name in compiled.table.c
    }
    numbered = ""
    for index, field in enumerate(sequences):
        values[field.name] = f"n{index}.text"
        numbered += f" LEFT JOIN {NUMBERED}_{index} n{index} ON n{index}.line = r.line"
    columns = {name(field): sql for field, sql in values.items()} | _stamps(plan, ("created", "updated"))
    if plan.is_judged:
        columns["id"] = "i.id"
        numbered += f" JOIN {IDS} i ON i.line = r.line"
    if compiled.entity.search:
        columns[SEARCH] = _searched(plan, values)
    is_new = f"NOT EXISTS (SELECT FROM {MATCHED} m WHERE m.line = r.line)"
    return database.execute(
        f"INSERT INTO {name(compiled.name)} ({', '.join(columns)}) "
        f"SELECT {', '.join(columns.values())} FROM {ROWS} r{numbered} WHERE {is_new}"
    ).rowcount


def _update(database: Database, plan: Plan) -> int:
    """Change the records that differ, unless someone else has since the comparison."""
    compiled = plan.compiled
    found = database.execute(f"SELECT count(*) FROM {MATCHED} WHERE differs").fetchone()
    wanted: int = found[0] if found else 0
    if not wanted:
        return 0
    sets = {name(field.name): f"r.{value(field.name)}" for field in plan.filled if field.name not in plan.key}
    sets |= {"version": "t.version + 1"} | _stamps(plan, ("updated",))
    if any(field.name in compiled.entity.search for field in plan.filled):
        after = {field: f"t.{name(field)}" for field in compiled.entity.search}
        after |= {field.name: f"r.{value(field.name)}" for field in plan.filled}
        sets[SEARCH] = _searched(plan, after)
    changes = ", ".join(f"{column} = {sql}" for column, sql in sets.items())
    changed = database.execute(
        f"UPDATE {name(compiled.name)} t SET {changes} FROM {MATCHED} m JOIN {ROWS} r ON r.line = m.line "
        f"WHERE t.id = m.id AND t.version = m.version AND m.differs"
    ).rowcount
    if changed != wanted:
        raise Problems([Problem("R528")])
    return changed


def _stamps(plan: Plan, kinds: tuple[str, ...]) -> dict[str, str]:
    at, by = f"{text(plan.context.now.isoformat())}::timestamptz", text(plan.context.operator)
    return {column: sql for kind in kinds for column, sql in ((f"{kind}_at", at), (f"{kind}_by", by))}


def _searched(plan: Plan, values: dict[str, str]) -> str:
    """Return the searched text of a row, as kernel.storage.search has it."""
    from sqlalchemy import literal_column

    made = search_text(plan.compiled.entity, lambda field: literal_column(values.get(field, "NULL")))
    return str(made.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _number(connection: Connection, database: Database, plan: Plan, field: Field) -> None:
    """Give numbers to the new rows: counted as one block, written in the order of the file."""
    index = [one.name for one in plan.unfilled if one.type == "sequence"].index(field.name)
    table = f"{NUMBERED}_{index}"
    database.execute(f"CREATE TEMP TABLE {table} (line bigint, text text) ON COMMIT DROP")
    new = f"FROM {joined(plan)} WHERE m.id IS NULL"
    found = database.execute(f"SELECT count(*) {new}").fetchone()
    count: int = found[0] if found else 0
    if not count:
        return
    number = numbering.reserve(connection, plan.compiled.name, field, plan.context, count)
    named = [one for one in plan.compiled.columns if "{" + one.name in field.pattern]
    values = "".join(f", {final(plan, one.name)}" for one in named)
    with database.cursor("intake_numbers") as cursor:
        cursor.execute(f"SELECT r.line{values} {new} ORDER BY r.line")
        while batch := cursor.fetchmany(BATCH):
            with database.cursor() as writer, writer.copy(f"COPY {table} FROM STDIN") as target:
                for line, *parts in batch:
                    known = dict(zip((one.name for one in named), parts, strict=True))
                    target.write_row((line, numbering.write(field, number, plan.context, known)))
                    number += 1


def _touch_parents(database: Database, plan: Plan) -> None:
    """Make a new version of every record whose child rows changed, so that a stale page is noticed."""
    for link, parent in plan.compiled.owners.items():
        touched = f"SELECT {final(plan, link)} FROM {joined(plan)} WHERE m.id IS NULL OR m.differs "
        stamps = ", ".join(f"{column} = {sql}" for column, sql in _stamps(plan, ("updated",)).items())
        database.execute(
            f"UPDATE {name(parent)} p SET version = p.version + 1, {stamps} WHERE p.id IN ({touched})"
        )


def refused_by_database(runtime: Runtime, error: errors.Error | IntegrityError) -> Problems:
    """Return what to tell when the database itself refuses the set: another change came in between."""
    raised: Any = getattr(error, "orig", error)
    if told := refused(runtime, raised):
        return Problems([told])
    said = (raised.diag.message_primary or str(raised)).splitlines()[0]
    return Problems([Problem("R529", {"said": said})])
