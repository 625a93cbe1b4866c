"""This file has the second factor: codes of a telephone (TOTP), and recovery codes for when it is lost."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, insert, select, update

from kernel.accounts import events
from kernel.accounts.events import Origin
from kernel.accounts.passwords import GROUP, LETTERS
from kernel.accounts.sealing import Seal, Unreadable
from kernel.accounts.secret_texts import hashed
from kernel.accounts.tables import ACCOUNT, RECOVERY
from metadata.problems import Refused

ISSUER = "Aroeira"
STEP_SECONDS = 30
STEPS_ASIDE = 1  # clocks of telephones differ
RECOVERY_CODES, RECOVERY_GROUPS = 10, 3
WRONG = Refused("R463", {})


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that waits for its first code: as text for typing, as address for a QR code."""

    secret: str
    address: str


def enrol(connection: Connection, seal: Seal, account: int, login: str) -> Enrolment:
    """Give an account a secret that counts from its first code on; one that counts already stays."""
    mine = (ACCOUNT.c.id == account, ~ACCOUNT.c.totp_is_on)
    secret = pyotp.random_base32()
    sealed = seal.close(_purpose(account), secret)
    connection.execute(update(ACCOUNT).where(*mine).values(totp_secret=sealed))
    return _enrolment(secret, login)


def _enrolment(secret: str, login: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def enrolled(connection: Connection, seal: Seal, account: int, login: str) -> Enrolment | None:
    """Return the secret that waits for its first code, to be shown again."""
    mine = (ACCOUNT.c.id == account, ~ACCOUNT.c.totp_is_on)
    sealed = connection.scalar(select(ACCOUNT.c.totp_secret).where(*mine))
    try:
        secret = seal.open(_purpose(account), sealed) if sealed is not None else ""
    except Unreadable:
        secret = ""
    return _enrolment(secret, login) if secret else None


def confirm(
    connection: Connection, seal: Seal, account: int, code: str, at: datetime, origin: Origin
) -> tuple[str, ...] | Refused:
    """Turn the second factor on with its first code; return the recovery codes, which nobody sees again."""
    if refused := _take(connection, seal, account, code, at):
        return refused
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(totp_is_on=True))
    events.note(connection, at, origin, "second-factor-on", account=account)
    return renew_recovery(connection, account)


def turn_off(connection: Connection, account: int, at: datetime, origin: Origin) -> None:
    """Forget the second factor of an account."""
    nothing = {"totp_is_on": False, "totp_secret": None}
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(**nothing))
    connection.execute(delete(RECOVERY).where(RECOVERY.c.account == account))
    events.note(connection, at, origin, "second-factor-off", account=account)


def renew_recovery(connection: Connection, account: int) -> tuple[str, ...]:
    """Make new recovery codes in place of the old ones."""
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    connection.execute(delete(RECOVERY).where(RECOVERY.c.account == account))
    rows = [{"code_hash": _recovery_hash(account, code), "account": account} for code in codes]
    connection.execute(insert(RECOVERY), rows)
    return codes


def check(connection: Connection, seal: Seal, account: int, code: str, at: datetime) -> Refused | None:
    """Take a code of the telephone or a recovery code; each only once. Return why it is not taken."""
    typed = "".join(code.split()).lower()
    if typed.isascii() and typed.isdigit():
        return _take(connection, seal, account, typed, at)
    mine = (RECOVERY.c.code_hash == _recovery_hash(account, typed), RECOVERY.c.used_at.is_(None))
    used = connection.execute(update(RECOVERY).where(*mine).values(used_at=at)).rowcount
    return None if used else WRONG


def left(connection: Connection, account: int) -> int:
    """Return how many recovery codes were not used yet."""
    mine = (RECOVERY.c.account == account, RECOVERY.c.used_at.is_(None))
    return len(connection.execute(select(RECOVERY.c.account).where(*mine)).all())


def _take(connection: Connection, seal: Seal, account: int, code: str, at: datetime) -> Refused | None:
    sealed = connection.scalar(select(ACCOUNT.c.totp_secret).where(ACCOUNT.c.id == account))
    if sealed is None:
        return WRONG
    try:
        totp = pyotp.TOTP(seal.open(_purpose(account), sealed))
    except Unreadable:
        return Refused("R471", {})
    typed = "".join(code.split()).encode("utf-8", "surrogatepass")
    now = int(at.timestamp()) // STEP_SECONDS
    for step in range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed):
            # Of two requests with one code only one moves the step on.
            mine = update(ACCOUNT).where(ACCOUNT.c.id == account, ACCOUNT.c.totp_step < step)
            return None if connection.execute(mine.values(totp_step=step)).rowcount else WRONG
    return WRONG


def _purpose(account: int) -> str:
    return f"second factor of {account}"


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(RECOVERY_GROUPS))
    return "-".join(groups)


def _recovery_hash(account: int, code: str) -> bytes:
    """Return what is kept of a recovery code: 59 random bits behind a limit of tries."""
    return hashed(f"{account}:{code.replace('-', '').lower()}")
