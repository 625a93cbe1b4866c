"""This file knows browsers in which an account signed in before, by a token of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from kernel.accounts.secret_texts import hashed, new_token
from kernel.accounts.tables import DEVICE

TRUSTED = timedelta(days=30)


def is_known(connection: Connection, account: int | None, token: str) -> bool:
    """Tell whether an account signed in with this browser before."""
    # Asked also when there is no such account, so that the answer takes as long.
    found = connection.scalar(select(DEVICE.c.account).where(DEVICE.c.token_hash == hashed(token)))
    return found is not None and found == account


def is_trusted(connection: Connection, account: int, token: str, now: datetime) -> bool:
    """Tell whether the account asked not to be asked for a code in this browser."""
    mine = (DEVICE.c.token_hash == hashed(token), DEVICE.c.account == account)
    until = connection.scalar(select(DEVICE.c.trusted_until).where(*mine)) if token else None
    return until is not None and until > now


def note(connection: Connection, account: int, token: str, now: datetime, *, trusted: bool = False) -> str:
    """Note that an account signed in with a browser; return the token that it is known by from now on."""
    until = {"trusted_until": now + TRUSTED} if trusted else {}
    if is_known(connection, account, token):
        mine = update(DEVICE).where(DEVICE.c.token_hash == hashed(token))
        connection.execute(mine.values(seen_at=now, **until))
        return token
    fresh = new_token()
    row = {"token_hash": hashed(fresh), "account": account, "seen_at": now}
    connection.execute(insert(DEVICE).values(**row, **until))
    return fresh
