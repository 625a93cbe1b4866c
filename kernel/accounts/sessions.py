"""This file begins, lists and ends sessions; whose request it is, kernel.accounts.signed reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from kernel.accounts import events, work
from kernel.accounts.events import Origin
from kernel.accounts.secret_texts import hashed, new_token
from kernel.accounts.tables import DEVICE, SESSION

KEPT = timedelta(days=90)  # of ended sessions and forgotten browsers; the events stay
DEVICE_KNOWN = timedelta(days=180)
AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Session:
    """An open session as its owner sees it."""

    id: int
    address: str
    agent: str
    begun_at: datetime
    seen_at: datetime


def begin(connection: Connection, account: int, at: datetime, origin: Origin, *, waits: bool = False) -> str:
    """Begin a session and return its token, which is always a new one: none can be planted beforehand."""
    token = new_token()
    row = {"token_hash": hashed(token), "account": account, "waits_for_code": waits}
    where = {"address": origin.address, "agent": origin.agent[:AGENT_LENGTH]}
    begun = insert(SESSION).values(**row, **where, begun_at=at, seen_at=at).returning(SESSION.c.id)
    work.carry_over(connection, account, connection.execute(begun).scalar_one())
    return token


def end_by_token(connection: Connection, token: str, at: datetime) -> int | None:
    """End the session of a token; return whose it was, None when there was no open one."""
    ended = update(SESSION).where(SESSION.c.token_hash == hashed(token), SESSION.c.ended_at.is_(None))
    account: int | None = connection.scalar(ended.values(ended_at=at).returning(SESSION.c.account))
    return account


def sign_out(connection: Connection, token: str, at: datetime, origin: Origin, login: str) -> None:
    """End a session because its owner leaves."""
    account = end_by_token(connection, token, at)
    if account is not None:
        events.note(connection, at, origin, "sign-out", account=account, login=login)


def open_ones(connection: Connection, account: int, idle_since: datetime) -> list[Session]:
    """Return the sessions of an account that are open, latest used first."""
    columns = (SESSION.c.id, SESSION.c.address, SESSION.c.agent, SESSION.c.begun_at, SESSION.c.seen_at)
    mine = (SESSION.c.account == account, SESSION.c.ended_at.is_(None), ~SESSION.c.waits_for_code)
    asked = select(*columns).where(*mine, SESSION.c.seen_at > idle_since)
    return [Session(*row) for row in connection.execute(asked.order_by(SESSION.c.seen_at.desc()))]


def revoke(
    connection: Connection,
    account: int,
    at: datetime,
    origin: Origin,
    *,
    login: str,
    only: int | None = None,
    but: int | None = None,
) -> int:
    """End sessions of an account: one, or all but one. Return how many there were.

    With all of them its known browsers are forgotten too: whoever had one is a stranger again.
    """
    chosen = [SESSION.c.account == account, SESSION.c.ended_at.is_(None)]
    chosen += [SESSION.c.id == only] if only is not None else []
    chosen += [SESSION.c.id != but] if but is not None else []
    ended = connection.execute(update(SESSION).where(*chosen).values(ended_at=at)).rowcount
    if only is None:
        connection.execute(delete(DEVICE).where(DEVICE.c.account == account))
    if ended:
        events.note(connection, at, origin, "session-revoked", account=account, login=login)
    return ended


def forget_old(connection: Connection, at: datetime) -> None:
    """Remove sessions and browsers that nobody can come back with."""
    connection.execute(delete(SESSION).where(SESSION.c.begun_at < at - KEPT))
    connection.execute(delete(DEVICE).where(DEVICE.c.seen_at < at - DEVICE_KNOWN))
