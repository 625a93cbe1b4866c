"""This file keeps what somebody chose to work for, as JSON whose meaning kernel.access.working knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, literal, select
from sqlalchemy.dialects.postgresql import insert

from kernel.accounts.tables import ACCOUNT_WORK, SESSION_WORK


def choose(connection: Connection, account: int, session: int, chosen: Mapping[str, Any]) -> None:
    """Keep a choice for a session, and for those that the account begins later."""
    for table, key in ((SESSION_WORK, {"session": session}), (ACCOUNT_WORK, {"account": account})):
        row = insert(table).values(**key, chosen=chosen)
        connection.execute(row.on_conflict_do_update(index_elements=list(key), set_={"chosen": chosen}))


def carry_over(connection: Connection, account: int, session: int) -> None:
    """Begin a session with what its account chose lately."""
    lately = select(literal(session, BigInteger), ACCOUNT_WORK.c.chosen)
    lately = lately.where(ACCOUNT_WORK.c.account == account)
    connection.execute(insert(SESSION_WORK).from_select(["session", "chosen"], lately))
