"""This file puts the records of a world into a database, as anybody saves them, and knows their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, Select, select

from kernel.context import Context
from kernel.query.lookup import texts
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.save import save_apart
from metadata.entity import Field
from metadata.problems import Problem, Problems, Refused
from metadata.worlds import NAMED, NOTHING, Key, World, in_order


@dataclass
class Placed:
    """The records of a world in a database: their ids by entity and short name."""

    connection: Connection
    runtime: Runtime
    case: str
    ids: dict[Key, int] = attribute(default_factory=dict)

    def sentence(self, context: Context, said: str) -> str:
        """Return a sentence of a document with what people call the records in it."""
        return NAMED.sub(lambda found: self._text(context, found[1], found[2]), said)

    def _text(self, context: Context, entity: str, name: str) -> str:
        id = self.ids[entity, name]
        return texts(self.connection, self.runtime, context, entity, (id,))[id]

    def name(self, entity: str, id: int) -> str:
        """Return the short name of a record, or an empty text."""
        return next((key[1] for key, known in self.ids.items() if known == id and key[0] == entity), "")

    def value(self, field: Field, said: Any) -> Any:
        """Return what a document says as a value of the field.

        Errors: Problems, where a record is told by values that none has, or several.
        """
        if field.type == "many links":
            return tuple(self.link(field.to, each) for each in said or ())
        if said in NOTHING:
            return None
        if field.type == "link":
            return self.link(field.to, said)
        read = field.canonical(said)
        if isinstance(read, Refused):  # the checks have read it before
            raise Problems([Problem(read.code, read.facts, field=field.name)])
        return read

    def link(self, entity: str, said: Any) -> int:
        """Return the id of a record that is told by its short name, or by values that only it has."""
        if isinstance(said, str):
            return self.ids[entity, said]
        found = self.matching(entity, said)
        if len(found) != 1:
            facts = {"case": self.case, "entity": entity, "values": told(said)}
            raise Problems([Problem("M314", facts)])
        return found[0]

    def matching(self, entity: str, values: Mapping[str, Any]) -> list[int]:
        """Return the ids of the records that have these values."""
        return list(self.connection.scalars(self._query(entity, values)))

    def _query(self, entity: str, values: Mapping[str, Any]) -> Select[tuple[int]]:
        compiled = self.runtime.entities[entity]
        columns = compiled.table.c
        query = select(columns.id)
        for name, said in values.items():
            field = compiled.fields[name]
            if field.type == "link" and isinstance(said, dict):
                query = query.where(columns[name].in_(self._query(field.to, said)))
            else:
                value = self.value(field, said)
                query = query.where(columns[name].is_(None) if value is None else columns[name] == value)
        return query


@dataclass(frozen=True, slots=True)
class KeptOut:
    """A record that the rules refuse: of which entity, under which short name, and why."""

    entity: str
    name: str
    problems: tuple[Problem, ...]


def enter(placed: Placed, context: Context, world: World) -> KeptOut | None:
    """Save the records of a world, each behind those it links to; those that are there are changed.

    The first record that the rules refuse ends it and is returned.
    """
    order, _ = in_order(world, placed.runtime.configuration.entities)
    for key in order:
        if out := put(placed, context, key, world.records[key]):
            return out
    return None


def put(placed: Placed, context: Context, key: Key, said: Mapping[str, Any]) -> KeptOut | None:
    """Save one record; return it where the rules refuse it.

    It comes as the data of a package does, so what only processes make may be there as well.
    """
    context = replace(context, origin=replace(context.origin, kind="publication"))
    entity, name = key
    values, children = _parts(placed, placed.runtime.entities[entity], said)
    edit = Edit(entity, placed.ids.get(key), None, values, children=children)
    outcome = save_apart(placed.connection, placed.runtime, context, edit)
    if not isinstance(outcome, Saved):
        return KeptOut(entity, name, getattr(outcome, "problems", ()))
    placed.ids[key] = outcome.id
    return None


def _parts(
    placed: Placed, compiled: CompiledEntity, said: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, tuple[ChildEdit, ...]]]:
    """Return the values of a record, and the rows below it."""
    values = {
        name: placed.value(compiled.fields[name], each)
        for name, each in said.items()
        if name not in compiled.children
    }
    children = {
        name: tuple(_row(placed, child.entity, row) for row in said[name])
        for name, child in compiled.children.items()
        if said.get(name)
    }
    return values, children


def _row(placed: Placed, entity: str, said: Mapping[str, Any]) -> ChildEdit:
    values, children = _parts(placed, placed.runtime.entities[entity], said)
    return ChildEdit(None, values, children=children)


def told(said: Any) -> str:
    """Return what a document says, as it says it."""
    if isinstance(said, dict):
        return "{" + ", ".join(f"{name}: {told(part)}" for name, part in said.items()) + "}"
    if isinstance(said, list):
        return "[" + ", ".join(map(told, said)) + "]"
    return str(said)
