"""This file keeps what the site says of roles, line by line over what packages say, each edit on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, text, update

from kernel.accounts.tables import ROLE_CHANGE, ROLE_EDIT
from metadata.grants import Lines, Place
from metadata.package import Configuration
from metadata.problems import Problem, Refused
from metadata.site_roles import Change, judged, of_package

CHANNEL = "aroeira_publication"
"""Where those who serve hear that there is something new; the same as for publications."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a role as it was made: what stood at each place before and after; None for nothing."""

    made_at: datetime
    made_by: str
    note: str
    lines: tuple[tuple[Place, Any, Any], ...]


def latest(connection: Connection, role: str = "") -> int:
    """Return the newest edit, of one role or of all; 0 where there is none, or where nothing is installed."""
    if connection.scalar(text("SELECT to_regclass('aroeira_role_edit')")) is None:
        return 0
    asked = select(func.max(ROLE_EDIT.c.id))
    return connection.scalar(asked.where(ROLE_EDIT.c.role == role) if role else asked) or 0


def in_force(connection: Connection) -> list[Change]:
    """Return every change that holds, in the order in which they were made."""
    columns = (ROLE_CHANGE.c.role, ROLE_CHANGE.c.place, ROLE_CHANGE.c.value, ROLE_CHANGE.c.replaced)
    asked = select(*columns).where(ROLE_CHANGE.c.ended_in.is_(None)).order_by(ROLE_CHANGE.c.id)
    return [Change(role, tuple(place), *rest) for role, place, *rest in connection.execute(asked)]


def save(
    connection: Connection,
    configuration: Configuration,
    role: str,
    wanted: Lines,
    *,
    by: str,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> int | Refused | list[Problem]:
    """Have a role say these lines from now on, whatever packages say; return the edit.

    configuration: as the packages have it.  seen: the edit that `wanted` was made from; a newer one of the
    role is not overwritten.  What stays as the package has it is no change, and follows the package.
    """
    problems = judged(configuration, role, wanted) if wanted else []
    if isinstance(problems, list) and problems:
        return problems
    connection.execute(text("LOCK TABLE aroeira_role_edit IN SHARE ROW EXCLUSIVE MODE"))
    if seen is not None and latest(connection, role) != seen:
        return Refused("R491", {"role": role})
    packaged = of_package(configuration, role)
    after = dict(differences(packaged, wanted))
    held = {each.place: each for each in in_force(connection) if each.role == role}
    ended = [place for place in held if place not in after or held[place].value != after[place]]
    fresh = [place for place in after if place not in held or held[place].value != after[place]]
    if not ended and not fresh:
        return latest(connection, role)
    made = ROLE_EDIT.insert().values(role=role, note=note, made_by=by, made_at=at)
    edit: int = connection.scalar(made.returning(ROLE_EDIT.c.id)) or 0
    mine = (ROLE_CHANGE.c.role == role, ROLE_CHANGE.c.ended_in.is_(None))
    for place in ended:
        found = update(ROLE_CHANGE).where(*mine, ROLE_CHANGE.c.place == list(place))
        connection.execute(found.values(ended_in=edit))
    rows = [
        {
            "role": role,
            "place": list(place),
            "value": after[place],
            "replaced": packaged.get(place),
            "made_in": edit,
        }
        for place in fresh
    ]
    if rows:
        connection.execute(ROLE_CHANGE.insert(), rows)
    connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return edit


def differences(before: Mapping[Place, Any], after: Mapping[Place, Any]) -> Iterator[tuple[Place, Any]]:
    """Yield each place where two roles differ, with what the second says there; None for nothing."""
    for place in {**before, **after}:
        if before.get(place) != after.get(place):
            yield place, after.get(place)


def history(connection: Connection, role: str) -> list[Edit]:
    """Return the edits of a role, newest first."""
    edits = connection.execute(
        select(ROLE_EDIT).where(ROLE_EDIT.c.role == role).order_by(ROLE_EDIT.c.id.desc())
    ).all()
    numbers = [edit.id for edit in edits]
    among = or_(ROLE_CHANGE.c.made_in.in_(numbers), ROLE_CHANGE.c.ended_in.in_(numbers))
    rows = connection.execute(select(ROLE_CHANGE).where(among).order_by(ROLE_CHANGE.c.id)).all()
    return [Edit(each.made_at, each.made_by, each.note, tuple(_told(rows, each.id))) for each in edits]


def _told(rows: Any, edit: int) -> Iterator[tuple[Place, Any, Any]]:
    before = {tuple(row.place): row.value for row in rows if row.ended_in == edit}
    made = {tuple(row.place): row for row in rows if row.made_in == edit}
    for place in {**before, **made}:
        row = made.get(place)
        if row is None:  # back to what the package says
            ended = next(each for each in rows if each.ended_in == edit and tuple(each.place) == place)
            yield place, before[place], ended.replaced
        else:
            yield place, before.get(place, row.replaced), row.value
