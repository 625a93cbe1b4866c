"""This file lets in: login and password, then the code where there is a second factor, then a session.

Each try is counted and committed before it is judged (kernel.accounts.lockout). What is wrong is never said
more closely than "one of the two": the same statements and one password check run whether the login exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, select, update

from kernel.accounts import devices, events, lockout, passwords, second_factor, sessions
from kernel.accounts.events import Origin
from kernel.accounts.lockout import ADDRESS, CODE, DEVICE, LOGIN, Counted, Paused
from kernel.accounts.sealing import Seal
from kernel.accounts.signed import Signed
from kernel.accounts.tables import ACCOUNT
from kernel.fold import fold
from metadata.problems import Refused

LONGEST_LOGIN = 120
BUSY = Refused("R462", {})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, from where.

    device: the token of the browser.  demo: accounts of the demonstration count.
    """

    login: str
    password: str
    origin: Origin
    device: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """The way in: the token of a session and of the browser; with `waits` a code is still to come."""

    token: str
    device: str
    waits: bool


def enter(engine: Engine, attempt: Attempt, now: datetime) -> Entered | Refused:
    """Judge a login with its password."""
    login = folded(attempt.login)
    with engine.begin() as connection:
        asked = select(ACCOUNT).where(ACCOUNT.c.login == login)
        account = connection.execute(asked).mappings().one_or_none()
        known = devices.is_known(connection, account["id"] if account else None, attempt.device)
        counted = lockout.count(connection, _keys(attempt, login, known), now)
        if isinstance(counted, Paused):
            return paused(counted)
    try:
        is_right = passwords.is_right(account["password_hash"] if account else None, attempt.password)
    except passwords.Busy:
        return BUSY
    with engine.begin() as connection:
        if not is_right or account is None or not _may(account, attempt.demo):
            return _refuse(connection, account, attempt.origin, counted, now)
        lockout.clear(connection, counted)
        if passwords.is_outdated(account["password_hash"]):
            _rehash(connection, account["id"], attempt.password)
        return let_in(connection, account, attempt.origin, attempt.device, now)


def folded(login: str) -> str:
    """Return a login as it is kept and compared."""
    return fold(login.strip())[:LONGEST_LOGIN].replace("\0", "\ufffd")


def _keys(attempt: Attempt, login: str, known: bool) -> Iterable[str]:
    if known:
        return (lockout.key(DEVICE, attempt.device),)
    network = lockout.network(attempt.origin.address)
    return lockout.key(LOGIN, login), lockout.key(ADDRESS, network)


def _may(account: RowMapping, demo: bool) -> bool:
    return bool(account["is_active"] and (demo or not account["is_demo"]))


def _refuse(
    connection: Connection, account: RowMapping | None, origin: Origin, counted: Counted, now: datetime
) -> Refused:
    who, login = (account["id"], account["login"]) if account else (None, "")
    events.note(connection, now, origin, "sign-in", account=who, login=login, outcome="R460")
    return Refused("R460", {"advice": advice(counted.left)})


def advice(left: int) -> str:
    """Return what to do after a failure, with how many more are free of a pause."""
    if left == 0:
        return "confira os dois; a próxima tentativa errada traz uma pausa"
    tries = f"restam {left} tentativas" if left > 1 else "resta 1 tentativa"
    return f"confira os dois; {tries} antes de uma pausa"


def paused(pause: Paused) -> Refused:
    """Return the refusal of a try during a pause."""
    minutes = -(-pause.seconds // 60)
    wait = f"{pause.seconds} segundos" if pause.seconds < 60 else f"{minutes} minuto{'s' * (minutes > 1)}"
    return Refused("R461", {"wait": wait, "seconds": pause.seconds})


def _rehash(connection: Connection, account: int, password: str) -> None:
    mine = update(ACCOUNT).where(ACCOUNT.c.id == account)
    connection.execute(mine.values(password_hash=passwords.hash_of(password)))


def let_in(
    connection: Connection, account: RowMapping, origin: Origin, device: str, now: datetime
) -> Entered:
    """Begin the session of somebody who is known by now, or one that waits for the code."""
    number, trusted = account["id"], devices.is_trusted(connection, account["id"], device, now)
    waits = bool(account["totp_is_on"]) and not trusted
    token = sessions.begin(connection, number, now, origin, waits=waits)
    if waits:
        return Entered(token, device, waits=True)
    return _opened(connection, token, number, account["login"], origin, device, now)


def _opened(
    connection: Connection,
    token: str,
    account: int,
    login: str,
    origin: Origin,
    device: str,
    now: datetime,
    *,
    trusted: bool = False,
) -> Entered:
    device = devices.note(connection, account, device, now, trusted=trusted)
    events.note(connection, now, origin, "sign-in", account=account, login=login)
    sessions.forget_old(connection, now)
    lockout.forget_old(connection, now)
    return Entered(token, device, waits=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that was typed; with `trusted` this browser is not asked again for some weeks."""

    code: str
    origin: Origin
    device: str = ""
    trusted: bool = False


def prove(
    engine: Engine, seal: Seal, waiting: Signed, token: str, proof: Proof, now: datetime
) -> Entered | Refused:
    """Judge the code of a session that waits for one; the session that opens has a token of its own."""
    with engine.begin() as connection:
        counted = lockout.count(connection, (lockout.key(CODE, str(waiting.account)),), now)
        if isinstance(counted, Paused):
            return paused(counted)
    with engine.begin() as connection:
        if refused := second_factor.check(connection, seal, waiting.account, proof.code, now):
            who, login = waiting.account, waiting.login
            events.note(
                connection, now, proof.origin, "second-factor", account=who, login=login, outcome=refused.code
            )
            return refused
        lockout.clear(connection, counted)
        if sessions.end_by_token(connection, token, now) is None:  # used by another request a moment ago
            return second_factor.WRONG
        fresh = sessions.begin(connection, waiting.account, now, proof.origin)
        return _opened(
            connection, fresh, waiting.account, waiting.login, proof.origin, proof.device, now,
            trusted=proof.trusted,
        )  # fmt: skip


def confirm(engine: Engine, signed: Signed, password: str, now: datetime) -> Refused | None:
    """Ask again who somebody is, before what must not be done from a session left open.

    An account without a password has only its provider; its session is as much as can be asked.
    """
    with engine.begin() as connection:
        kept = connection.scalar(select(ACCOUNT.c.password_hash).where(ACCOUNT.c.id == signed.account))
        if kept is None:
            return None
        counted = lockout.count(connection, (lockout.key(DEVICE, f"account {signed.account}"),), now)
        if isinstance(counted, Paused):
            return paused(counted)
    try:
        if not passwords.is_right(kept, password):
            return Refused("R470", {})
    except passwords.Busy:
        return BUSY
    with engine.begin() as connection:
        lockout.clear(connection, counted)
    return None
