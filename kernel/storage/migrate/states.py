"""This file checks the records that exist where an entity begins to have states: each must be in one."""

from __future__ import annotations

from collections.abc import Iterator

from kernel.storage.migrate.look import Look, records
from kernel.storage.since import TRIGGERS
from metadata.problems import Problem


def state_checks(look: Look) -> Iterator[Problem]:
    """Yield M519 for each entity whose states begin while records have none: no transition would lead on."""
    for name, entity in look.new.entities.items():
        state = entity.state_field
        if state is None or name not in look.after or TRIGGERS[0] in look.after[name].parts:
            continue
        value = look.value(name, state)
        found = look.find(name, look.field(name, state), f"{value} IS NULL", "NULL::text") if value else None
        if found and found.rows:
            facts = {"target": f"{name}.{state}", "rows": records(found.rows), "examples": found.examples}
            place = look.new.documents["entities"][name].place("states", key=True)
            yield Problem("M519", facts, place)
