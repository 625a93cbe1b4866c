"""This file follows what expressions of steps read back to fields of records, through columns between.

So a message that names a column can be kept from whoever may not read what the column was made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.processes.plan import Plan
from metadata.expression.definitions import ARGUMENT
from metadata.process import RELATION
from metadata.steps.seen import Seen
from metadata.steps.walk import Made

Fields = frozenset[tuple[str, str]]
NONE: Fields = frozenset()


class Traced:
    """Of which fields of records the columns of a process are made, step by step."""

    def __init__(self, plan: Plan) -> None:
        self.steps = plan.steps
        self.columns: dict[tuple[str, str], Fields] = {}
        for made in plan.made.values():
            if made.step.kind == RELATION:
                self._relation(made)

    def fields(self, own: str, seen: Seen, reads: Iterable[tuple[str, ...]]) -> Fields:
        """Return the fields of records that an expression comes to in the end.

        own: the entity of the rows of the step itself, whose columns are seen as names.
        """
        found: set[tuple[str, str]] = set()
        for path in reads:
            found |= self._of_path(own, seen, path)
        return frozenset(found)

    def _relation(self, made: Made) -> None:
        step = made.step
        for source in step.from_:
            before = self.steps.made.get(source)
            for (entity, column), fields in list(self.columns.items()):
                if before is not None and entity == before.entity:
                    self._add(made.entity, column, fields)
                    self._add(made.seen.entity, column, fields)
        for name, window in step.windows.items():
            whole = [self.columns.get((made.seen.entity, each), NONE) for each in window.by]
            self._add(made.entity, name, frozenset().union(*whole, self._judged(made, made.seen, window.is_)))
        for name, made_of in step.columns.items():
            self._add(made.entity, name, self._judged(made, made.outer, made_of.is_))

    def _add(self, entity: str, column: str, fields: Fields) -> None:
        self.columns[entity, column] = self.columns.get((entity, column), NONE) | fields

    def _judged(self, made: Made, seen: Seen, text: str) -> Fields:
        if not text:
            return NONE
        value: Any = self.steps.judge.judged(self.steps.entities, ("steps",), text, seen, None)
        return self.fields(made.entity, seen, value.reads) if value else NONE

    def _of_path(self, own: str, seen: Seen, path: tuple[str, ...]) -> set[tuple[str, str]]:
        """Follow one path: from a field of the row, or from a name (`:name` first) and on from there."""
        entities = self.steps.entities
        first, *rest = path
        name = first.removeprefix(ARGUMENT)
        found: set[tuple[str, str]] = set()
        if name == first:
            entity, rest = seen.entity, [name, *rest]
        else:
            found |= self.columns.get((own, name), NONE)
            kind = seen.kinds[name]
            entity = (kind.item or kind).entity
        for step in rest:
            known = entities.get(entity)
            field = known.fields.get(step) if known else None
            if field is None:
                return found
            found |= self.columns.get((entity, step), NONE) if "." in entity else {(entity, step)}
            entity = str(field.of) if field.type == "children" else field.to
        return found
