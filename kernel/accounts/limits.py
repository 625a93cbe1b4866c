"""This file says how long sessions last: settings of the site, within bounds, with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from kernel.storage.system import SETTING
from metadata.problems import Refused

WAITING = timedelta(minutes=10)  # between the password and the code


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of sessions: what it is when nobody set it, and from where to where it may go."""

    default: int
    least: int
    most: int


LIMITS: Mapping[str, Limit] = {
    "session_idle_minutes": Limit(60, 5, 24 * 60),
    "session_absolute_hours": Limit(12, 1, 30 * 24),
}


def chosen(connection: Connection) -> dict[str, int]:
    """Return the limits that hold."""
    asked = select(SETTING.c.name, SETTING.c.value).where(SETTING.c.name.in_(LIMITS))
    kept = {name: int(value) for name, value in connection.execute(asked)}
    return {name: kept.get(name, limit.default) for name, limit in LIMITS.items()}


def choose(connection: Connection, name: str, value: int) -> Refused | None:
    """Set a limit; it holds at once, also for sessions that are open."""
    limit = LIMITS[name]
    if not limit.least <= value <= limit.most:
        return Refused("R481", {"value": value, "least": limit.least, "most": limit.most})
    statement = insert(SETTING).values(name=name, value=str(value))
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": str(value)}))
    return None
