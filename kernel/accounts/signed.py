"""This file says who is signed in: what one request needs to know, read in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, TextClause, text

from kernel.accounts.limits import LIMITS, WAITING
from kernel.accounts.secret_texts import hashed
from kernel.accounts.viewing import ROLE, Viewing
from metadata.package import Configuration

SEEN_EVERY = timedelta(seconds=60)  # a session is noted as used at most that often
TOKEN_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a token may do: only read, or write too; only some entities, or (None) all of its account."""

    may_write: bool
    entities: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in.

    roles: those in force today.  record: the person in the entity of the operators.  session: the id of the
    session; None for a token.  scopes: what limits a token; None for a session.  chosen: what they chose to
    work for, as kernel.accounts.work keeps it; None before the first time.  viewing: as whom they see.
    """

    account: int
    login: str
    name: str
    roles: tuple[str, ...] = ()
    record: int | None = None
    session: int | None = None
    scopes: Scopes | None = None
    chosen: Mapping[str, Any] | None = None
    must_change_password: bool = False
    waits_for_code: bool = False
    viewing: Viewing | None = None


_ROLES = """
ARRAY(SELECT DISTINCT role FROM aroeira_account_role
  WHERE account = a.id AND valid_from <= :today AND coalesce(valid_to >= :today, true) ORDER BY role)
"""
_WHO = f"a.id AS account, a.login, a.name, {_ROLES} AS roles, :record AS record, a.must_change_password"
# Two records with one login are nobody's.
_RECORD = (
    """(SELECT CASE WHEN count(*) = 1 THEN min(o.id) END FROM "{table}" o WHERE o."{login}" = a.login)"""
)
_MAY = "a.is_active AND (:demo OR NOT a.is_demo)"


def _limit(name: str, unit: str) -> str:
    chosen = f"(SELECT value::int FROM aroeira_setting WHERE name = '{name}')"  # noqa: S608 (own constants)
    return f"make_interval({unit} => coalesce({chosen}, {LIMITS[name].default}))"


_BY_SESSION = f"""
SELECT s.id AS session, s.waits_for_code, s.seen_at, v.kind AS seen_as, v.name AS seen_name, {_WHO},
  (SELECT w.chosen FROM aroeira_session_work w WHERE w.session = s.id) AS chosen
FROM aroeira_session s JOIN aroeira_account a ON a.id = s.account
LEFT JOIN aroeira_session_view v ON v.session = s.id
WHERE s.token_hash = :token AND s.ended_at IS NULL AND {_MAY}
  AND s.seen_at > CAST(:now AS timestamptz) - {_limit("session_idle_minutes", "mins")}
  AND s.begun_at > CAST(:now AS timestamptz) - {_limit("session_absolute_hours", "hours")}
  AND (NOT s.waits_for_code OR s.begun_at > :waiting_since)
"""  # noqa: S608 (own constants only)
_OTHER = f"SELECT {_WHO} FROM aroeira_account a WHERE a.login = :login AND a.is_active"  # noqa: S608
_SEE = text("UPDATE aroeira_session SET seen_at = :now WHERE id = :id AND ended_at IS NULL")
_BY_TOKEN = f"""
SELECT t.id AS token, t.may_write, t.entities, t.used_at, {_WHO},
  (SELECT w.chosen FROM aroeira_account_work w WHERE w.account = a.id) AS chosen
FROM aroeira_api_token t JOIN aroeira_account a ON a.id = t.account
WHERE t.token_hash = :token AND t.revoked_at IS NULL AND t.expires_at > :now AND {_MAY}
"""  # noqa: S608 (own constants only)
_USE = text("UPDATE aroeira_api_token SET used_at = :now WHERE id = :id")


@dataclass(frozen=True, slots=True)
class OperatorTable:
    """The table of those who work here, and its column with the name by which each signs in."""

    table: str
    login: str


@cache
def _statement(asked: str, operators: OperatorTable | None) -> TextClause:
    record = "NULL::bigint"
    if operators is not None:
        record = _RECORD.format(table=operators.table, login=operators.login)
    return text(asked.replace(":record", record))


def by_session(
    connection: Connection, token: str, now: datetime, *, demo: bool = False,
    operators: OperatorTable | None = None,
) -> Signed | None:  # fmt: skip
    """Return whose session a token opens, as long as it is neither ended nor too old.

    demo: accounts of the demonstration count; nowhere else do they.  operators: where the records of those
    who work here are.
    """
    asked = _asked(token, now, demo) | {"waiting_since": now - WAITING}
    row = connection.execute(_statement(_BY_SESSION, operators), asked).mappings().one_or_none()
    if row is None:
        return None
    if now - row["seen_at"] >= SEEN_EVERY:
        connection.execute(_SEE, {"now": now, "id": row["session"]})
    whom = None
    if row["seen_as"]:
        whom = as_whom(connection, row["seen_as"], row["seen_name"], now.date(), operators)
    more = {"waits_for_code": row["waits_for_code"], "viewing": whom}
    return Signed(**_who(row), session=row["session"], **more)


def by_token(
    connection: Connection, token: str, now: datetime, *, demo: bool = False,
    operators: OperatorTable | None = None,
) -> Signed | None:  # fmt: skip
    """Return for whom a token of the API speaks."""
    row = (
        connection.execute(_statement(_BY_TOKEN, operators), _asked(token, now, demo))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    if row["used_at"] is None or now - row["used_at"] >= TOKEN_USED_EVERY:
        connection.execute(_USE, {"now": now, "id": row["token"]})
    entities = row["entities"]
    return Signed(**_who(row), scopes=Scopes(row["may_write"], None if entities is None else tuple(entities)))


def as_whom(
    connection: Connection, kind: str, name: str, today: date, operators: OperatorTable | None
) -> Viewing | None:
    """Return as whom somebody sees; None for an operator who is not there any more."""
    if kind == ROLE:
        return Viewing(kind, name, f"o papel {name}", (name,))
    row = (
        connection.execute(_statement(_OTHER, operators), {"login": name, "today": today})
        .mappings()
        .one_or_none()
    )
    return Viewing(kind, name, row["name"], tuple(row["roles"]), row["record"]) if row else None


def operator_table(configuration: Configuration) -> OperatorTable | None:
    """Return where the records of those who work here are, where the configuration has any."""
    operators = configuration.operators
    if operators is None or operators.operators is None:
        return None
    return OperatorTable(operators.name, operators.operators.login)


def records(connection: Connection, operators: OperatorTable | None) -> dict[str, int]:
    """Return login → record of those who work here; two records with one login are nobody's."""
    if operators is None:
        return {}
    asked = f'SELECT "{operators.login}", min(id) FROM "{operators.table}" GROUP BY 1 HAVING count(*) = 1'  # noqa: S608
    return {row[0]: row[1] for row in connection.execute(text(asked))}


def _asked(token: str, now: datetime, demo: bool) -> dict[str, Any]:
    return {"token": hashed(token), "now": now, "today": now.date(), "demo": demo}


def _who(row: RowMapping) -> dict[str, Any]:
    plain = ("account", "login", "name", "record", "chosen", "must_change_password")
    return {name: row[name] for name in plain} | {"roles": tuple(row["roles"])}
