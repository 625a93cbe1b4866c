"""This file says how tables look: columns, and the constraints and indexes that follow from the metadata.

`wanted` makes a shape from a Runtime, `catalog` reads one from the database; `structure` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal

Kind = Literal["unique", "link", "period", "index", "filled", "unique index", "audit", "ledger", "states"]
TABLE_MARK = "aroeira"
LEADS = "-> "  # begins the note of a column that was a link when it was set aside
MARK = "aroeira: "  # begins the comment of all that we made; the rest is its definition
SMALL_BYTES = 2 * 1024 * 1024  # up to here (some 20 000 rows) everything is done within the transaction


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `note` is what its comment says."""

    name: str
    type: str
    required: bool
    note: str = ""

    @property
    def family(self) -> str:
        """The type without its sizes."""
        return self.type.partition("(")[0]


@dataclass(frozen=True, slots=True)
class Part:
    """A constraint or an index of a table.

    says: the definition; two parts of one name with other definitions are different parts.
    target: the table that a link leads to.  filled: a check that stands in for NOT NULL while it is made.
    unique index: what becomes a unique constraint.  audit: the triggers that note changes, all of them.
    ledger: the triggers that hold a ledger, those of one role of the table.  states: those that note since
    when a record is in its state.
    create: the statement that makes it.
    """

    name: str
    kind: Kind
    table: str
    columns: tuple[str, ...]
    says: str
    target: str = ""
    cascades: bool = False
    is_valid: bool = True
    create: str = ""

    @property
    def is_trigger(self) -> bool:
        """Tell whether it is a group of triggers, which are made anew in place."""
        return self.kind in ("audit", "ledger", "states")

    @property
    def is_index(self) -> bool:
        """Tell whether it can be made and removed without stopping anyone."""
        return self.kind in ("index", "unique index")


@dataclass(frozen=True, slots=True)
class Worked:
    """A column whose values are worked out: `sql` does so for ids :first to :last, after lower levels.

    says: what tells one way to work it out from another.
    """

    level: int
    says: str
    sql: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows` and `size` (bytes) are what the database estimates.

    search: the SQL of the searched text, empty where nothing is searched.  worked: stored computed columns.
    """

    name: str
    columns: Mapping[str, Column]
    parts: Mapping[str, Part]
    rows: int = 0
    size: int = 0
    is_ours: bool = True
    search: str = ""
    worked: Mapping[str, Worked] = attribute(default_factory=dict)

    @property
    def is_small(self) -> bool:
        """Tell whether work on it may be done under lock."""
        return self.size <= SMALL_BYTES


Shape = Mapping[str, Table]


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
