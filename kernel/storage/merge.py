"""This file compares what I changed with what others changed meanwhile: pure, field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.storage.record import Difference


@dataclass(frozen=True, slots=True)
class Merged:
    """The values to write, what both changed, and what only the other changed."""

    values: dict[str, Any]
    same: tuple[Difference, ...]
    other: tuple[Difference, ...]


def merge(
    prefix: str,
    mine: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    theirs: Mapping[str, Any],
    *,
    stale: bool,
    ignored: Collection[str] = (),
) -> Merged:
    """Return the three-way merge of one record.

    prefix: put before field names in paths.  base: None where the sender does not know it: then every
    field it sent that differs is its change, and a stale version makes each of them a conflict.
    ignored: fields that are never compared.
    """
    values: dict[str, Any] = {}
    same: list[Difference] = []
    for name, wanted in mine.items():
        there = theirs.get(name)
        if wanted == there:
            continue
        known = base is not None and name in base
        was = base[name] if base is not None and known else None
        if known and wanted == was:
            continue
        values[name] = wanted
        if (known and there != was) or (stale and not known):
            same.append(Difference(prefix + name, was, wanted, there))
    return Merged(values, tuple(same), _others(prefix, mine, base, theirs, values, ignored))


def _others(
    prefix: str,
    mine: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    theirs: Mapping[str, Any],
    changed: Collection[str],
    ignored: Collection[str],
) -> tuple[Difference, ...]:
    if base is None:
        return ()
    return tuple(
        Difference(prefix + name, was, mine.get(name, was), theirs[name])
        for name, was in base.items()
        if name in theirs and name not in changed and name not in ignored and theirs[name] != was
    )
