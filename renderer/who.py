"""This file says who somebody is: the name of an operator, as far as one may see it, else the login."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from kernel.accounts.signed import operator_table, records
from kernel.query.lookup import texts
from renderer.visit import Visit


def names(connection: Connection, seen: Visit, logins: Iterable[str | None]) -> Mapping[str, str]:
    """Return what people call operators, by the name with which each enters."""
    wanted = {login for login in logins if login}
    operators = operator_table(seen.runtime.whole.configuration)
    if operators is None or not wanted:
        return {login: login for login in wanted}
    found = {login: id for login, id in records(connection, operators).items() if login in wanted}
    known = texts(connection, seen.runtime, seen.context, operators.table, tuple(found.values()))
    return {login: known.get(found.get(login, 0)) or login for login in wanted}
