"""This file searches what was noted over all records: who, of which entity and field, when, what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, exists, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.audit.history import Entry, entries
from kernel.audit.sight import sees, sees_every_record
from kernel.audit.tables import ACT, AUDIT
from kernel.audit.trail import detail, event, names_of, of_name
from kernel.context import Context
from kernel.runtime import Runtime

PAGE = 50
SHOWN_RECORDS = 3  # of each act in a page
STREAMED = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; what is empty does not matter.

    since, until: the first moment that counts, and the first that does not any more.  field: of the entity.
    before, after: the act behind which, or before which, a page goes on.
    """

    operator: str = ""
    entity: str = ""
    field: str = ""
    operations: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One statement: what it did to how many records of an entity; `entries` are the first of them."""

    act: int
    at: datetime
    operator: str
    kind: str
    address: str
    route: str
    database_user: str
    entity: str
    operation: str
    rows: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of acts, the newest first; `before` and `after` lead on, 0 where nothing more is there."""

    acts: tuple[Act, ...]
    before: int
    after: int


def page(connection: Connection, runtime: Runtime, context: Context, wanted: Wanted) -> Page:
    """Return one page of the log."""
    statement = _select(runtime, context, wanted)
    if statement is None:
        return Page((), 0, 0)
    rows = list(connection.execute(statement.limit(PAGE + 1)))
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    if wanted.after:
        rows.reverse()
    acts = tuple(_acts(connection, runtime, context, rows))
    older = bool(rows) and (has_more or bool(wanted.after))
    newer = bool(rows) and (has_more if wanted.after else bool(wanted.before))
    return Page(acts, rows[-1].act if older else 0, rows[0].act if newer else 0)


def stream(connection: Connection, runtime: Runtime, context: Context, wanted: Wanted) -> Iterator[Act]:
    """Yield all acts that are searched for, in flat memory; without their records."""
    statement = _select(runtime, context, wanted)
    if statement is not None:
        found = connection.execution_options(stream_results=True, max_row_buffer=STREAMED).execute(statement)
        yield from (_act(runtime, row, ()) for row in found)


def operators(connection: Connection) -> list[str]:
    """Return who is named in the log, by skipping from one to the next in the index."""
    found: list[str] = []
    last: str | None = None
    while True:
        following = select(ACT.c.operator).order_by(ACT.c.operator).limit(1)
        last = connection.scalar(following if last is None else following.where(ACT.c.operator > last))
        if last is None:
            return found
        found.append(last)


def _select(runtime: Runtime, context: Context, wanted: Wanted) -> Select[Any] | None:
    """Return the SELECT of acts, or None where nothing can be seen."""
    entities = [wanted.entity] if wanted.entity else list(runtime.entities)
    seen = [name for name in entities if sees(runtime, context, name) and sees_every_record(context, name)]
    if not seen or (wanted.field and not sees(runtime, context, wanted.entity, wanted.field)):
        return None
    names = [each for name in seen for each in names_of(runtime.entities[name])]
    conditions: list[ColumnElement[bool]] = [ACT.c.entity.in_(names)]
    if wanted.operator:
        conditions.append(ACT.c.operator == wanted.operator)
    if wanted.operations:
        conditions.append(ACT.c.operation.in_(wanted.operations))
    if wanted.since:
        conditions.append(ACT.c.at >= wanted.since)
    if wanted.until:
        conditions.append(ACT.c.at < wanted.until)
    if wanted.before:
        conditions.append(ACT.c.act < wanted.before)
    if wanted.after:
        conditions.append(ACT.c.act > wanted.after)
    if (hidden := _hidden_only(runtime, context, seen)) is not None:
        conditions.append(hidden)
    if wanted.field:
        conditions.append(_of_fields(_all_names(runtime, wanted.entity, (wanted.field,))))
    newest_first = ACT.c.act.asc() if wanted.after else ACT.c.act.desc()
    return select(ACT).where(*conditions).order_by(newest_first)


def _hidden_only(runtime: Runtime, context: Context, seen: Iterable[str]) -> ColumnElement[bool] | None:
    """Keep out changes of nothing but hidden fields: that there was one is not to be known either."""
    parts = []
    for name in seen:
        compiled = runtime.entities[name]
        kept = [field for field in compiled.fields if sees(runtime, context, name, field)]
        if len(kept) < len(compiled.fields):
            own = ACT.c.entity.in_(names_of(compiled))
            shows = or_(ACT.c.operation.in_(("I", "D")), _of_fields(_all_names(runtime, name, kept)))
            parts.append(or_(~own, shows))
    return and_(*parts) if parts else None


def _of_fields(names: Sequence[str]) -> ColumnElement[bool]:
    detail = and_(
        AUDIT.c.act == ACT.c.act,
        AUDIT.c.at == ACT.c.at,
        func.jsonb_exists_any(AUDIT.c.changes, literal(list(names), ARRAY(Text))),
    )
    return exists().where(detail)


def _all_names(runtime: Runtime, entity: str, fields: Iterable[str]) -> list[str]:
    described = runtime.entities[entity].fields
    return [name for field in fields for name in (field, *described[field].was)]


def _acts(connection: Connection, runtime: Runtime, context: Context, rows: Sequence[Any]) -> Iterator[Act]:
    """Yield acts with their first records, all read in one statement."""
    if not rows:
        return
    first = select(AUDIT).where(AUDIT.c.act == ACT.c.act, AUDIT.c.at == ACT.c.at)
    some = first.limit(SHOWN_RECORDS).lateral("some")
    acts, moments = [row.act for row in rows], [row.at for row in rows]
    statement = select(*detail(some)).select_from(ACT.join(some, true()))
    found = connection.execute(statement.where(ACT.c.act.in_(acts), ACT.c.at.in_(moments)))
    told: dict[int, list[Entry]] = {}
    for each, entry in entries(connection, runtime, context, [event(runtime, row) for row in found]):
        told.setdefault(each.act, []).append(entry)
    yield from (_act(runtime, row, tuple(told.get(row.act, ()))) for row in rows)


def _act(runtime: Runtime, row: Any, shown: tuple[Entry, ...]) -> Act:
    compiled = of_name(runtime, row.entity)
    return Act(
        row.act, row.at, row.operator, row.kind, row.address, row.route, row.database_user,
        compiled.name if compiled else row.entity, row.operation, row.rows, shown,
    )  # fmt: skip
