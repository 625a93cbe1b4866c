"""This file explains an answer of the gate: role by role what is granted, what is denied, and what decides.

It is for those who may know it: it tells of conditions, and of records that the operator it is about may not
see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from kernel.access.access import Access
from kernel.access.allowed import Above, Allowed, Condition
from kernel.access.effective import profile_of
from kernel.access.profile import READ, EntityAccess, Grant, Profile
from kernel.access.tables import Seen
from kernel.runtime import Runtime
from metadata.expression.describe import described
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.role import Role


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: an entity, a level, perhaps a field and one record."""

    entity: str
    level: int = READ
    field: str = ""
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one role says of it.

    level: what it grants, or from where it denies.  rows: of which records, as a sentence; empty for all.
    is_met: whether the record asked about is one of them; None where none was asked about.
    """

    role: str
    level: int
    rows: str
    is_met: bool | None
    denies: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it is allowed, and why.

    is_allowed: on the record asked about, or on some record at all.  is_there: whether the record exists.
    is_apart: the record is kept apart, with another company or the like.
    """

    is_allowed: bool
    is_there: bool
    is_apart: bool
    reasons: tuple[Reason, ...]


def why(connection: Connection, whole: Runtime, roles: list[Role], access: Access, asked: Asked) -> Answer:
    """Explain what somebody with these roles is answered; access: theirs, for the values of conditions."""
    configuration = whole.configuration
    together = profile_of(configuration, *roles)
    judge = _Judge(connection, whole, together, replace(access, profile=together), asked)
    reasons = tuple(
        reason
        for role in roles
        for reason in _reasons(judge, role.name, profile_of(configuration, role).entities[asked.entity])
    )
    mine = together.entities[asked.entity]
    allowed, kept = _allowed(mine, asked), mine.kept
    is_there = asked.record is None or judge.is_there
    return Answer(
        is_there and judge.allows(allowed),
        is_there,
        asked.record is not None and is_there and not judge.allows(kept),
        reasons,
    )


def _allowed(access: EntityAccess, asked: Asked) -> Allowed:
    return access.field(asked.field, asked.level) if asked.field else access.record(asked.level)


def _reasons(judge: _Judge, role: str, access: EntityAccess) -> Iterator[Reason]:
    asked = judge.asked
    for grant in access.grants:
        yield Reason(role, _granted(grant, asked), judge.said(grant.rows), judge.meets(grant.rows))
    for denied in access.denied:
        if denied.field in ("", asked.field) and denied.level <= asked.level:
            rows = denied.rows
            yield Reason(role, denied.level, judge.said(rows), judge.meets(rows, denies=True), denies=True)


def _granted(grant: Grant, asked: Asked) -> int:
    return grant.of(asked.field) if asked.field else grant.level


class _Judge:
    """Asks the database about one record."""

    def __init__(
        self, connection: Connection, whole: Runtime, profile: Profile, access: Access, asked: Asked
    ) -> None:
        self.connection = connection
        self.whole = whole
        self.asked = asked
        self.access = access
        self.table: Any = whole.entities[asked.entity].table.alias("asked")
        self.seen = Seen(whole, profile, asked.entity, self.table)

    @property
    def is_there(self) -> bool:
        """Tell whether there is such a record."""
        found = select(self.table.c.id).where(self.table.c.id == self.asked.record)
        return self.connection.scalar(found) is not None

    def allows(self, allowed: Allowed) -> bool:
        """Tell whether the record, or without one any that there could be, is among those allowed."""
        if self.asked.record is None:
            return not allowed.is_nothing
        return self._holds(self.seen.allows(allowed))

    def meets(self, rows: Condition | None, *, denies: bool = False) -> bool | None:
        """Tell whether the record meets a condition."""
        if self.asked.record is None:
            return None
        return True if rows is None else self._holds(self.seen.meets(rows, denies=denies))

    def _holds(self, clause: Any) -> bool:
        found = select(clause).select_from(self.seen.from_).where(self.table.c.id == self.asked.record)
        return self.connection.scalar(found, self.access.bound()) is True

    def said(self, rows: Condition | None) -> str:
        """Return a condition as a sentence."""
        return _said(self.whole, self.asked.entity, rows)


def _said(whole: Runtime, entity: str, rows: Condition | None) -> str:
    if rows is None:
        return ""
    if isinstance(rows, Above):
        label = whole.entities[entity].fields[rows.link].label
        some = sorted(rows.allowed.some or (), key=repr)
        return f"{label}: {' ou '.join(_said(whole, rows.entity, each) for each in some)}"
    node = parse(rows.text)
    if isinstance(node, Fault):
        return rows.text
    return described(node, whole.configuration.entities, entity)
