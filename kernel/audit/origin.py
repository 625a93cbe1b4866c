"""This file tells the database on whose behalf a transaction writes; the triggers of the audit note it."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from kernel.context import Context

_TELL = text("SELECT set_config('aroeira.origin', :said, true)")


def tell(connection: Connection, context: Context) -> None:
    """Say who writes, and from where, until the transaction ends."""
    said = {"operator": context.operator, **asdict(context.origin)}
    connection.execute(_TELL, {"said": dumps(said, ensure_ascii=False)})
