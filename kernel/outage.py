"""This file tells a database that went away, which passes, from a statement that it refuses."""

from __future__ import annotations

from typing import Any

from psycopg import OperationalError
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

# Raised under OperationalError too, but by a server that is there: deadlock, timeout, full disk and the like.
_ANSWERS = ("40", "53100", "53200", "55", "57014")


class DatabaseGone(Exception):
    """The database does not answer; the engine connects again with the next request."""


def is_gone(error: BaseException) -> bool:
    """Tell whether an error is that the database went away."""
    if isinstance(error, DBAPIError):
        told = error.orig
        return error.connection_invalidated or (isinstance(told, OperationalError) and not _is_answer(told))
    return isinstance(error, DatabaseGone)


def watch(engine: Engine) -> None:
    """Have the engine raise DatabaseGone wherever its server is not there; safe to call again."""
    if not event.contains(engine, "handle_error", _tell):
        event.listen(engine, "handle_error", _tell, retval=True)


def _tell(context: Any) -> DatabaseGone | None:
    refused = context.original_exception
    never_connected = context.connection is None
    if (
        context.is_disconnect
        or never_connected
        or (isinstance(refused, OperationalError) and not _is_answer(refused))
    ):
        return DatabaseGone(str(refused).splitlines()[0] if str(refused) else "")
    return None


def _is_answer(error: OperationalError) -> bool:
    return bool(error.sqlstate) and str(error.sqlstate).startswith(_ANSWERS)
