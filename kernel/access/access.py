"""This file says what limits somebody at work: a profile, who they are, for which company they work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from kernel.access.profile import Profile
from metadata.entity import Entity

USER_RECORD, WORKING, ROLES, ASKING = "user_record", "working_", "played_roles", "asking_operator"


@dataclass(frozen=True, slots=True)
class Access:
    """What limits an operator.

    profile: what their roles come to; None for the system itself, which nothing limits.  record: theirs,
    among the operators.  working: entity that records are kept apart by → the one that they work for now.
    together: whether the records of the others that are theirs are read along.  asking: the login for whom
    records may be open that are closed to others; None for whoever asks.
    """

    profile: Profile | None = None
    record: int | None = None
    working: Mapping[str, int] = attribute(default_factory=dict)
    together: bool = False
    asking: str | None = None

    def bound(self) -> dict[str, Any]:
        """Return the values that conditions on rows ask for."""
        asking = {} if self.asking is None else {ASKING: self.asking}
        if self.profile is None:
            return asking
        narrow = {} if self.together else self.working
        targets = {f"{WORKING}{name}": narrow.get(name) for name in self.profile.kept_apart_by}
        roles = [role.name for role in self.profile.roles]
        return {USER_RECORD: self.record, ROLES: roles, **targets, **asking}

    def begins(self, entity: Entity) -> dict[str, int]:
        """Return the links, of those that are there, by which a new record belongs to what they work for."""
        if not self.working:
            return {}
        links = {link: entity.fields[link].to for link in entity.apart if link in entity.fields}
        return {link: self.working[to] for link, to in links.items() if to in self.working}


SYSTEM = Access()
