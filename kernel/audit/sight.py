"""This file says what of the audit an operator may see: the one place of it that knows access.

Values of former days have no record of today that a condition could be asked of: a field is seen only where
it is shown of every record that may be read.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from kernel.access.allowed import Allowed
from kernel.access.profile import READ
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.runtime import Runtime


def sees(runtime: Runtime, context: Context, entity: str, field: str = "") -> bool:
    """Tell whether an operator may see changes of an entity, or of a field of it.

    What no longer exists in the configuration has nobody who could say who may see it: it is not seen.
    """
    profile = context.access.profile
    compiled = seen_by(runtime, profile).entities.get(entity)
    if compiled is None:
        return False
    if not field or profile is None:
        return not field or field in compiled.fields
    access = profile.entities[entity]
    return field in compiled.fields and access.clear(field) == access.record(READ)


def sees_every_record(context: Context, entity: str) -> bool:
    """Tell whether no condition keeps records of an entity from an operator; a removed one meets none."""
    profile = context.access.profile
    return profile is None or profile.entities[entity].record(READ).is_everything


def records_seen(runtime: Runtime, context: Context, entity: str) -> Select[Any]:
    """Return the SELECT of the ids of the records that an operator sees."""
    table = seen_by(runtime, context.access.profile).entities[entity].table
    return select(table.c.id)


def sees_rows_below(context: Context, entity: str, above: str) -> bool:
    """Tell whether all rows of an entity are seen that are, or were, below a record of `above` that is.

    What keeps rows from somebody may only be what keeps the record itself.
    """
    profile = context.access.profile
    if profile is None:
        return True
    read = profile.entities[entity].record(READ)
    return read.some is None and not read.never and _follows(read, above)


def _follows(kept: Allowed, above: str) -> bool:
    own = kept.apart or kept.open_only
    return not own and all(each.entity == above or _follows(each.allowed, above) for each in kept.within)
