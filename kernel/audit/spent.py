"""This file says how long a record was in each of its states, from the changes that were noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kernel.audit.history import is_seen
from kernel.audit.sight import sees
from kernel.audit.trail import events
from kernel.context import Context
from kernel.runtime import Runtime

MOST = 2_000  # changes of the record that are looked through, the newest first


@dataclass(frozen=True, slots=True)
class Span:
    """A time in one state; until: None while it lasts."""

    state: str
    since: datetime
    until: datetime | None


def spans(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int
) -> tuple[Span, ...]:
    """Return the times that a record was in each state, the newest first, as far as the operator may see.

    Where a change was not noted, because the states are younger than the record, its time is not told.
    """
    moves = runtime.whole.entities[entity].rules.moves
    if moves is None or not sees(runtime, context, entity, moves.field.name):
        return ()
    if not is_seen(connection, runtime, context, entity, id):
        return ()
    found: list[Span] = []
    until: datetime | None = None
    for event in events(connection, runtime.whole, {entity: {id}}, limit=MOST):
        _, after = event.changes.get(moves.field.name, (None, None))
        if after is not None:
            found.append(Span(moves.label(after), event.at, until))
            until = event.at
        elif moves.field.name in event.changes:  # the record went, or its state did
            until = event.at
    return tuple(found)
