"""This file reads from the audit what was changed of parameters: by whom, from where, what it was before."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Date, Select, Text, and_, case, cast, false, func, select

from kernel.access.rights import CONFIGURE_PARAMETERS, SEE_PARAMETERS
from kernel.audit.journal import Wanted, conditions
from kernel.audit.tables import ACT, AUDIT, INSERTED
from kernel.context import Context
from kernel.storage.system import PARAMETER

SET, CORRECTED, TAKEN_BACK = "set", "corrected", "taken-back"


def _noted() -> Select[tuple[object, ...]]:
    """Return the SELECT of entries as they were noted; before: what counted on their day until then."""
    said = AUDIT.c.changes
    name, since = said["parameter"].astext, cast(said["valid_from"].astext, Date)
    earlier, later = PARAMETER.alias(), PARAMETER.alias()
    taken_back = (
        select(later.c.id)
        .where(
            later.c.parameter == earlier.c.parameter,
            later.c.valid_from == earlier.c.valid_from,
            later.c.taken_back,
            later.c.id > earlier.c.id,
            later.c.id < AUDIT.c.record,
        )
        .correlate(earlier, AUDIT)
        .exists()
    )
    before = (
        select(earlier.c.value)
        .where(
            earlier.c.parameter == name,
            earlier.c.valid_from <= since,
            earlier.c.id < AUDIT.c.record,
            ~earlier.c.taken_back,
            ~taken_back,
        )
        .order_by(earlier.c.valid_from.desc(), earlier.c.id.desc())
        .limit(1)
        .correlate(AUDIT)
        .scalar_subquery()
    )
    is_back = func.coalesce(cast(said["taken_back"].astext, Boolean), false())
    reason = func.coalesce(said["reason"].astext, "")
    kind = case((is_back, TAKEN_BACK), (reason != "", CORRECTED), else_=SET)
    return (
        select(
            cast(AUDIT.c.act, BigInteger).label("id"),
            AUDIT.c.at,
            ACT.c.operator.label("login"),
            ACT.c.address,
            ACT.c.route,
            name.label("parameter"),
            since.label("since"),
            cast(kind, Text).label("kind"),
            said["value"].label("value"),
            before.label("before"),
            reason.label("reason"),
        )
        .select_from(AUDIT.join(ACT, and_(ACT.c.act == AUDIT.c.act, ACT.c.at == AUDIT.c.at)))
        .where(AUDIT.c.entity == PARAMETER.name, ACT.c.operation == INSERTED)
    )


SETTING = _noted().subquery("setting")


def changes(context: Context, wanted: Wanted) -> Select[tuple[object, ...]]:
    """Return the SELECT of what was changed, for whoever sees parameters; for others there is nothing."""
    found = select(SETTING).where(*conditions(SETTING, wanted, SETTING.c.kind))
    may = context.has_right(SEE_PARAMETERS) or context.has_right(CONFIGURE_PARAMETERS)
    return found if may else found.where(false())
