"""This file says who reads a record that changes: the ways from rules and stored fields to what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import BigInteger, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.rules.needs import in_full, target, tree
from kernel.runtime import Runtime

Key = tuple[str, str]  # entity, name of a field or of a check
Steps = tuple[str, ...]
IDS = bindparam("ids", type_=ARRAY(BigInteger))


@dataclass(frozen=True, slots=True)
class Way:
    """How a record is read from an entity: along `steps` from there, then `fields` of it.

    of: the fields or checks that read it.  by: the link of the last step, where that leads to rows, which can
    be moved.
    """

    entity: str
    steps: Steps
    fields: frozenset[str]
    of: frozenset[str]
    by: str

    def follows(self, changed: frozenset[str] | None) -> bool:
        """Tell whether something follows from a change of fields; None: the record comes or goes."""
        return changed is None or bool(changed & self.fields) or (self.by in changed)


class Reading(Protocol):
    """Whatever says which paths it reads."""

    @property
    def reads(self) -> frozenset[Steps]:
        """The paths, as names of fields."""


def paths(runtime: Runtime, entity: str, formula: Reading) -> Iterator[Steps]:
    """Yield what a formula reads, through computed fields that are not stored to what these read."""
    rules = runtime.rules
    needs = in_full(tree(formula.reads), entity, rules.entities, rules.reads, own=False)
    waiting: list[tuple[Steps, Mapping[str, Any]]] = [((), needs)]
    for path, below in waiting:
        for name, deeper in below.items():
            yield (*path, name)
            waiting.append(((*path, name), deeper))


def end(runtime: Runtime, entity: str, path: Steps) -> Key:
    """Return the field at the end of a path, with its entity."""
    for step in path[:-1]:
        entity = target(runtime.entities[entity].fields[step])
    return entity, path[-1]


def ways(runtime: Runtime, read: Mapping[Key, Sequence[Steps]]) -> dict[str, tuple[Way, ...]]:
    """Return the ways by the entity at their end; `read` has the paths of each field or check.

    Each also reads its own record, whatever it reads of that.
    """
    found: dict[tuple[str, str, Steps], tuple[set[str], set[str]]] = {}
    for (entity, name), all_ in read.items():
        found.setdefault((entity, entity, ()), (set(), set()))[1].add(name)
        for path in all_:
            there, _ = end(runtime, entity, path)
            fields, of = found.setdefault((there, entity, path[:-1]), (set(), set()))
            fields.add(path[-1])
            of.add(name)
            leads = target(runtime.entities[there].fields[path[-1]]) if path[-1] != "id" else ""
            if leads:  # the rows themselves count, whatever is read of them
                found.setdefault((leads, entity, path), (set(), set()))[1].add(name)
    made: dict[str, list[Way]] = {}
    for (there, entity, steps), (fields, of) in found.items():
        by = _by(runtime, entity, steps)
        made.setdefault(there, []).append(Way(entity, steps, frozenset(fields), frozenset(of), by))
    return {there: tuple(all_) for there, all_ in made.items()}


def _by(runtime: Runtime, entity: str, steps: Steps) -> str:
    if not steps:
        return ""
    parent, last = end(runtime, entity, steps)
    child = runtime.entities[parent].children.get(last)
    return child.by if child else ""


def _readers(runtime: Runtime, way: Way) -> Select[Any]:
    """Make the SELECT; tables at its ends are left out where a link says as much as their ids.

    The planner knows little of tables that were just filled, and joins less of them rightly.
    """
    here: Any = runtime.entities[way.entity].table.alias("r0")
    source, entity, begins, ends = here, way.entity, here.c.id, here.c.id
    for index, step in enumerate(way.steps, 1):
        compiled = runtime.entities[entity]
        field = compiled.fields[step]
        there: Any = runtime.entities[target(field)].table.alias(f"r{index}")
        if field.type == "children":
            back = there.c[compiled.children[step].by]
            if index == 1:
                source, begins = there, back
            else:
                source = source.join(there, back == here.c.id)
        elif field.type == "many links":
            pairs = compiled.bridges[step].alias(f"b{index}")
            source = source.join(pairs, pairs.c.source == here.c.id).join(there, there.c.id == pairs.c.target)
        elif index == len(way.steps):
            ends = here.c[step]
            break
        else:
            source = source.join(there, there.c.id == here.c[step])
        here, entity, ends = there, target(field), there.c.id
    return select(begins).distinct().select_from(source).where(ends == any_(IDS))


def readers(runtime: Runtime, way: Way) -> Select[Any]:
    """Return the SELECT of the records at the beginning of a way, for `ids` of those at its end."""
    key = ("readers", way.entity, way.steps)
    made: Select[Any] | None = runtime.statements.get(key)
    if made is None:
        made = _readers(runtime, way)
        runtime.remember(key, made)
    return made
