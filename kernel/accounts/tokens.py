"""This file makes, lists and revokes tokens of the API; whom one speaks for, kernel.accounts.signed reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from kernel.accounts import events
from kernel.accounts.events import Origin
from kernel.accounts.secret_texts import hashed, new_token
from kernel.accounts.tables import TOKEN
from metadata.problems import Refused, near

MARK = "aroeira_"  # so that a token found somewhere can be recognised
LONGEST_NAME, LONGEST_DAYS = 60, 366


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it; the text itself is shown once, when it is made."""

    id: int
    name: str
    may_write: bool
    entities: tuple[str, ...] | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks of a new token."""

    name: str
    may_write: bool
    entities: tuple[str, ...] | None
    days: int


def problems(wanted: Wanted, known: Iterable[str]) -> tuple[Refused, ...]:
    """Return all that is wrong with a token that somebody asks for."""
    known = tuple(known)
    found = [] if 0 < len(wanted.name) <= LONGEST_NAME else [Refused("R480", {"max": LONGEST_NAME})]
    if not 0 < wanted.days <= LONGEST_DAYS:
        found.append(Refused("R482", {"max": LONGEST_DAYS}))
    unknown = [name for name in wanted.entities or () if name not in known]
    return (*found, *(Refused("R401", {"name": name, "near": near(name, known)}) for name in unknown))


def make(
    connection: Connection, account: int, wanted: Wanted, at: datetime, origin: Origin, login: str
) -> str:
    """Make a token and return its text, which is not kept."""
    text = f"{MARK}{new_token()}"
    entities: Sequence[str] | None = None if wanted.entities is None else list(wanted.entities)
    row = {"name": wanted.name, "may_write": wanted.may_write, "entities": entities}
    when = {"made_at": at, "expires_at": at + timedelta(days=wanted.days)}
    connection.execute(insert(TOKEN).values(token_hash=hashed(text), account=account, **row, **when))
    events.note(connection, at, origin, "token-made", account=account, login=login)
    return text


def valid_ones(connection: Connection, account: int, now: datetime) -> list[Token]:
    """Return the tokens of an account that open something, newest first."""
    columns = (
        TOKEN.c.id,
        TOKEN.c.name,
        TOKEN.c.may_write,
        TOKEN.c.entities,
        TOKEN.c.made_at,
        TOKEN.c.expires_at,
        TOKEN.c.used_at,
    )
    mine = (TOKEN.c.account == account, TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > now)
    rows = connection.execute(select(*columns).where(*mine).order_by(TOKEN.c.id.desc())).mappings()
    return [Token(**{**row, "entities": row["entities"] and tuple(row["entities"])}) for row in rows]


def revoke(
    connection: Connection, account: int, token: int, at: datetime, origin: Origin, login: str
) -> None:
    """Revoke a token of an account."""
    mine = (TOKEN.c.account == account, TOKEN.c.id == token, TOKEN.c.revoked_at.is_(None))
    if connection.execute(update(TOKEN).where(*mine).values(revoked_at=at)).rowcount:
        events.note(connection, at, origin, "token-revoked", account=account, login=login)
