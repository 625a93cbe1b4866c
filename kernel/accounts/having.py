"""This file says who has a role on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, or_, select

from kernel.accounts.tables import ACCOUNT, ROLE


def having(connection: Connection, roles: Iterable[str], day: date) -> list[str]:
    """Return the logins of those who have one of some roles on a day, and whose account is on."""
    wanted = list(roles)
    if not wanted:
        return []
    in_force = (ROLE.c.valid_from <= day, or_(ROLE.c.valid_to.is_(None), ROLE.c.valid_to >= day))
    asked = select(ACCOUNT.c.login).join(ROLE, ROLE.c.account == ACCOUNT.c.id)
    asked = asked.where(ROLE.c.role.in_(wanted), ACCOUNT.c.is_active, *in_force).distinct()
    return list(connection.scalars(asked.order_by(ACCOUNT.c.login)))
