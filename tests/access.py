"""Roles for tests: what limits somebody, made from roles as documents write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.access.access import Access
from kernel.access.profile import profile
from kernel.runtime import Runtime
from metadata.role import Role

EVERYTHING: Mapping[str, Any] = {"role": "tudo", "everything": "yes"}


def role(said: Mapping[str, Any]) -> Role:
    """Return a role as a document says it, without its label."""
    return Role.model_validate({"role": "papel", "label": "Papel", **said})


def access(runtime: Runtime, *roles: Mapping[str, Any], record: int | None = None, **working: int) -> Access:
    """Return what somebody with these roles may do; record: theirs among the operators."""
    named = [role({"role": f"papel_{number}", **said}) for number, said in enumerate(roles)]
    return Access(profile(runtime.whole.configuration, named), record, working)


def all_but(runtime: Runtime, **denied: Any) -> Access:
    """Return what somebody may do who may do everything but what is denied."""
    return access(runtime, EVERYTHING, {"deny": denied})


def with_rights(runtime: Runtime, *rights: str) -> Access:
    """Return what somebody may do who may read and write everything, with these rights only."""
    entities = dict.fromkeys(runtime.whole.entities, "configure")
    return access(runtime, {"entities": entities, "rights": list(rights), "privacy": {"sensitive": "shown"}})
