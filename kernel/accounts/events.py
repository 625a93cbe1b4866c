"""This file records what happens at the door: who came in, who was refused, who left, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kernel.accounts.tables import EVENT

DONE = "done"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the address of the client, the browser as it names itself."""

    address: str = ""
    agent: str = ""


def note(
    connection: Connection,
    at: datetime,
    origin: Origin,
    what: str,
    *,
    account: int | None = None,
    login: str = "",
    outcome: str = DONE,
    detail: str = "",
) -> None:
    """Record an event; `outcome` is `done` or the code of what refused it, `detail` what else it is about."""
    values = {"at": at, "login": login, "account": account, "address": origin.address, "detail": detail}
    connection.execute(EVENT.insert().values(**values, what=what, outcome=outcome))
