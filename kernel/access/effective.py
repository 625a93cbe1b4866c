"""This file sums up what a profile allows of an entity or a field: a level, and whether of every record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kernel.access.allowed import Allowed
from kernel.access.playing import ADMINISTRATOR
from kernel.access.profile import CONFIGURE, NONE, READ, Profile, profile
from metadata.entity import SYSTEM_FIELDS
from metadata.package import Configuration
from metadata.role import LEVELS, Level, Role


@dataclass(frozen=True, slots=True)
class Effective:
    """What somebody may do: the highest level, of some records at least.

    is_partial: records are left out by conditions.  is_clear: what may be seen is shown as it is.
    """

    level: int
    is_partial: bool = False
    is_clear: bool = True

    @property
    def name(self) -> Level:
        """The level as roles write it."""
        return LEVELS[self.level]


NOTHING = Effective(NONE)


def profile_of(configuration: Configuration, *roles: Role) -> Profile:
    """Return what roles come to, also where they come to everything."""
    return profile(configuration, roles)


def roles_of(configuration: Configuration) -> dict[str, Role]:
    """Return every role that there is, the built-in one first."""
    named = {name: each.model for name, each in configuration.documents.get("roles", {}).items()}
    return {ADMINISTRATOR.name: ADMINISTRATOR} | {
        name: model for name, model in named.items() if isinstance(model, Role)
    }


def of_entity(made: Profile, entity: str) -> Effective:
    """Return what a profile allows of records of an entity."""
    return _summed_up(made.entities[entity].record)


def of_field(made: Profile, entity: str, field: str) -> Effective:
    """Return what a profile allows of a field."""
    access = made.entities[entity]
    if access.record(READ).is_nothing:  # no record, no field
        return NOTHING
    found = _summed_up(lambda level: access.field(field, level))
    is_clear = field in SYSTEM_FIELDS or access.clear(field) == access.field(field)
    return Effective(found.level, found.is_partial, is_clear)


def _summed_up(allowed: Callable[[int], Allowed]) -> Effective:
    levels = [level for level in range(READ, CONFIGURE + 1) if not allowed(level).is_nothing]
    if READ not in levels:  # what may not be seen may not be written either
        return NOTHING
    top = max(levels)
    return Effective(top, not all(_is_open(allowed(level)) for level in (READ, top)))


def _is_open(allowed: Allowed) -> bool:
    """Tell whether no condition of a role leaves records out; being kept apart is no condition of a role."""
    return allowed.some is None and not allowed.never
