"""This file has what is kept of roles by name follow a role that packages call otherwise by now (`was`).

Documents are read with today's names; who has a role, what the site says of it, and to whom a record was left
open stand in tables, so a publication renames them there. What happened stays told as it was called then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, func, select, update

from kernel.accounts.tables import ROLE, ROLE_CHANGE, ROLE_EDIT, SESSION_VIEW
from kernel.accounts.viewing import ROLE as AS_ROLE
from kernel.storage.closed import CLOSED
from metadata.package import Configuration
from metadata.site_roles import Change


def follow(connection: Connection, configuration: Configuration) -> None:
    """Give today's names to roles wherever a former name is kept."""
    for role in configuration.roles.values():
        for was in role.was:
            for table in (ROLE, ROLE_EDIT, ROLE_CHANGE):
                connection.execute(update(table).where(table.c.role == was).values(role=role.name))
            viewed = update(SESSION_VIEW).where(SESSION_VIEW.c.kind == AS_ROLE, SESSION_VIEW.c.name == was)
            connection.execute(viewed.values(name=role.name))
            _follow_closed(connection, was, role.name)


def of_today(configuration: Configuration, changes: Iterable[Change]) -> list[Change]:
    """Return what the site says of roles as it will stand behind the publication of a configuration."""
    today = {was: role.name for role in configuration.roles.values() for was in role.was}
    return [replace(change, role=today.get(change.role, change.role)) for change in changes]


def _follow_closed(connection: Connection, was: str, name: str) -> None:
    """Leave records open to the role that were open to it by its former name; each has a note of its own."""
    key = (CLOSED.c.entity, CLOSED.c.record)
    for entity, record in connection.execute(select(*key).where(CLOSED.c.roles.contains([was]))).all():
        named = func.array_replace(CLOSED.c.roles, was, name)
        closed = update(CLOSED).where(CLOSED.c.entity == entity, CLOSED.c.record == record)
        connection.execute(closed.values(roles=named))
