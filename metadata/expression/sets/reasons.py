"""This file says why an expression has no exact form for sets; the part that has none gives it a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.expression.faults import Fault


class Reason(Exception):
    """Why the part that is being looked at has no form; whoever knows the part gives it a place."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, Any] = facts


class NotForSets(Exception):
    """Every reason that was found, with its place."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults
