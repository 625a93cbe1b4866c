"""This file says what goes in and out of the record service: rows, edits, and what may come of an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from metadata.problems import Problem


@dataclass(frozen=True, slots=True)
class Stamps:
    """Who made and last changed a record, and when."""

    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Row:
    """A record as read.

    id: 0 for one that is not saved yet.  values: Python values by field, as metadata.types describes.
    shown: the text of the target for links, of the file for attachments, and for many links one text per
    id.  text: how people know the record.  children: rows by children field.
    """

    id: int
    version: int
    values: Mapping[str, Any]
    shown: Mapping[str, Any]
    text: str
    stamps: Stamps | None
    children: Mapping[str, tuple[Row, ...]] = attribute(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildEdit:
    """What happens to one child row: inserted (no id), changed, or removed.

    copy_of: the row that a new one takes over what it does not say from, rows below included.
    children: as of an Edit.
    """

    id: int | None
    values: Mapping[str, Any]
    base: Mapping[str, Any] | None = None
    removed: bool = False
    copy_of: int | None = None
    children: Mapping[str, tuple[ChildEdit, ...]] = attribute(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person or a program wants saved.

    id: None for a new record.  version: the version it was based on; None skips the check.
    values: only the fields sent.  base: the values as first shown; with it, edits of different fields
    join, without it a newer version is a conflict.  children: rows not mentioned stay as they are.
    confirmed: the warnings that a person has read and saves in spite of; None for programs, which none stop.
    lacks: fields that stay empty although they must be filled, as those of somebody who was anonymised.
    """

    entity: str
    id: int | None
    version: int | None
    values: Mapping[str, Any]
    base: Mapping[str, Any] | None = None
    children: Mapping[str, tuple[ChildEdit, ...]] = attribute(default_factory=dict)
    confirmed: frozenset[str] | None = None
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: what it was, what I want, what is there now.

    path: `nome`, or `faixas/12/valor` with the id of the child row, and so on below; `faixas/12` alone when
    the whole row was removed by one of the two.
    """

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Saved:
    """Done; `joined` are the changes of others that were kept beside mine, `warnings` what was noticed."""

    id: int
    version: int
    joined: tuple[Difference, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was saved, because of these problems; Problem.field is a path such as `faixas/2/valor`.

    warnings: what a person has to confirm; without problems, they are the only reason.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nothing was saved: someone else changed the same fields.

    same: changed by both.  other: changed only by the other, they would join.
    """

    version: int
    operator: str
    at: datetime
    same: tuple[Difference, ...]
    other: tuple[Difference, ...]
