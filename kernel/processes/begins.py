"""This file says with which answers the questions of a process begin: fixed ones, and those worked out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.exchange import taken
from kernel.rules.formula import Formula, formula
from kernel.runtime import Runtime
from metadata.problems import Refused


def begins(connection: Connection, runtime: Runtime, context: Context, name: str) -> dict[str, Any]:
    """Return the answers that the questions of a process begin with, where something says them."""
    process = runtime.whole.configuration.processes[name]
    worked = _formulas(runtime.whole, name)
    run = begun(connection, runtime, context) if worked else None
    found: dict[str, Any] = {}
    for question, field in process.ask.items():
        if question in worked and run is not None:
            value = taken(worked[question].of(run, Record(name, None)), field)
        else:
            value = field.canonical(field.default) if field.default else None
        if value is not None and not isinstance(value, Refused):
            found[question] = value
    return found


def _formulas(runtime: Runtime, name: str) -> dict[str, Formula]:
    """Return the defaults that are worked out, compiled once for a version."""
    key = ("process begins", name)
    found: dict[str, Formula] | None = runtime.views.get(key)
    if found is None:
        asked = runtime.configuration.processes[name].ask
        found = {
            question: formula(field.default_is, runtime.configuration, "")
            for question, field in asked.items()
            if field.default_is
        }
        runtime.views[key] = found
    return found
