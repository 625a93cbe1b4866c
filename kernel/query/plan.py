"""This file says what a list asks for, as plain data: what, which rows, in which order, from where on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one path.

    operator: is, is not, one of, contains, starts with, from, to, between, empty, filled, of run (of `id`).
    values: Python values as metadata.types describes; a text for contains and starts with; for `of run` the
    number of the run, the entity and the step.
    """

    path: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A page of rows of one entity.

    columns: paths through links, `contrato.plano.nome`.  order: paths, with `-` for descending; the
    entity's own order when empty.  after, before: cursors given by an earlier page.
    """

    entity: str
    columns: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    search: str = ""
    order: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a page: values by path, and for links the text of the target.

    bare: the masked columns in whose place nothing stands.
    """

    id: int
    version: int
    values: dict[str, Any]
    shown: dict[str, str]
    bare: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, with the cursors of the neighbouring pages; a cursor is empty at either end."""

    rows: tuple[Line, ...]
    next: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows; with exact False, more than `value`, and by estimate `about` so many (0: who knows)."""

    value: int
    exact: bool
    about: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a lookup: the record, its text, and what tells it from others of the same name."""

    id: int
    text: str
    more: str
