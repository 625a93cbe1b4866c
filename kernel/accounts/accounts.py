"""This file keeps accounts: makes them, changes their passwords, gives and takes roles, lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from kernel.accounts import events, lockout, passwords, sessions
from kernel.accounts.events import Origin
from kernel.accounts.sign_in import LONGEST_LOGIN, folded
from kernel.accounts.tables import ACCOUNT, LOCKOUT, ROLE
from metadata.problems import Refused

LOGIN = re.compile(rf"[a-z0-9][a-z0-9._@+-]{{0,{LONGEST_LOGIN - 1}}}")
ROLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as an administrator sees it; `roles` are those in force."""

    id: int
    login: str
    name: str
    email: str | None
    is_active: bool
    is_demo: bool
    has_password: bool
    has_second_factor: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class New:
    """An account to be made."""

    login: str
    name: str
    password: str | None
    email: str | None = None
    must_change: bool = True
    is_demo: bool = False


def any_exists(connection: Connection) -> bool:
    """Tell whether there is an account that is not of the demonstration."""
    return connection.scalar(select(exists().where(~ACCOUNT.c.is_demo))) is True


def add(connection: Connection, new: New, by: str) -> int | Refused:
    """Make an account and return its id."""
    login = folded(new.login)
    if not LOGIN.fullmatch(login):
        return Refused("R475", {"login": new.login})
    if connection.scalar(select(exists().where(ACCOUNT.c.login == login))):
        return Refused("R476", {"login": login})
    email = folded(new.email or "") or None
    if email and connection.scalar(select(exists().where(ACCOUNT.c.email == email))):
        return Refused("R476", {"login": email})
    kept = passwords.hash_of(new.password) if new.password is not None else None
    row = {"login": login, "name": new.name.strip() or login, "email": email, "is_demo": new.is_demo}
    state = {"password_hash": kept, "must_change_password": new.must_change and kept is not None}
    made: int = connection.execute(
        insert(ACCOUNT).values(**row, **state, made_by=by).returning(ACCOUNT.c.id)
    ).scalar_one()
    return made


def _in_force(today: date) -> Any:
    return and_(ROLE.c.valid_from <= today, or_(ROLE.c.valid_to.is_(None), ROLE.c.valid_to >= today))


def listed(connection: Connection, today: date) -> list[Account]:
    """Return every account by login, with the roles in force on a day."""
    rows = connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.login)).mappings().all()
    given = connection.execute(select(ROLE.c.account, ROLE.c.role).where(_in_force(today)))
    roles: dict[int, set[str]] = {}
    for account, role in given:
        roles.setdefault(account, set()).add(role)
    return [
        Account(
            row["id"], row["login"], row["name"], row["email"], row["is_active"], row["is_demo"],
            row["password_hash"] is not None, row["totp_is_on"], tuple(sorted(roles.get(row["id"], ()))),
        )
        for row in rows
    ]  # fmt: skip


def find(connection: Connection, login: str, today: date) -> Account | None:
    """Return the account of a login."""
    wanted = folded(login)
    return next((each for each in listed(connection, today) if each.login == wanted), None)


def change_password(
    connection: Connection,
    account: int,
    password: str,
    at: datetime,
    origin: Origin,
    *,
    keep: int | None = None,
    must_change: bool = False,
) -> Refused | None:
    """Give an account another password; its sessions end, except the one to `keep`."""
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.id == account)).mappings().one()
    if refused := passwords.refusal(password, (row["login"], row["name"], row["email"] or "")):
        return refused
    if row["password_hash"] and passwords.is_right(row["password_hash"], password):
        return Refused("R468", {})
    kept = {"password_hash": passwords.hash_of(password), "must_change_password": must_change}
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(**kept))
    sessions.revoke(connection, account, at, origin, login=row["login"], but=keep)
    events.note(connection, at, origin, "password-changed", account=account, login=row["login"])
    return None


def activate(connection: Connection, account: Account, is_active: bool, at: datetime, origin: Origin) -> None:
    """Let an account sign in, or no longer; what it has open ends."""
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account.id).values(is_active=is_active))
    if not is_active:
        sessions.revoke(connection, account.id, at, origin, login=account.login)
    what = "account-enabled" if is_active else "account-disabled"
    events.note(connection, at, origin, what, account=account.id, login=account.login)


def give(
    connection: Connection,
    account: int,
    role: str,
    since: date,
    until: date | None,
    by: str,
) -> Refused | None:
    """Give a role from a day on; what was given of it from that day or later is replaced."""
    if not ROLE_NAME.fullmatch(role):
        return Refused("R483", {"role": role})
    take(connection, account, role, since)
    row = {"account": account, "role": role, "valid_from": since, "valid_to": until, "given_by": by}
    connection.execute(insert(ROLE).values(**row))
    return None


def take(connection: Connection, account: int, role: str, since: date) -> None:
    """Take a role away from a day on; the days before stay on record."""
    mine = (ROLE.c.account == account, ROLE.c.role == role)
    connection.execute(delete(ROLE).where(*mine, ROLE.c.valid_from >= since))
    still = or_(ROLE.c.valid_to.is_(None), ROLE.c.valid_to >= since)
    connection.execute(update(ROLE).where(*mine, still).values(valid_to=since - timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Given:
    """A role of an account, with its days."""

    role: str
    valid_from: date
    valid_to: date | None
    given_by: str


def given(connection: Connection, account: int) -> list[Given]:
    """Return all roles that an account has, had or will have."""
    columns = (ROLE.c.role, ROLE.c.valid_from, ROLE.c.valid_to, ROLE.c.given_by)
    asked = select(*columns).where(ROLE.c.account == account).order_by(ROLE.c.role, ROLE.c.valid_from)
    return [Given(*row) for row in connection.execute(asked)]


def end_pauses(connection: Connection, account: Account) -> None:
    """Forget the failures in the name of an account."""
    keys = (lockout.key(lockout.LOGIN, account.login), lockout.key(lockout.CODE, str(account.id)))
    connection.execute(delete(LOCKOUT).where(LOCKOUT.c.key.in_(keys)))


def give_all(connection: Connection, account: int, roles: Iterable[str], since: date, by: str) -> None:
    """Give roles without an end."""
    for role in roles:
        give(connection, account, role, since, None, by)
