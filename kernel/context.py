"""This file says on whose behalf and when something happens; it is passed explicitly, never global."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from kernel.query.plan import Filter
from metadata.values.moments import SITE_ZONE


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, at which instant, and what they may see.

    now: an aware instant in the zone of the site.  rows: per entity, conditions that every row must
    meet to exist for this operator.  hidden: (entity, field) that do not exist for this operator.
    """

    operator: str
    now: datetime
    rows: Mapping[str, tuple[Filter, ...]] = attribute(default_factory=dict)
    hidden: frozenset[tuple[str, str]] = frozenset()

    @property
    def today(self) -> date:
        """The day it is at the site."""
        return self.now.date()


def at_present(operator: str, zone: ZoneInfo = SITE_ZONE) -> Context:
    """Return the context of an operator now."""
    return Context(operator, datetime.now(UTC).astimezone(zone))
