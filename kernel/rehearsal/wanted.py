"""This file compares the rows that an example wants with those that a run made or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernel.rehearsal.found import Found
from kernel.rehearsal.world import Placed, told
from kernel.runtime import CompiledEntity
from metadata.entity import Field
from metadata.worlds import NOTHING

Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that an example wants: its values as the document says them, or None where it must be gone.

    name: its short name, if it has one.  path: where it stands in what is expected.
    """

    entity: str
    name: str
    said: Mapping[str, Any] | None
    path: Path


Pair = tuple[Wanted | None, Found | None]


def wanted_of(expect: Mapping[str, Any] | None) -> list[Wanted]:
    """Return the rows that an example wants."""
    return [
        Wanted(entity, key if isinstance(key, str) else "", None if said in NOTHING else said, (entity, key))
        for entity, rows in (expect or {}).items()
        for key, said in (rows.items() if isinstance(rows, dict) else enumerate(rows))
    ]


def below(wanted: Sequence[Wanted], entities: Mapping[str, CompiledEntity]) -> dict[str, set[str]]:
    """Return the rows below others that are wanted: by entity, the fields."""
    found: dict[str, set[str]] = {}
    for each in wanted:
        found.setdefault(each.entity, set()).update(
            name for name in each.said or () if name in entities[each.entity].children
        )
    return found


@dataclass(frozen=True)
class Comparing:
    """The rows that one way of running gave, beside those that are wanted."""

    placed: Placed
    wanted: Sequence[Wanted]
    found: Sequence[Found]
    matching: Mapping[str, frozenset[int]]
    """What is told by values, and the ids of the records that had them while the rows were there."""

    def pairs(self) -> Iterator[Pair]:
        """Yield what has no counterpart, the most alike side by side."""
        entities = [each.entity for each in self.wanted] + [each.entity for each in self.found]
        for entity in dict.fromkeys(entities):
            wanted = [each for each in self.wanted if each.entity == entity]
            found = [each for each in self.found if each.entity == entity]
            yield from self._unlike(wanted, found)

    def _unlike(self, wanted: list[Wanted], found: list[Found]) -> Iterator[Pair]:
        met = assigned([[self.is_met(want, row) for row in found] for want in wanted])
        rest = [row for place, row in enumerate(found) if place not in met.values()]
        for want in (want for place, want in enumerate(wanted) if place not in met):
            own = self.placed.ids.get((want.entity, want.name))
            fitting = [row for row in rest if (row.id == own if own else self._is_free(row))]
            nearest = max(fitting, key=lambda row: self._alike(want, row), default=None)
            if nearest:
                rest.remove(nearest)
            yield want, nearest
        yield from ((None, row) for row in rest)

    def _is_free(self, row: Found) -> bool:
        """Tell whether no record of the world is this row."""
        return not self.placed.name(row.entity, row.id)

    def _alike(self, want: Wanted, row: Found) -> int:
        return sum(self._is_value(want.entity, name, said, row) for name, said in (want.said or {}).items())

    def is_met(self, want: Wanted, row: Found) -> bool:
        """Tell whether a row is the wanted one."""
        own = self.placed.ids.get((want.entity, want.name))
        if own is not None and own != row.id:
            return False
        if want.said is None or row.is_gone:
            return want.said is None and row.is_gone
        return all(self._is_value(want.entity, name, said, row) for name, said in want.said.items())

    def _is_value(self, entity: str, name: str, said: Any, row: Found) -> bool:
        field = self.placed.runtime.entities[entity].fields[name]
        if row.is_gone:
            return False
        if field.type == "children":
            return self._are_rows(field, said, row.below.get(name, ()))
        value = row.value(name)
        if said in NOTHING:
            return value in (None, (), "")
        if field.type == "many links":
            links = [[self._is_link(field, each, id) for id in value] for each in said]
            return len(said) == len(value) == len(assigned(links))
        if field.type == "link":
            return value is not None and self._is_link(field, said, value)
        return bool(self.placed.value(field, said) == value)

    def _are_rows(self, field: Field, said: Sequence[Mapping[str, Any]], rows: Sequence[Found]) -> bool:
        wanted = [Wanted(str(field.of), "", each, ()) for each in said]
        return (
            len(wanted) == len(rows) == len(assigned([[self.is_met(w, row) for row in rows] for w in wanted]))
        )

    def _is_link(self, field: Field, said: Any, id: int) -> bool:
        if isinstance(said, dict):
            return id in self.matching.get(f"{field.to} {told(said)}", ())
        known = self.placed.ids.get((field.to, said))
        if known is not None:
            return known == id
        rows = [row for row in self.found if (row.entity, row.id) == (field.to, id)]
        made = [want for want in self.wanted if (want.entity, want.name) == (field.to, said)]
        return any(self.is_met(want, row) for want in made for row in rows)

    # ── as texts ──────────────────────────────────────────────────────────────────────────────────

    def wanted_text(self, want: Wanted) -> str:
        """Return a wanted row."""
        shown = "nada" if want.said is None else told(want.said)
        return f"{want.name}: {shown}" if want.name else shown

    def shown(self, row: Found) -> str:
        """Return a row with the columns that the example speaks of."""
        columns: dict[str, Any] = {}
        for want in self.wanted:
            if want.entity == row.entity:
                columns |= want.said or {}
        name = self.placed.name(row.entity, row.id)
        shown = "nada" if row.is_gone else self._shown(row, columns)
        return f"{name}: {shown}" if name else shown

    def _shown(self, row: Found, columns: Mapping[str, Any]) -> str:
        assert row.row is not None
        fields = self.placed.runtime.entities[row.entity].fields
        names = columns or {name: "" for name, value in row.row.values.items() if value not in (None, "", ())}
        parts = []
        for name in names:
            said = columns.get(name)
            if fields[name].type == "children":
                below_: dict[str, Any] = {}
                for each in said or ():
                    below_ |= each
                rows = ", ".join(self._shown(each, below_) for each in row.below.get(name, ()))
                parts.append(f"{name}: [{rows}]")
            else:
                parts.append(f"{name}: {self._text(row, fields[name])}")
        return "{" + ", ".join(parts) + "}"

    def _text(self, row: Found, field: Field) -> str:
        assert row.row is not None
        value = row.row.values[field.name]
        if value in (None, "", ()):
            return "nada"
        if field.type == "link":
            return self.placed.name(field.to, value) or str(row.row.shown.get(field.name))
        if field.type == "many links":
            shown = row.row.shown.get(field.name) or ()
            named = [self.placed.name(field.to, id) or text for id, text in zip(value, shown, strict=True)]
            return "[" + ", ".join(named) + "]"
        said = field.kind.to_json(value, field)
        return str(said).lower() if isinstance(said, bool) else str(said)


def by_values(
    wanted: Sequence[Wanted], entities: Mapping[str, CompiledEntity]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the records that are told by values in what is wanted, each with its entity."""
    for want in wanted:
        for name, said in (want.said or {}).items():
            field = entities[want.entity].fields[name]
            each = said if isinstance(said, list) else [said]
            if field.type == "children":
                yield from by_values(
                    [replace(want, entity=str(field.of), said=row) for row in each], entities
                )
            else:
                yield from ((field.to, part) for part in each if isinstance(part, dict))


def assigned(fits: Sequence[Sequence[bool]]) -> dict[int, int]:
    """Return as many pairs as there can be, each row and each column in one of them at most."""
    of_column: dict[int, int] = {}

    def take(row: int, seen: set[int]) -> bool:
        for column, is_fit in enumerate(fits[row]):
            if is_fit and column not in seen:
                seen.add(column)
                if column not in of_column or take(of_column[column], seen):
                    of_column[column] = row
                    return True
        return False

    for row in range(len(fits)):
        take(row, set())
    return {row: column for column, row in of_column.items()}
