"""This file says what somebody may do who plays some roles: those that the configuration knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kernel.access.access import Access
from kernel.access.profile import Profile, profile
from kernel.runtime import Runtime
from metadata.role import Denial, EntityGrant, Role

ADMINISTRATOR = Role(role="administrador", label="Administrador", everything=True)
"""There is always somebody who may do everything, whatever roles the packages have."""


def access_of(
    runtime: Runtime, roles: tuple[str, ...], record: int | None, only: tuple[str, ...] | None = None
) -> Access:
    """Return what limits somebody; a role that no package has any more grants nothing.

    record: theirs, among the operators.  only: the entities that a token is limited to, and their rows.
    """
    made = profile_of(runtime, roles, only)
    return Access(made if made.is_limited else None, record)  # None: nothing has to be made for it


def profile_of(runtime: Runtime, roles: tuple[str, ...], only: tuple[str, ...] | None = None) -> Profile:
    """Return the profile of somebody, also of those whom nothing limits."""
    whole = runtime.whole
    key = ("access", roles, only)
    found: Profile | None = whole.views.get(key)
    if found is None:
        found = whole.views[key] = _profile(whole, roles, only)
    return found


def _profile(whole: Runtime, roles: Iterable[str], only: tuple[str, ...] | None) -> Profile:
    known = {ADMINISTRATOR.name: ADMINISTRATOR, **whole.configuration.roles}
    played = [known[name] for name in roles if name in known]
    if only is not None:
        played.append(_nothing_but(whole, only))
    return profile(whole.configuration, played)


def _nothing_but(whole: Runtime, entities: tuple[str, ...]) -> Role:
    inside = set(_with_rows(whole, entities))
    nothing = EntityGrant(level="read")
    others = {name: nothing for name in whole.entities if name not in inside}
    return Role(role="token", label="Token", deny=Denial(entities=others))


def _with_rows(whole: Runtime, entities: Iterable[str]) -> Iterator[str]:
    for name in entities:
        compiled = whole.entities.get(name)
        if compiled is not None:
            yield name
            below = [child.entity for child in compiled.children.values() if child.entity != name]
            yield from _with_rows(whole, below)
