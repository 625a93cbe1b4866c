"""This file has the names that a part of an expression sees, from where it stands outwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from metadata.expression.kinds import Kind
from metadata.expression.origins import NOWHERE, Paths


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a part sees, with the paths behind those that come from the record.

    are_fields: fields are never called, so that a new one does not change what an old rule means.
    former: former name → name of today, of fields that were renamed.
    """

    kinds: Mapping[str, Kind]
    paths: Mapping[str, Paths] = attribute(default_factory=dict)
    outer: Names | None = None
    are_fields: bool = False
    former: Mapping[str, str] = attribute(default_factory=dict)

    def find(self, name: str) -> tuple[Kind, Paths] | None:
        """Return the kind and paths of a name, from here outwards."""
        name = self.former.get(name, name)
        if name in self.kinds:
            return self.kinds[name], self.paths.get(name, NOWHERE)
        return self.outer.find(name) if self.outer else None

    def today(self, name: str) -> str:
        """Return what a name is called today."""
        if name in self.kinds or name in self.former or self.outer is None:
            return self.former.get(name, name)
        return self.outer.today(name)

    def calls(self, name: str) -> bool:
        """Tell whether a call of the name means one of the expression's own."""
        if name in self.kinds and not self.are_fields:
            return True
        return self.outer is not None and self.outer.calls(name)

    def all(self) -> set[str]:
        """Return every name seen."""
        return {*self.kinds, *(self.outer.all() if self.outer else ())}
