"""This file begins an evaluation of rules: what day it is, who asks, what can be called, what is set."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select

from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.sql.holidays import selects
from kernel.expression.sql.translate import condition
from kernel.parameters import site_values
from kernel.runtime import Runtime

HOLIDAYS = ("holidays",)


def begun(connection: Connection, runtime: Runtime, context: Context) -> Run:
    """Return a fresh evaluation; values and holidays of the site are read when the first is asked for."""
    runtime = runtime.whole
    return Run(
        context.now,
        definitions=runtime.definitions,
        site=site_values(runtime, connection),
        calendar=partial(holidays, connection, runtime, context),
        rights=context.rights,
    )


def holidays(connection: Connection, runtime: Runtime, context: Context) -> frozenset[date] | None:
    """Return the days that entities say are holidays; None where no entity says any."""
    asked: tuple[Select[Any], ...] | None = runtime.views.get(HOLIDAYS)
    if asked is None:
        asked = runtime.views[HOLIDAYS] = tuple(selects(runtime, condition))
    words = {"feel_today": context.today, "feel_now": context.now}
    days = (day for each in asked for day in connection.execute(each, words).scalars())
    return frozenset(day for day in days if day is not None) if asked else None
