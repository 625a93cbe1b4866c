"""This file says on whose behalf and when something happens; it is passed explicitly, never global."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from kernel.access.access import ASKING, SYSTEM, Access
from metadata.values.moments import SITE_ZONE


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from, as the audit notes it.

    address: of the client.  route: the path of the request, or the command.  session: which sign-in.
    """

    kind: Literal["page", "api", "import", "process", "command", "publication"] = "command"
    address: str = ""
    route: str = ""
    session: str = ""

    @property
    def is_by_hand(self) -> bool:
        """Tell whether a person writes, in whichever way; neither a process nor the data of a package."""
        return self.kind not in ("process", "publication")


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, at which instant, and what limits them.

    now: an aware instant in the zone of the site.  origin: where from.
    """

    operator: str
    now: datetime
    access: Access = SYSTEM
    origin: Origin = Origin()

    @property
    def rights(self) -> frozenset[str] | None:
        """The named rights of the operator; None for every one."""
        return self.access.profile.rights if self.access.profile else None

    def has_right(self, name: str) -> bool:
        """Tell whether the operator has a right."""
        return self.rights is None or name in self.rights

    @property
    def today(self) -> date:
        """The day it is at the site."""
        return self.now.date()

    def bound(self) -> dict[str, Any]:
        """Return the values that statements ask for: the day, the instant, and who asks."""
        return {"feel_today": self.today, "feel_now": self.now, ASKING: self.operator, **self.access.bound()}


def at_present(
    operator: str, zone: ZoneInfo = SITE_ZONE, access: Access = SYSTEM, *, origin: Origin = Origin()
) -> Context:
    """Return the context of an operator now."""
    return Context(operator, datetime.now(UTC).astimezone(zone), access, origin)
