"""This file tells whether somebody sees every record there is today, though records are kept apart or closed.

Records are kept apart by company, and many work for all of the companies there are: then nothing is kept from
them, and figures made of all records tell them nothing that they could not add up themselves.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    false,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.access.access import ASKING, ROLES, USER_RECORD, WORKING
from kernel.access.allowed import Allowed, Apart
from kernel.access.profile import READ, EntityAccess
from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage.closed import CLOSED
from metadata.entity import SYSTEM_FIELDS


class Reach:
    """What somebody sees of each entity, as of now; each part of it is asked of the database once."""

    def __init__(self, connection: Connection, runtime: Runtime, context: Context) -> None:
        self._connection = connection
        self._whole = runtime.whole
        self._context = context
        self._profile = context.access.profile
        self._known: dict[Apart | str, bool] = {}

    def reads_all(self, entity: str, field: str) -> bool:
        """Tell whether they read the value of a field of every record, as it is."""
        if self._profile is None:
            return True
        access = self._profile.entities[entity]
        is_plain = field in SYSTEM_FIELDS or field == "id"
        return self._has_every(entity, access.record(READ)) and (
            is_plain or self._has_every(entity, access.clear(field))
        )

    def reads_whole(self, entity: str) -> bool:
        """Tell whether they read every record and every field."""
        if self._profile is None:
            return True
        access: EntityAccess = self._profile.entities[entity]
        found = (access.record(READ), *(access.clear(name) for name in access.entity.fields))
        return all(self._has_every(entity, allowed) for allowed in found)

    def _has_every(self, entity: str, allowed: Allowed) -> bool:
        """Tell whether every record is among those allowed: none by a condition, and nothing is kept back."""
        if allowed.some is not None or allowed.never:
            return False
        return (
            all(self._asked(apart, self._all_of(apart)) for apart in allowed.apart)
            and not (allowed.open_only and self._asked(entity, self._closed(entity)))
            and all(self._has_every(above.entity, above.allowed) for above in allowed.within)
        )

    def _asked(self, key: Apart | str, condition: ColumnElement[bool]) -> bool:
        if key not in self._known:
            self._known[key] = bool(self._connection.scalar(select(condition), self._context.bound()))
        return self._known[key]

    def _all_of(self, apart: Apart) -> ColumnElement[bool]:
        """Return whether all records by which others are kept apart are theirs, and worked for together."""
        operators = self._whole.configuration.operators
        if operators is None:
            return false()
        target = self._whole.entities[apart.target].table
        working = bindparam(f"{WORKING}{apart.target}", type_=BigInteger)
        missing = [and_(working.is_not(None), target.c.id != working)]
        if apart.mine:
            pairs = self._whole.entities[operators.name].bridges[apart.mine]
            user = bindparam(USER_RECORD, type_=BigInteger)
            missing.append(target.c.id.not_in(select(pairs.c.target).where(pairs.c.source == user)))
        return ~exists().where(or_(*missing))

    def _closed(self, entity: str) -> ColumnElement[bool]:
        """Return whether some record is closed to them."""
        names = (entity, *self._whole.entities[entity].entity.was)
        named = or_(
            bindparam(ASKING, type_=Text) == any_(CLOSED.c.operators),
            CLOSED.c.roles.overlap(bindparam(ROLES, type_=ARRAY(Text))),
        )
        return exists().where(CLOSED.c.entity.in_(names), not_(named))
