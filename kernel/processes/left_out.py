"""This file has what is left out of a run, and why: rows that a step refused, records that rules refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kernel.processes.tables import LEFT_OUT


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One row that was left out.

    reason: the name of the refusal, the lookup or the check.  entity, record: what the row is about.
    unit: to what it belongs.  facts: values of the message, or the message itself under `says`.
    """

    step: str
    reason: str
    entity: str
    record: int | None
    unit: int | None
    facts: Any


def units(connection: Connection, run: int) -> set[int | None]:
    """Return the units of which something was left out of a run; None for what belongs to none."""
    asked = select(LEFT_OUT.c.unit).where(LEFT_OUT.c.run == run).distinct()
    return set(connection.scalars(asked))


def note(connection: Connection, run: int, part: int, rows: Iterable[LeftOut]) -> None:
    """Keep what was left out of a part."""
    written: list[Mapping[str, Any]] = [
        {
            "run": run, "part": part, "step": each.step, "reason": each.reason, "entity": each.entity,
            "record": each.record, "unit": each.unit, "facts": each.facts,
        }
        for each in rows
    ]  # fmt: skip
    for start in range(0, len(written), 5_000):
        connection.execute(LEFT_OUT.insert(), list(written[start : start + 5_000]))
