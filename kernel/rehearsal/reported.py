"""This file compares the reports of a run with what an example expects of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kernel.processes.plan import Plan
from kernel.processes.reports import every, reports
from kernel.rehearsal.world import Placed, told
from metadata.entity import Field

Wanted = Mapping[str, Sequence[Mapping[str, str]]]


def differing(
    connection: Connection, plan: Plan, placed: Placed, run: int, wanted: Wanted
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield the steps whose report differs: the rows that are not in it, and those that nobody expects."""
    for step, expected in wanted.items():
        report = reports(plan.process)[step]
        fields = plan.steps.entities[plan.made[step].entity].fields
        found = [dict(zip(report.columns, row, strict=True)) for row in every(connection, report, run, step)]
        missing = []
        for said in expected:
            values = {name: _value(placed, fields[name], text) for name, text in said.items()}
            met = next((row for row in found if row.items() >= values.items()), None)
            if met is None:
                missing.append(told(said))
            else:
                found.remove(met)
        if missing or found:
            yield step, missing, [told(_shown(placed, fields, row)) for row in found]


def _value(placed: Placed, field: Field, said: str) -> Any:
    """Return what a document says of a column, as reports keep it; no record that there is, as it is said."""
    if field.type == "link":
        return placed.ids.get((field.to, said), said)
    value = placed.value(field, said)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _shown(placed: Placed, fields: Mapping[str, Field], row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: (placed.name(fields[name].to, value) or value) if fields[name].type == "link" else value
        for name, value in row.items()
    }
