"""This file says what an expression can call besides built-ins: functions, decisions, parameters by name.

`metadata.expression.define` makes them from a configuration; what they do is kernel's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from metadata.expression.kinds import ANY, Kind
from metadata.expression.origins import NOWHERE, Path, Paths

RECORD, AT = "", "at"
ARGUMENT = ":"  # before the name of an argument, where a path begins with one
Sort = Literal["function", "decision", "parameter"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that can be called.

    of: the entity of the record it is called on, or nothing.  parameters: name → kind, in order.
    reads: paths from that record, or from an argument (`:name` first).  origins: such paths by which a record
    that it gives may have been reached.  is_dated: takes `at`, the day it is asked for, which is today
    otherwise.
    """

    name: str
    sort: Sort
    of: str = ""
    parameters: tuple[tuple[str, Kind], ...] = ()
    result: Kind = ANY
    reads: Paths = NOWHERE
    origins: Paths = NOWHERE
    is_dated: bool = False

    def roles(self, count: int, names: Sequence[str] = ()) -> tuple[str, ...] | None:
        """Return what each argument of a call is for: a parameter, RECORD or AT; None where they do not fit.

        By place, the record comes first and the day last; by name, the record has the name of its entity.
        """
        own = tuple(name for name, _ in self.parameters)
        before, behind = (RECORD,) if self.of else (), (AT,) if self.is_dated else ()
        if names:
            roles = tuple(RECORD if name == self.of else name for name in names)
            fits = set(own) <= set(roles) <= {*before, *own, *behind} and len(set(roles)) == len(roles)
            return roles if fits else None
        ways = (own, (*before, *own), (*own, *behind), (*before, *own, *behind))
        return next((way for way in ways if len(way) == count), None)

    def on(self, given: Mapping[str, Paths], paths: Paths) -> Paths:
        """Return paths of the definition as a call has them, given where each argument comes from."""
        found: set[Path] = set()
        for path in paths:
            is_argument = path[0].startswith(ARGUMENT)
            starts = given.get(path[0].removeprefix(ARGUMENT) if is_argument else RECORD)
            if starts is None:
                found |= set() if is_argument else {path}
            else:
                found |= {(*start, *path[is_argument:]) for start in starts}
        return frozenset(found)

    def said(self) -> str:
        """Write how it is called."""
        own = [name for name, _ in self.parameters]
        before = [f"[{self.of}]"] if self.of else []
        return "(" + ", ".join([*before, *own, *([f"[{AT}]"] if self.is_dated else [])]) + ")"


Definitions = Mapping[str, Definition]
NONE: Definitions = {}
