"""This file searches what is noted one by one: who came in, or not, and what was refused to whom.

Changes of records have a log of their own (log.py): they are noted by statements, and told by fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, case, exists, false, or_, select

from kernel.access.seen import seen_by
from kernel.accounts.tables import EVENT
from kernel.audit.refusals import REFUSAL
from kernel.context import Context
from kernel.runtime import Runtime

PAGE = 50
STREAMED = 1000
NUMBERED = ("record", "route")  # a route has the number in it


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; what is empty does not matter.

    kind: of the event, or the level that was refused.  outcome: `done`, or `refused` for every refusal.
    before, after: the entry behind which, or before which, a page goes on.
    """

    login: str = ""
    kind: str = ""
    outcome: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first; `before` and `after` lead on, 0 where nothing more is there."""

    rows: tuple[Row[Any], ...]
    before: int
    after: int


def sign_ins(wanted: Wanted) -> Select[Any]:
    """Return the SELECT of what happened at the door."""
    asked = conditions(EVENT, wanted, EVENT.c.what)
    if wanted.outcome:
        done = EVENT.c.outcome == "done"
        asked.append(done if wanted.outcome == "done" else ~done)
    return select(EVENT).where(*asked)


def refusals(runtime: Runtime, context: Context, wanted: Wanted) -> Select[Any]:
    """Return the SELECT of what was refused.

    Of entities whoever has limits is told those that they see, of records the number where they see it too.
    What was refused to themselves is for others to look at: only what exists is noted, so they could find out
    what exists by asking for it.
    """
    seen = seen_by(runtime, context.access.profile)
    asked = conditions(REFUSAL, wanted, REFUSAL.c.level)
    if seen is seen.whole:
        return select(REFUSAL).where(*asked)
    asked += [REFUSAL.c.entity.in_(["", *seen.entities]), REFUSAL.c.login != context.operator]
    known = or_(REFUSAL.c.record.is_(None), case(_there(seen), value=REFUSAL.c.entity, else_=false()))
    told = [
        case((known, column)).label(column.name) if column.name in NUMBERED else column
        for column in REFUSAL.c
    ]
    return select(*told).where(*asked).params(context.bound())


def _there(seen: Runtime) -> dict[Any, ColumnElement[bool]]:
    """Return for each entity whether the record of a refusal is one that is seen."""
    return {
        name: exists().where(compiled.table.c.id == REFUSAL.c.record)
        for name, compiled in seen.entities.items()
    }


def page(connection: Connection, statement: Select[Any], wanted: Wanted) -> Page:
    """Return one page."""
    id = statement.selected_columns["id"]
    if wanted.before:
        statement = statement.where(id < wanted.before)
    if wanted.after:
        statement = statement.where(id > wanted.after)
    ordered = statement.order_by(id.asc() if wanted.after else id.desc())
    rows = list(connection.execute(ordered.limit(PAGE + 1)))
    has_more, rows = len(rows) > PAGE, rows[:PAGE]
    if wanted.after:
        rows.reverse()
    older = bool(rows) and (has_more or bool(wanted.after))
    newer = bool(rows) and (has_more if wanted.after else bool(wanted.before))
    return Page(tuple(rows), rows[-1].id if older else 0, rows[0].id if newer else 0)


def stream(connection: Connection, statement: Select[Any]) -> Iterator[Row[Any]]:
    """Yield all entries, the newest first, in flat memory."""
    ordered = statement.order_by(statement.selected_columns["id"].desc())
    yield from connection.execution_options(stream_results=True, max_row_buffer=STREAMED).execute(ordered)


def logins(connection: Connection, table: FromClause) -> list[str]:
    """Return who is named in a journal."""
    found = select(table.c.login).where(table.c.login != "").distinct().order_by(table.c.login)
    return list(connection.scalars(found))


def conditions(table: FromClause, wanted: Wanted, kind: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """Return what is searched for as conditions on a journal; kind: the column of kinds."""
    asked = {table.c.login: wanted.login, kind: wanted.kind, table.c.address: wanted.address}
    found: list[ColumnElement[bool]] = [column == value for column, value in asked.items() if value]
    if wanted.since:
        found.append(table.c.at >= wanted.since)
    if wanted.until:
        found.append(table.c.at < wanted.until)
    return found
