"""This file shows one masked value of one record to somebody who may see it for a reason, and notes that.

The note is committed before the value is given; it says which field of which record, never the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, bindparam, select

from kernel.access.allowed import Allowed
from kernel.access.profile import READ, Profile
from kernel.access.seen import seen_by
from kernel.access.tables import Seen
from kernel.audit import deeds
from kernel.audit.saying import Saying
from kernel.context import Context
from kernel.privacy import reason as reasons
from kernel.rules.worked import worked_out
from kernel.runtime import Runtime
from kernel.storage import records
from kernel.storage.record import Refusal
from metadata.entity import Field
from metadata.problems import Problem, near


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value that was masked: as the field has it, and as people read it."""

    field: Field
    value: Any
    text: str


def asked(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, name: str
) -> Field | Problem:
    """Return the field whose value may be asked for, or why it may not; nothing is noted."""
    seen = seen_by(runtime, context.access.profile)
    compiled = seen.entities.get(entity)
    if compiled is None:
        return Problem("R401", {"name": entity, "near": near(entity, seen.entities)})
    if records.read(connection, runtime, context, entity, id, children=False) is None:
        return Problem("R150", {"entity": compiled.entity.label.one})
    field = compiled.fields.get(name)
    if field is None:
        facts = {"name": name, "entity": compiled.entity.label.one, "near": near(name, compiled.fields)}
        return Problem("R402", facts, field=name)
    profile = context.access.profile
    if profile is None or not field.is_revealable:
        return Problem("R431", {"label": field.label}, field=name)
    if not _is_among(connection, runtime, context, entity, id, profile.entities[entity].revealable(name)):
        return Problem("R431", {"label": field.label}, field=name)
    return field


def reveal(
    engine: Engine, runtime: Runtime, context: Context, entity: str, id: int, name: str, reason: str
) -> Revealed | Refusal:
    """Return a masked value, once it is on record who asked for it and why."""
    said, wrong = reasons.judge(reason)
    with engine.begin() as connection:
        field = asked(connection, runtime, context, entity, id, name)
        problems = [each for each in (field if isinstance(field, Problem) else None, wrong) if each]
        if problems or isinstance(field, Problem):
            return Refusal(tuple(problems))
        row = records.read(connection, runtime, _everything(context), entity, id, children=False)
        if row is None:
            return Refusal((Problem("R150", {"entity": runtime.entities[entity].entity.label.one}),))
        value = worked_out(connection, runtime.whole, _everything(context), entity, row).values.get(name)
        # What a link leads to is named as far as the operator sees it: the link was masked, not its target.
        text = Saying(connection, runtime, context, [(field, value)]).said(value, field)
        deeds.note(connection, context, "reveal", entity, id, said, fields=[name])
    return Revealed(field, value, text)


def _everything(context: Context) -> Context:
    return Context(context.operator, context.now, origin=context.origin)


def _is_among(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, allowed: Allowed
) -> bool:
    profile: Profile | None = context.access.profile
    assert profile is not None
    seen = seen_by(runtime, profile)
    key = ("one among", entity, allowed)
    statement = seen.statements.get(key)
    if statement is None:
        table: Any = runtime.whole.entities[entity].table.alias("a")
        made = Seen(runtime.whole, profile, entity, table)
        wanted = (made.allows(allowed), made.allows(profile.entities[entity].record(READ)))
        chosen = table.c.id == bindparam("id", type_=BigInteger)
        statement = select(table.c.id).select_from(made.from_).where(chosen, *wanted)
        seen.remember(key, statement)
    return connection.execute(statement, context.bound() | {"id": id}).first() is not None
