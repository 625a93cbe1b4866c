"""This file says what a migration consists of: steps in stages, with their statements and locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import IntEnum
from typing import Literal

from kernel.storage.migrate.shape import MARK, Part, literal, quoted

Mode = Literal["ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"]
ALONE: Mode = "ACCESS EXCLUSIVE"
NO_WRITES: Mode = "SHARE ROW EXCLUSIVE"
NO_CHANGES: Mode = "SHARE UPDATE EXCLUSIVE"
STRENGTH: dict[Mode, int] = {NO_CHANGES: 1, NO_WRITES: 2, ALONE: 3}

Way = Literal["together", "concurrently", "briefly", "in batches"]


class Stage(IntEnum):
    """In which order things are done: all but the last in one transaction, under locks from RENAME on."""

    CREATE = 0
    RENAME = 1
    LOOSEN = 2
    CHANGE = 3
    REPAIR = 4
    TIGHTEN = 5
    LINK = 6
    LATER = 7


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement and how it is run.

    together: in the transaction.  concurrently: alone, stopping nobody.  briefly: alone, under a lock that is
    given up when it does not come at once.  in batches: again and again, for ids :first to :last of `table`.
    """

    sql: str
    way: Way = "together"
    table: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    locks: existing tables, under their present names, that must be held.  rows: how many are gone through.
    """

    says: str
    stage: Stage
    statements: tuple[Statement, ...]
    locks: Mapping[str, Mode] = attribute(default_factory=dict)
    rows: int = 0

    @property
    def phase(self) -> Literal["transaction", "later"]:
        """Tell whether it belongs to the publication or comes after it."""
        return "later" if self.stage is Stage.LATER else "transaction"

    @property
    def sql(self) -> str:
        """The statements, one a line."""
        return "\n".join(f"{statement.sql};" for statement in self.statements)


def together(
    says: str, stage: Stage, sql: Iterable[str], locks: Mapping[str, Mode] | None = None, rows: int = 0
) -> Step:
    """Return a step of the transaction."""
    return Step(says, stage, tuple(Statement(line) for line in sql), locks or {}, rows)


def later(says: str, *statements: Statement, rows: int = 0) -> Step:
    """Return a step that comes after the publication."""
    return Step(says, Stage.LATER, statements, {}, rows)


def note_of(part: Part) -> str:
    """Return the statement that writes down the definition of a constraint, an index or the triggers."""
    place = "INDEX" if part.is_index else "TRIGGER" if part.is_trigger else "CONSTRAINT"
    on = f"{place} {quoted(part.name)}" + ("" if part.is_index else f" ON {quoted(part.table)}")
    return f"COMMENT ON {on} IS {literal(MARK + part.says)}"
