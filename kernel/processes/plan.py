"""This file compiles a process once for a version: what its steps see, and the tables that hold their rows.

Rows of a step live in a temporary table for as long as one part of a run is worked on. For expressions such
a table is the table of an entity that is never kept, so rows and records are reached in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, MetaData, Table, bindparam, cast
from sqlalchemy.dialects.postgresql import JSONB

from kernel.rules.ruleset import RuleSet
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.tables import column_type
from metadata.entity import Entity
from metadata.expression.sets.shapes import Shape
from metadata.process import INSERT, RELATION, REMOVE, Process
from metadata.steps.judge import Sound
from metadata.steps.walk import Made, Steps

OF, UNIT, FAULT, FACTS, ROW = "_of", "_unit", "_fault", "_facts", "_row"
GROUP = "g_"


@dataclass(frozen=True)
class Plan:
    """A process, ready to run.

    runtime: the version, with the rows of steps among its entities.  steps: what each sees and makes.
    tables: of the rows of each step.
    """

    process: Process
    runtime: Runtime
    made: Mapping[str, Made]
    steps: Steps
    tables: Mapping[str, Table]

    def answers(self) -> dict[str, tuple[Shape, Any]]:
        """Return the questions as names of expressions: each with its shape and its place for a value."""
        found: dict[str, tuple[Shape, Any]] = {}
        for name, shape in self.steps.answers.shapes.items():
            found[name] = (shape, answer(self.process, name))
        return found


def answer(process: Process, name: str) -> ColumnElement[Any]:
    """Return the place where the answer to a question is bound; typed, for it may be null."""
    kind = column_type(process.ask[name])
    return cast(bindparam(f"ask_{name}", type_=kind), kind)


def planned(runtime: Runtime, name: str) -> Plan:
    """Return the plan of a process of a version, made on first use."""
    runtime = runtime.whole
    key = ("process", name)
    found: Plan | None = runtime.views.get(key)
    if found is None:
        found = runtime.views[key] = _planned(runtime, runtime.configuration.processes[name])
    return found


def _planned(runtime: Runtime, process: Process) -> Plan:
    configuration = runtime.configuration
    sound = Sound(configuration.defined)
    steps = Steps(process, configuration.entities, sound, configuration.postings).walk()
    metadata = MetaData()
    tables = {
        name: Table(f"step_{name}", metadata, *_columns(process, steps, made), prefixes=["TEMPORARY"],
                    postgresql_on_commit="DROP")
        for name, made in steps.made.items()
    }  # fmt: skip
    of_rows = {made.entity: tables[name] for name, made in steps.made.items() if made.step.kind == RELATION}
    added = {
        key: _compiled(entity, of_rows[key] if key in of_rows else Table(key, metadata))
        for key, entity in steps.entities.items()
        if "." in key
    }
    extended = replace(runtime, entities={**runtime.entities, **added}, statements={}, views={})
    return Plan(process, extended, steps.made, steps, tables)


def _compiled(entity: Entity, table: Table) -> CompiledEntity:
    columns = tuple(field for field in entity.fields.values() if field.has_column)
    return CompiledEntity(
        entity=entity, table=table, columns=columns, children={}, bridges={}, owners={}, defaults={},
        rules=RuleSet(entity.name, {}, {}, {}, {}, {}, (), (), ()), constraints={}, references=(),
    )  # fmt: skip


def _columns(process: Process, steps: Steps, made: Made) -> list[Column[Any]]:
    system: list[Column[Any]] = [
        Column("id", BigInteger, autoincrement=False),
        Column(OF, BigInteger),
        Column(UNIT, BigInteger),
        Column(FAULT, Integer),
        Column(FACTS, JSONB(none_as_null=True)),
    ]
    fields = steps.entities[made.entity].fields
    if made.step.kind == RELATION:
        return [*system, *(Column(name, column_type(field)) for name, field in fields.items())]
    own = [Column(ROW, BigInteger)]
    if made.step.kind == INSERT and made.grouped:
        grouped = steps.entities[made.grouped.entity].fields
        own += [Column(f"{GROUP}{name}", column_type(field)) for name, field in grouped.items()]
    if made.step.kind == REMOVE:
        return [*system, *own]
    written = [field for field in fields.values() if field.name in made.step.set]
    if made.step.kind == INSERT:
        written += [field for field in fields.values() if field.type == "sequence" and field not in written]
    return [*system, *own, *(Column(field.name, column_type(field)) for field in written)]
