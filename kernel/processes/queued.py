"""This file puts runs into the queue, with the transaction that asks for them."""

from __future__ import annotations

from sqlalchemy import Connection

from kernel import jobs

DRIVE, UNDO = "process.drive", "process.undo"
TOGETHER = 2  # how many drive one run


def put(connection: Connection, run: int) -> None:
    """Have a run done, with the transaction of the connection."""
    for _ in range(TOGETHER):
        jobs.put(connection, DRIVE, run=run)


def put_undo(connection: Connection, run: int, operator: str) -> None:
    """Have a run undone for an operator, with the transaction of the connection."""
    jobs.put(connection, UNDO, alone=f"{UNDO} {run}", run=run, operator=operator)
