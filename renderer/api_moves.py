"""This file says in answers of the API which transitions lead on from a record, and why one cannot be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from kernel import moving
from kernel.moving import Open
from kernel.storage.record import Row
from renderer.api_view import ApiView
from renderer.visit import Visit


def of_record(connection: Connection, seen: Visit, view: ApiView, row: Row) -> list[dict[str, Any]]:
    """Return the transitions of a record as plain data."""
    state = row.values.get(view.entity.state_field or "")
    found = moving.open_moves(connection, seen.runtime, seen.context, view.entity.name, row.id, state)
    return [_described(each) for each in found]


def _described(found: Open) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": found.name, "label": found.rule.label, "to": found.rule.to, "asks": list(found.rule.asks),
        "possible": not found.lacks,
    }  # fmt: skip
    if found.lacks:
        said["reason"] = found.lacks
    if found.rule.runs:
        said["runs"] = found.rule.runs
    return said
