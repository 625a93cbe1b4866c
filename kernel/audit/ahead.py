"""This file keeps the months of the audit made ahead while a process serves: at once, then once a day.

A month that was missed loses nothing: its rows wait in the default partition until it is made.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from kernel.audit.ground import make_ahead
from kernel.outage import DatabaseGone

log = logging.getLogger(__name__)
DAY_SECONDS = 24 * 60 * 60.0


def keep(engine: Engine, pause_seconds: float = DAY_SECONDS) -> threading.Thread:
    """Start the thread; it ends with the process."""
    thread = threading.Thread(target=_run, args=(engine, pause_seconds), name="aroeira-audit", daemon=True)
    thread.start()
    return thread


def _run(engine: Engine, pause_seconds: float) -> None:
    never = threading.Event()
    while True:
        try:
            with engine.begin() as connection:
                make_ahead(connection)
        except (DatabaseGone, DBAPIError) as error:
            log.warning("the months of the audit could not be made: %s", str(error).partition("\n")[0])
        never.wait(pause_seconds)
