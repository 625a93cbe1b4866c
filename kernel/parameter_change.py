"""This file changes what the site says of a parameter, by whoever may, so that the past stays explained.

A value of a day that counted already is never rewritten: a correction stands beside it, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from kernel.access.rights import CONFIGURE_PARAMETERS, called
from kernel.context import Context
from kernel.parameters import Dated, all_values, counting, set_value
from kernel.runtime import Runtime
from metadata.problems import Problem

LEAST, MOST = 5, 300  # characters of a reason


@dataclass(frozen=True, slots=True)
class Change:
    """A value from a day on, None for the default; or that day taken back.

    seen: the last entry that whoever changes knew of, 0 for none; None where they need not know any.
    """

    parameter: str
    since: date
    value: Any = None
    reason: str = ""
    is_taken_back: bool = False
    seen: int | None = None


def change(runtime: Runtime, connection: Connection, context: Context, wanted: Change) -> tuple[Problem, ...]:
    """Make a change, or return all that stands against it; one that is there already is not made again."""
    if not context.has_right(CONFIGURE_PARAMETERS):
        return (Problem("R432", {"right": called(runtime.whole.configuration, CONFIGURE_PARAMETERS)}),)
    runtime = runtime.whole
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"parameter {wanted.parameter}"))))
    history = all_values(runtime, connection).get(wanted.parameter, ())
    last = max(history, key=lambda one: one.id, default=None)
    if last is not None and wanted.seen not in (None, last.id):
        if _is_said(last, wanted, context):
            return ()
        return (Problem("R146", {"operator": last.by}),)
    problems = tuple(_judged(history, wanted, context.today))
    if problems:
        return problems
    refused = set_value(
        runtime, connection, context, wanted.parameter, wanted.value, wanted.since,
        reason=wanted.reason, is_taken_back=wanted.is_taken_back,
    )  # fmt: skip
    return () if refused is None else (Problem(refused.code, refused.facts, field="value"),)


def asks_reason(history: Iterable[Dated], since: date, today: date) -> bool:
    """Tell whether a change touches what counted already: a day that is past, or a value of today."""
    return since < today or (since == today and any(one.since == since for one in counting(history)))


def _is_said(last: Dated, wanted: Change, context: Context) -> bool:
    """Tell whether the last entry is this very change, sent twice."""
    mine = (wanted.since, wanted.value, wanted.is_taken_back, wanted.reason, context.operator)
    return (last.since, last.kept, last.is_taken_back, last.reason, last.by) == mine


def _judged(history: Iterable[Dated], wanted: Change, today: date) -> Iterator[Problem]:
    if wanted.is_taken_back and all(one.since != wanted.since for one in counting(history)):
        yield Problem("R147", {"day": f"{wanted.since:%d/%m/%Y}"}, field="since")
    is_needed = asks_reason(history, wanted.since, today)
    if len(wanted.reason) > MOST or (is_needed and len(wanted.reason) < LEAST):
        yield Problem("R145", {"min": LEAST, "max": MOST}, field="reason")
