"""This file finds the targets of links by the text that names them, or by the range that has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.intake.plain import Plain, conditions
from kernel.intake.plan import Fill, sql_type
from kernel.intake.sql import STAGE, name
from kernel.intake.stage import Database


def join(fill: Fill, key: str, plain: Plain, index: int) -> str:
    """Join the one target of each value; a value with several targets finds none here."""
    target, first = name(fill.field.to), name(fill.finders[0].name)
    if len(fill.finders) == 2:
        asked = f"SELECT DISTINCT {key} AS k FROM {STAGE} s WHERE {conditions([plain])}"
        inner = f"SELECT k AS key, ({_narrowest(fill, 'k')}) AS id FROM ({asked}) AS d"
        return f"LEFT JOIN ({inner}) l{index} ON l{index}.key = {key}"
    assert fill.target is not None
    if (fill.finders[0].name,) in fill.target.entity.unique_keys:
        return f"LEFT JOIN {target} l{index} ON l{index}.{first} = {key}"
    one = f"SELECT {first} AS key, min(id) AS id FROM {target} GROUP BY {first} HAVING count(*) = 1"
    return f"LEFT JOIN ({one}) l{index} ON l{index}.key = {key}"


def _narrowest(fill: Fill, key: str) -> str:
    """Return the SELECT of the target whose range has a value: of several, the one that starts last."""
    # Codes are compared as such, whatever the language of the database.
    first, last = (
        name(finder.name) + (' COLLATE "C"' if finder.kind.storage == "text" else "")
        for finder in fill.finders
    )
    within = f"{first} <= {key} AND {key} <= {last}"
    return f"SELECT id FROM {name(fill.field.to)} WHERE {within} ORDER BY {first} DESC, {last} LIMIT 1"


def targets(database: Database, fill: Fill, keys: Iterable[Any]) -> Mapping[Any, tuple[int, int]]:
    """Return key → (how many targets, the first of them)."""
    target, first = name(fill.field.to), name(fill.finders[0].name)
    kind = sql_type(fill.finders[0])
    if len(fill.finders) == 1:
        asked = f"{first} = ANY(%s::{kind}[])"
        one = f"SELECT {first}, count(*), min(id) FROM {target} WHERE {asked} GROUP BY {first}"
    else:
        one = f"SELECT k, 1, t.id FROM unnest(%s::{kind}[]) AS k, LATERAL ({_narrowest(fill, 'k')}) AS t"
    return {key: (count, id) for key, count, id in database.execute(one, [list(keys)])}
