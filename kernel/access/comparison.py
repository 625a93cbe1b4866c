"""This file compares two profiles: what somebody gains and loses, thing by thing, before a role is saved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from kernel.access.effective import Effective, of_entity, of_field
from kernel.access.profile import CONFIGURE, READ, EntityAccess, Profile

Kind = Literal["right", "menu", "entity", "field"]
Way = Literal["gains", "loses", "differs"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of which another is allowed than before.

    name: a right, a path of the menus, an entity, or entity.field.  differs: other records than before.
    """

    kind: Kind
    name: str
    before: Effective
    after: Effective
    way: Way


ON, OFF = Effective(READ), Effective(0)


def compared(before: Profile, after: Profile, menus: Iterable[str]) -> list[Difference]:
    """Return every difference; of a field only what its entity does not already say."""
    return [*_rights(before, after), *_menus(before, after, menus), *_entities(before, after)]


def _rights(before: Profile, after: Profile) -> Iterator[Difference]:
    names = {name for each in (before, after) for role in each.roles for name in role.rights}
    for name in sorted(names):
        had, has = before.has_right(name), after.has_right(name)
        if had != has:
            yield _switched("right", name, is_on=has)


def _menus(before: Profile, after: Profile, menus: Iterable[str]) -> Iterator[Difference]:
    for path in menus:
        had, has = before.opens(path), after.opens(path)
        if had != has:
            yield _switched("menu", path, is_on=has)


def _switched(kind: Kind, name: str, *, is_on: bool) -> Difference:
    return Difference(kind, name, OFF, ON, "gains") if is_on else Difference(kind, name, ON, OFF, "loses")


def _entities(before: Profile, after: Profile) -> Iterator[Difference]:
    for name, had in before.entities.items():
        has = after.entities[name]
        own = of_entity(before, name), of_entity(after, name)
        if way := _way(own, [(had.record(level), has.record(level)) for level in range(READ, CONFIGURE + 1)]):
            yield Difference("entity", name, *own, way)
        yield from _fields(before, after, had, own)


def _fields(
    before: Profile, after: Profile, had: EntityAccess, own: tuple[Effective, Effective]
) -> Iterator[Difference]:
    name = had.entity.name
    has = after.entities[name]
    for field in had.entity.fields:
        both = of_field(before, name, field), of_field(after, name, field)
        if all(_follows(*pair) for pair in zip(both, own, strict=True)) or _goes_with(both, own):
            continue
        pairs = [(had.field(field, level), has.field(field, level)) for level in range(READ, CONFIGURE + 1)]
        if way := _way(both, [*pairs, (had.clear(field), has.clear(field))]):
            yield Difference("field", f"{name}.{field}", *both, way)


def _follows(field: Effective, entity: Effective) -> bool:
    """Tell whether of a field is allowed just what is allowed of its records."""
    return field.level == entity.level and (not field.level or field == entity)


def _goes_with(field: tuple[Effective, Effective], entity: tuple[Effective, Effective]) -> bool:
    """Tell whether a field comes or goes because its entity does."""
    return any(not of.level and not each.level for each, of in zip(field, entity, strict=True))


def _way(both: tuple[Effective, Effective], pairs: Iterable[tuple[object, object]]) -> Way | None:
    if all(first == second for first, second in pairs):
        return None
    before, after = (
        (each.level, each.level and each.is_clear, each.level and not each.is_partial) for each in both
    )
    ups, downs = (
        any(a > b for a, b in zip(after, before, strict=True)),
        any(a < b for a, b in zip(after, before, strict=True)),
    )
    if ups == downs:
        return "differs"
    return "gains" if ups else "loses"
