"""This file says of which records something is allowed: all, none, or those that meet conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Own:
    """A condition on the record itself, as an expression."""

    text: str


@dataclass(frozen=True, slots=True)
class Above:
    """A condition on the record of another entity that a link of this one leads to."""

    link: str
    entity: str
    allowed: Allowed


Condition = Own | Above


@dataclass(frozen=True, slots=True)
class Apart:
    """A link by which records are kept apart: to a record of `target`, or to nothing.

    mine: the field of the operator with those that are theirs; empty where all are.
    """

    link: str
    target: str
    mine: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Records of one entity: those that meet some condition and none of the others, and are not kept apart.

    some: None for every record.  within: what each record above must meet, where there is one.  open_only:
    those that are closed to others do not count.
    """

    some: frozenset[Condition] | None = frozenset()
    never: frozenset[Condition] = frozenset()
    apart: frozenset[Apart] = frozenset()
    within: frozenset[Above] = frozenset()
    open_only: bool = False

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is no such record, whatever the data."""
        return self.some is not None and not self.some

    @property
    def is_everything(self) -> bool:
        """Tell whether every record is one, whatever the data."""
        return self.some is None and not (self.never or self.apart or self.within or self.open_only)


NOTHING = Allowed()
EVERYTHING = Allowed(None)


def any_of(conditions: Iterable[Condition | None]) -> frozenset[Condition] | None:
    """Return conditions of which one is enough; one that is always met leaves none to ask."""
    found = set(conditions)
    return None if None in found else frozenset(each for each in found if each is not None)
