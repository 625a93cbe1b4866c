"""This file keeps what the site says its parameters are, by date, and reads all of it at once.

Entries are only added: the last said of a day counts, or takes the day back; who said what before stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from kernel.audit.origin import tell
from kernel.expression.plain import plain
from kernel.storage.system import PARAMETER
from metadata.limits import check_value
from metadata.problems import Refused

if TYPE_CHECKING:
    from kernel.context import Context
    from kernel.runtime import Runtime
    from metadata.entity import Field


@dataclass(frozen=True, slots=True)
class Dated:
    """A value of the site from a day on; None gives the parameter back to its default.

    shown: the value as people read it.  by, at: who said so and when.  id: grows with every entry.
    is_taken_back: the day is as if nothing had been said of it.  kept: the value as it is kept.
    """

    value: Any
    since: date
    shown: str
    by: str
    at: datetime
    id: int = 0
    reason: str = ""
    is_taken_back: bool = False
    kept: Any = None


class SiteValues:
    """The values of the site, read when the first is asked for; lives as long as one request."""

    def __init__(self, load: Callable[[], dict[str, tuple[Dated, ...]]]) -> None:
        self._load = load
        self._values: dict[str, tuple[Dated, ...]] | None = None

    def on(self, name: str, day: date) -> Dated | None:
        """Return what a parameter is on a day, where the site says so."""
        if self._values is None:
            self._values = {each: counting(history) for each, history in self._load().items()}
        found = on(self._values.get(name, ()), day)
        return found if found is not None and found.value is not None else None


def counting(history: Iterable[Dated]) -> tuple[Dated, ...]:
    """Return the entries that count, the earliest first: the last of each day, if it takes nothing back."""
    last = {one.since: one for one in history}
    return tuple(one for one in last.values() if not one.is_taken_back)


def on(values: tuple[Dated, ...], day: date) -> Dated | None:
    """Return which of the entries that count is in force on a day."""
    place = bisect_right(values, day, key=lambda one: one.since)
    return values[place - 1] if place else None


def site_values(runtime: Runtime, connection: Connection) -> SiteValues:
    """Return the values of the site; nothing is read before one is asked for."""
    return SiteValues(lambda: all_values(runtime, connection))


def all_values(runtime: Runtime, connection: Connection) -> dict[str, tuple[Dated, ...]]:
    """Return the history of each parameter by name: the earliest day first, of one day the last counts."""
    types = {name: parameter.type for name, parameter in runtime.configuration.parameters.items()}
    found: dict[str, list[Dated]] = {}
    rows = connection.execute(select(PARAMETER).order_by(PARAMETER.c.valid_from, PARAMETER.c.id))
    for row in rows:
        if row.parameter in types:
            found.setdefault(row.parameter, []).extend(_read(row, types[row.parameter]))
    return {name: tuple(dated) for name, dated in found.items()}


def _read(row: Any, field: Field) -> Iterable[Dated]:
    """Yield what a row says; a value that the type of today does not know says nothing."""
    value = None if row.value is None else field.kind.from_json(row.value, field)
    if not isinstance(value, Refused):
        shown = "" if value is None else field.kind.print(value, field)
        yield Dated(
            plain(value, field), row.valid_from, shown, row.set_by, row.set_at,
            row.id, row.reason, row.taken_back, value,
        )  # fmt: skip


def set_value(
    runtime: Runtime, connection: Connection, context: Context, name: str, value: Any, since: date,
    *, reason: str = "", is_taken_back: bool = False,
) -> Refused | None:  # fmt: skip
    """Let a parameter have a value of its field from a day on; refuse one that it does not take.

    What people change goes through `parameter_change`, which judges whether they may.
    """
    field = runtime.configuration.parameters[name].type
    refused = None if value is None else check_value(value, field)
    if refused is None:
        row = {"parameter": name, "valid_from": since, "set_by": context.operator, "set_at": context.now}
        row["value"] = None if value is None else field.kind.to_json(value, field)
        row |= {"reason": reason, "taken_back": is_taken_back}
        tell(connection, context)
        connection.execute(PARAMETER.insert(), row)
    return refused
