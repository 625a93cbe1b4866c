"""This file says whom a change of a role touches: which operators gain and lose what, of how many records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from kernel.access.access import Access
from kernel.access.comparison import Difference, compared
from kernel.access.effective import profile_of, roles_of
from kernel.access.profile import READ, Profile
from kernel.access.tables import Seen
from kernel.runtime import Runtime
from metadata.check.roles import menu_paths
from metadata.package import Configuration
from metadata.role import Role

COUNTED_SECONDS = 2
MOST_COUNTED = 6  # entities of a group whose records are counted


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with roles: how they are called and sign in, which, and their record among the operators."""

    name: str
    login: str
    roles: tuple[str, ...]
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Operators who gain and lose the same.

    counts: entity → how many records the first of them sees before and after; only where conditions decide,
    and none where counting would take long.
    """

    operators: tuple[str, ...]
    differences: tuple[Difference, ...]
    counts: Mapping[str, tuple[int, int]]


def affected(
    connection: Connection, whole: Runtime, after: Configuration, role: str, operators: Iterable[Operator]
) -> list[Group]:
    """Return the operators who have a role, with what changes for them; the same roles are one group."""
    groups: dict[tuple[str, ...], list[Operator]] = {}
    for operator in operators:
        if role in operator.roles:
            groups.setdefault(tuple(sorted(set(operator.roles))), []).append(operator)
    return [_group(connection, whole, after, roles, each) for roles, each in groups.items()]


def of_role_alone(whole: Runtime, after: Configuration, role: str) -> list[Difference]:
    """Return what changes for somebody who would have this role only."""
    both = _both(whole, after, (role,))
    return compared(*both, menu_paths(whole.configuration.menus))


def _group(
    connection: Connection,
    whole: Runtime,
    after: Configuration,
    roles: tuple[str, ...],
    operators: list[Operator],
) -> Group:
    both = _both(whole, after, roles)
    differences = compared(*both, menu_paths(whole.configuration.menus))
    conditional = [
        each.name
        for each in differences
        if each.kind == "entity" and (each.before.is_partial or each.after.is_partial)
    ]
    counts: dict[str, tuple[int, int]] = {}
    for entity in conditional[:MOST_COUNTED]:
        found = [_count(connection, whole, profile, entity, operators[0]) for profile in both]
        if found[0] is not None and found[1] is not None:
            counts[entity] = (found[0], found[1])
    return Group(tuple(each.name for each in operators), tuple(differences), counts)


def _both(whole: Runtime, after: Configuration, roles: tuple[str, ...]) -> tuple[Profile, Profile]:
    before, then = (
        profile_of(whole.configuration, *_played(each, roles)) for each in (whole.configuration, after)
    )
    return before, then


def _played(configuration: Configuration, names: Iterable[str]) -> list[Role]:
    known = roles_of(configuration)
    return [known[name] for name in names if name in known]


def _count(
    connection: Connection, whole: Runtime, profile: Profile, entity: str, operator: Operator
) -> int | None:
    """Return how many records somebody sees; None where that takes long."""
    table: Any = whole.entities[entity].table
    seen = Seen(whole, profile, entity, table)
    allowed = seen.allows(profile.entities[entity].record(READ))
    asked = select(func.count()).select_from(seen.from_).where(allowed)
    with connection.begin_nested() as attempt:
        try:
            connection.execute(text(f"SET LOCAL statement_timeout = '{COUNTED_SECONDS}s'"))
            return connection.scalar(asked, Access(profile, operator.record, asking=operator.login).bound())
        except OperationalError:
            attempt.rollback()
            return None
