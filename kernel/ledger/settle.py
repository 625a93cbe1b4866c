"""This file has entries checked before a transaction ends: for whoever may still take something back."""

from __future__ import annotations

from sqlalchemy import Connection

from kernel.ledger.ground import SETTLED


def settle(connection: Connection) -> None:
    """Have all entries checked that were touched so far; those of later are checked at the end as well.

    Errors: IntegrityError, which `refused.py` reads.
    """
    connection.exec_driver_sql(f"SET CONSTRAINTS {SETTLED} IMMEDIATE")
    connection.exec_driver_sql(f"SET CONSTRAINTS {SETTLED} DEFERRED")
