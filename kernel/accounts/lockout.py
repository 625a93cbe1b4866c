"""This file slows guessing down: after some failures a pause, longer with each further one.

What is counted: a login (whether or not it exists) over all addresses, an address over all logins, the code
of an account. Whoever tries from a browser that the account signed in with before is counted apart: so nobody
can keep an operator out by failing in their name, nor a whole office by failing from its address.

A try is counted before it is judged, in the statement that looks whether there is a pause: tries that come
together cannot all slip through before the first of them has failed.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, text

from kernel.accounts.tables import LOCKOUT

FORGOTTEN_AFTER = timedelta(hours=2)  # of nothing; longer than any pause
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30, 900


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted, and how many failures are free of a pause."""

    name: str
    free: int


LOGIN, ADDRESS, DEVICE, CODE = Kind("login", 5), Kind("address", 30), Kind("device", 10), Kind("code", 5)
KINDS = {kind.name: kind for kind in (LOGIN, ADDRESS, DEVICE, CODE)}
V6_NETWORK = 64  # bits: one customer has at least that many addresses


@dataclass(frozen=True, slots=True)
class Paused:
    """Not now: how long until the next try counts."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A try that may go on; `left` more failures are free of a pause."""

    keys: tuple[str, ...]
    left: int


def key(kind: Kind, of: str) -> str:
    """Return what is counted under; only a hash, for what is typed as a login may be a password."""
    return f"{kind.name}:{hashlib.sha256(of.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def network(address: str) -> str:
    """Return the part of an address that one customer of a provider cannot change."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, V6_NETWORK), strict=False))


# One short statement that writes: the count of what was refused need not survive a power cut. It locks one
# row, that of the longest pause: several would be locked in any order, and tries would wait for one another.
_REFUSE = text("""
UPDATE aroeira_lockout SET refused = refused + 1
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS lazy
WHERE key = (
  SELECT key FROM aroeira_lockout WHERE key = ANY(:keys) AND until > :now ORDER BY until DESC LIMIT 1
) RETURNING until
""")
_COUNT = text("""
INSERT INTO aroeira_lockout AS l (key, failures, last_at) VALUES (:key, 1, :now)
ON CONFLICT (key) DO UPDATE SET last_at = :now,
  failures = CASE WHEN l.last_at < :forgotten THEN 1 ELSE l.failures + 1 END,
  until = CASE WHEN l.last_at >= :forgotten AND l.failures >= :free THEN
    CAST(:now AS timestamptz)
    + make_interval(secs => least(:first * power(2, least(l.failures - :free, 20)), :longest)) END
WHERE l.until IS NULL OR l.until <= :now
RETURNING failures
""")
_GIVE_BACK = text("""
UPDATE aroeira_lockout SET failures = greatest(failures - 1, 0), until = NULL WHERE key = ANY(:keys)
""")


def count(connection: Connection, keys: Iterable[str], now: datetime) -> Counted | Paused:
    """Count a try under each key, or tell for how long there is a pause; then nothing is counted."""
    wanted = sorted(keys)  # all in one order: two tries never wait for one another
    if paused := refused(connection, wanted, now):
        return paused
    left, counting = [], connection.begin_nested()
    for each in wanted:
        kind = KINDS[each.partition(":")[0]]
        failures = connection.scalar(_COUNT, _values(each, kind, now))
        if failures is None:  # paused by another try a moment ago
            counting.rollback()
            return refused(connection, wanted, now) or Paused(1)
        left.append(max(kind.free - failures, 0))
    counting.commit()
    return Counted(tuple(wanted), min(left))


def _values(each: str, kind: Kind, now: datetime) -> dict[str, Any]:
    pauses = {"first": FIRST_PAUSE_SECONDS, "longest": LONGEST_PAUSE_SECONDS}
    return {"key": each, "free": kind.free, "now": now, "forgotten": now - FORGOTTEN_AFTER, **pauses}


def refused(connection: Connection, keys: Iterable[str], now: datetime) -> Paused | None:
    """Tell whether there is a pause for a key, and note that a try was refused for it."""
    until = connection.scalar(_REFUSE, {"keys": list(keys), "now": now})
    return Paused(max(1, int((until - now).total_seconds()))) if until else None


def clear(connection: Connection, counted: Counted) -> None:
    """After a success: the login starts afresh; the address gets only this one try back.

    Otherwise whoever has one account could clear the count of an address with it, between guesses at others.
    """
    own = [each for each in counted.keys if not each.startswith(f"{ADDRESS.name}:")]
    # The address first, as when counting: so two tries never wait for one another.
    connection.execute(_GIVE_BACK, {"keys": [each for each in counted.keys if each not in own]})
    connection.execute(delete(LOCKOUT).where(LOCKOUT.c.key.in_(own)))


def forget_old(connection: Connection, now: datetime) -> None:
    """Remove what no longer counts."""
    old = select(LOCKOUT.c.key).where(LOCKOUT.c.last_at < now - FORGOTTEN_AFTER)
    connection.execute(delete(LOCKOUT).where(LOCKOUT.c.key.in_(old.with_for_update(skip_locked=True))))
