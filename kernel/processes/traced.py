"""This file follows what expressions of steps read back to fields of records, through columns between.

So a message that names a column can be kept from whoever may not read what the column was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kernel.processes.held import node_of
from kernel.processes.plan import Plan
from metadata.expression.definitions import ARGUMENT
from metadata.expression.infer import infer
from metadata.process import RELATION
from metadata.steps.seen import Seen
from metadata.steps.walk import Made

Fields = frozenset[tuple[str, str]]
NONE: Fields = frozenset()


def before(made: Made, seen: Seen, column: str = "") -> Seen:
    """Return what an expression of a step sees before a column of it is made; without one, before all."""
    own = [*made.step.windows, *made.step.columns]
    later = set(own[own.index(column) :] if column else own)
    return replace(
        seen,
        kinds={name: kind for name, kind in seen.kinds.items() if name not in later},
        shapes={name: shape for name, shape in seen.shapes.items() if name not in later},
    )


class Traced:
    """Of which fields of records the columns of a process are made, step by step."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps = plan.steps
        self.columns: dict[tuple[str, str], Fields] = {}
        for made in plan.made.values():
            if made.step.kind == RELATION:
                self._relation(made)

    def fields(self, made: Made, seen: Seen, text: str) -> Fields:
        """Return the fields of records that an expression of a step comes to in the end."""
        if not text:
            return NONE
        entity, kinds = seen.names(self.steps.entities)
        definitions = self.plan.runtime.configuration.defined.definitions
        reads = infer(node_of(text), self.steps.entities, entity, kinds, definitions).reads
        found: set[tuple[str, str]] = set()
        for path in reads:
            found |= self._of_path(made, seen, path)
        return frozenset(found)

    def _relation(self, made: Made) -> None:
        step = made.step
        for place in self._places(made):
            for (entity, column), fields in list(self.columns.items()):
                if entity == place:
                    self._add(made.entity, column, fields)
        for name, window in step.windows.items():
            by = (self._column(made, each.removesuffix(" desc")) for each in (*window.by, *window.order))
            self._add(made.entity, name, frozenset().union(*by, self._window(made, name, window.is_)))
        for name, made_of in step.columns.items():
            self._add(made.entity, name, self.fields(made, before(made, made.outer, name), made_of.is_))

    def _window(self, made: Made, name: str, text: str) -> Fields:
        seen = self.steps.groups.get(f"{self.plan.process.name}.{made.name}.{name}.group")
        return self.fields(made, seen, text) if seen is not None else NONE

    def _places(self, made: Made) -> Iterator[str]:
        """Yield the entities of the rows that a step goes through."""
        yield made.seen.entity
        for source in made.step.from_:
            earlier = self.steps.made.get(source)
            yield earlier.entity if earlier is not None else source

    def _column(self, made: Made, name: str) -> Fields:
        """Return the fields behind a column of a step, or of the rows that it goes through."""
        found = set(self.columns.get((made.entity, name), NONE))
        for place in self._places(made):
            found |= self._field(place, name)
        return frozenset(found)

    def _field(self, entity: str, name: str) -> Fields:
        """Return the fields behind a field: itself, where records have it."""
        if "." in entity:
            return self.columns.get((entity, name), NONE)
        known = self.steps.entities.get(entity)
        is_there = known is not None and name in known.fields
        return frozenset({(entity, name)}) if is_there else NONE

    def _add(self, entity: str, column: str, fields: Fields) -> None:
        self.columns[entity, column] = self.columns.get((entity, column), NONE) | fields

    def _of_path(self, made: Made, seen: Seen, path: tuple[str, ...]) -> set[tuple[str, str]]:
        """Follow one path: from a field of the row, or from a name (`:name` first) and on from there."""
        first, *rest = path
        name = first.removeprefix(ARGUMENT)
        found: set[tuple[str, str]] = set()
        kind = seen.kinds.get(name)
        if name == first or kind is None:
            entity, rest = seen.entity, [name, *rest]
        else:
            is_row = name in seen.terms or name in self.plan.process.ask
            found |= NONE if is_row and not kind.item else self._column(made, name)
            entity = (kind.item or kind).entity
        for step in rest:
            known = self.steps.entities.get(entity)
            field = known.fields.get(step) if known else None
            if field is None:
                return found
            found |= self._field(entity, step)
            if "." in entity:
                found |= self._column(made, step)
            entity = str(field.of) if field.type == "children" else field.to
        return found
