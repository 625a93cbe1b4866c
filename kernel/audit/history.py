"""This file tells the history of a record and of its rows: what each save changed, in words and formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from kernel.audit.saying import Named, Saying
from kernel.audit.sight import sees, sees_every_record, sees_rows_below
from kernel.audit.state import State, state_at
from kernel.audit.tables import DELETED, INSERTED, SECRECY, UPDATED
from kernel.audit.trail import Event, events, family
from kernel.context import Context
from kernel.query.lookup import texts
from kernel.rules.transitions import Moves
from kernel.runtime import Runtime
from metadata.entity import Field

BLANKED = "anonimizado"
PAGE = 200  # changes of records, some more where a save would be cut
CLOSING = Field(type="text", label="Sigilo", readonly=True)
CLOSING.resolve("sigilo")


@dataclass(frozen=True, slots=True)
class Line:
    """One field: what it was and became, as people read it; `act` names the change, to put `before` back.

    transition: what people call the way from one state to the other, where the field is the state.
    """

    field: Field
    before: str
    after: str
    act: int
    can_go_back: bool
    transition: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one record; `text` is how people know it now, empty where it is gone."""

    entity: str
    record: int
    operation: str
    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Save:
    """All that one transaction changed; an empty `operator` did not say who: see `database_user`."""

    transaction: int
    at: datetime
    operator: str
    kind: str
    address: str
    route: str
    database_user: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A page of saves, the newest first; `before` asks for the next page, 0 where there is none."""

    saves: tuple[Save, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Past:
    """A record as it was: label and value of each field, and its rows by label."""

    lines: tuple[tuple[Field, str], ...]
    rows: tuple[tuple[Field, tuple[Past, ...]], ...]


def is_seen(connection: Connection, runtime: Runtime, context: Context, entity: str, id: int) -> bool:
    """Tell whether an operator may see the history of a record that is, or was, there."""
    if not sees(runtime, context, entity):
        return False
    if texts(connection, runtime, context, entity, (id,)):
        return True
    table = runtime.whole.entities[entity].table
    is_there = connection.scalar(select(table.c.id).where(table.c.id == id)) is not None
    return not is_there and sees_every_record(context, entity)


def history(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, before: int = 0
) -> History:
    """Return what became of a record and of all rows that are or were below it."""
    if not is_seen(connection, runtime, context, entity, id):
        return History((), 0)
    records = {
        name: ids
        for name, ids in family(connection, runtime.whole, entity, id).items()
        if sees(runtime, context, name) and (name == entity or sees_rows_below(context, name, entity))
    }
    found = list(events(connection, runtime, records, before=before or None, limit=PAGE + 1))
    has_more = len(found) > PAGE
    page = _whole_saves(found) if has_more else found
    return History(tuple(saves(connection, runtime, context, page)), page[-1].act if has_more else 0)


def _whole_saves(found: Sequence[Event]) -> Sequence[Event]:
    """Leave the last save to the next page, unless this page is of nothing else."""
    last = found[-1].transaction
    kept = [event for event in found if event.transaction != last]
    return kept or found[:-1]


def saves(
    connection: Connection, runtime: Runtime, context: Context, found: Sequence[Event]
) -> Iterator[Save]:
    """Yield events as saves; what the operator may not see is left out, a save of nothing else too."""
    told = entries(connection, runtime, context, found)
    for _, group in groupby(told, key=lambda pair: pair[0].transaction):
        pairs = list(group)
        first = pairs[0][0]
        yield Save(
            first.transaction, first.at, first.operator, first.kind, first.address, first.route,
            first.database_user, tuple(entry for _, entry in reversed(pairs)),
        )  # fmt: skip


def entries(
    connection: Connection, runtime: Runtime, context: Context, found: Sequence[Event]
) -> Iterator[tuple[Event, Entry]]:
    """Yield what may be seen of events, in words; a change of nothing but hidden fields is left out."""
    shown = [(event, tuple(_seen(runtime, context, event))) for event in found]
    saying = Saying(connection, runtime, context, _named(shown))
    ids: dict[str, set[int]] = {}
    for event in found:
        ids.setdefault(event.entity, set()).add(event.record)
    known = {
        name: texts(connection, runtime, context, name, tuple(sorted(all_)))
        for name, all_ in ids.items()
        if name in runtime.entities
    }
    for event, parts in shown:
        if parts or event.operation in (INSERTED, DELETED):
            text = known.get(event.entity, {}).get(event.record, "")
            moves = runtime.whole.entities[event.entity].rules.moves if event.entity in known else None
            lines = tuple(_lines(event, parts, saying, moves))
            yield event, Entry(event.entity, event.record, event.operation, text, lines)


def _seen(runtime: Runtime, context: Context, event: Event) -> Iterator[tuple[Field, Any, Any]]:
    compiled = runtime.entities.get(event.entity)
    if compiled is None:
        return
    for name, field in compiled.fields.items():
        if name in event.changes and sees(runtime, context, event.entity, name):
            before, after = event.changes[name]
            yield field, before, after
    if SECRECY in event.changes:
        before, after = (_open_to(runtime, each) for each in event.changes[SECRECY])
        yield CLOSING, before, after


def _open_to(runtime: Runtime, value: Mapping[str, Sequence[str]] | None) -> str:
    """Say to whom a record was left open."""
    if value is None:
        return "aberto"
    known = runtime.whole.configuration.roles
    roles = [known[name].label if name in known else name for name in value["roles"]]
    return f"fechado, só para {', '.join((*roles, *value['operators']))}"


def _named(shown: Iterable[tuple[Event, tuple[tuple[Field, Any, Any], ...]]]) -> Iterator[Named]:
    for _, parts in shown:
        for field, before, after in parts:
            yield field, before
            yield field, after


def _lines(
    event: Event, parts: Iterable[tuple[Field, Any, Any]], saying: Saying, moves: Moves | None
) -> Iterator[Line]:
    for field, before, after in parts:
        if before in (None, ()) and after in (None, ()):  # there was a value: nothing else is ever noted
            yield Line(field, BLANKED, BLANKED, event.act, False)
            continue
        is_state = moves is not None and field.name == moves.field.name
        is_free = not (field.is_given or field.readonly or field.is_once or is_state)
        can_go_back = event.operation == UPDATED and is_free
        move = moves.ways.get((before, after)) if moves and is_state else None
        was, is_now = saying.said(before, field), saying.said(after, field)
        yield Line(field, was, is_now, event.act, can_go_back, move.rule.label if move else "")


def past(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, moment: datetime
) -> Past | None:
    """Return a record as it was at a moment, as far as the operator may see; None where it was not there."""
    if not is_seen(connection, runtime, context, entity, id):
        return None
    state = state_at(connection, runtime.whole, entity, id, moment)
    if state is None:
        return None
    saying = Saying(connection, runtime, context, _values(runtime, context, state))
    return _past(runtime, context, state, saying)


def _fields(runtime: Runtime, context: Context, state: State) -> Iterator[Field]:
    for name, field in runtime.entities[state.entity].fields.items():
        if name in state.values and not field.is_since and sees(runtime, context, state.entity, name):
            yield field


def _children(runtime: Runtime, context: Context, state: State) -> Iterator[tuple[Field, tuple[State, ...]]]:
    for name, rows in state.children.items():
        child = runtime.entities[state.entity].children.get(name)
        below = child is not None and sees_rows_below(context, child.entity, state.entity)
        if child and rows and below and sees(runtime, context, state.entity, name):
            yield child.field, rows


def _values(runtime: Runtime, context: Context, state: State) -> Iterator[Named]:
    yield from ((field, state.values[field.name]) for field in _fields(runtime, context, state))
    for _, rows in _children(runtime, context, state):
        for row in rows:
            yield from _values(runtime, context, row)


def _past(runtime: Runtime, context: Context, state: State, saying: Saying) -> Past:
    lines = tuple(
        (field, saying.said(state.values[field.name], field)) for field in _fields(runtime, context, state)
    )
    rows = tuple(
        (field, tuple(_past(runtime, context, row, saying) for row in below))
        for field, below in _children(runtime, context, state)
    )
    return Past(lines, rows)
