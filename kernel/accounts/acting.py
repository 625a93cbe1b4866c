"""This file lets a command act in the name of an operator, with what their roles allow today."""

from __future__ import annotations

from sqlalchemy import Connection

from kernel.access.playing import access_of
from kernel.accounts.signed import as_whom, operator_table
from kernel.accounts.viewing import OPERATOR
from kernel.context import Context, at_present
from kernel.runtime import Runtime
from metadata.problems import Problem


def acting(connection: Connection, runtime: Runtime, login: str) -> Context | Problem:
    """Return the context of an operator; R484 for whoever has no account that is on."""
    now = at_present(login)
    found = as_whom(connection, OPERATOR, login, now.now.date(), operator_table(runtime.whole.configuration))
    if found is None:
        return Problem("R484", {"login": login})
    return at_present(login, access=access_of(runtime, found.roles, found.record))
