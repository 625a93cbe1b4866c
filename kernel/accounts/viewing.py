"""This file keeps as whom somebody sees the screens for a while: another operator, or a role by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from kernel.accounts import events
from kernel.accounts.events import Origin
from kernel.accounts.tables import SESSION_VIEW

OPERATOR, ROLE = "operator", "role"


@dataclass(frozen=True, slots=True)
class Viewing:
    """As whom: kind and name; what they are called, their roles and record are read anew each time."""

    kind: str
    name: str
    label: str
    roles: tuple[str, ...]
    record: int | None = None


def begin(
    connection: Connection, session: int, login: str, kind: str, name: str, at: datetime, origin: Origin
) -> None:
    """Have a session see as somebody else from now on; it is put on record."""
    values = {"kind": kind, "name": name, "begun_at": at}
    made = insert(SESSION_VIEW).values(session=session, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["session"], set_=values))
    events.note(connection, at, origin, "viewed-as", login=login, detail=name)


def end(connection: Connection, session: int) -> None:
    """Have a session see as its owner again."""
    connection.execute(delete(SESSION_VIEW).where(SESSION_VIEW.c.session == session))
