"""This file says what a form shows: of each field the text, the error, the mark; the rows of its grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One field as it stands on the screen.

    text: what the control holds and posts.  shown: the words for it (link, file) or id → words (many links).
    ruled: the error is what a rule says, so it goes when the rule has nothing more to say.
    warning: what a rule warns of.  filled: the system filled it.
    """

    text: str = ""
    shown: Any = ""
    error: str = ""
    mark: str = ""
    ruled: bool = False
    warning: str = ""
    filled: bool = False

    @property
    def is_marked(self) -> bool:
        """Tell whether there is more to draw than the control."""
        return bool(self.error or self.mark or self.warning or self.filled)

    @property
    def classes(self) -> str:
        """The classes that tell an error or a change, on a field and on a cell."""
        wrong = " has-error is-wrong" if self.error else " has-warning" if self.warning else ""
        return wrong + (" is-changed is-touched" if self.mark else "")


EMPTY = Entry()


class Standing(NamedTuple):
    """How rules leave a field: out of sight, to be filled, not to be changed."""

    hidden: bool = False
    required: bool = False
    locked: bool = False

    @property
    def classes(self) -> str:
        """The classes of a cell."""
        fixed = " is-fixed" if self.locked or self.hidden else ""
        return fixed + (" is-off" if self.hidden else "") + (" is-needed" if self.required else "")


FREE = Standing()


@dataclass(slots=True)
class RowContent:
    """One row of a grid; `index` is its number in the post, `id` is empty until it is saved.

    copy_of: the id of the row that a new one was copied from; what stands below that one comes along.
    """

    index: str
    id: str
    entries: Mapping[str, Entry]
    removed: bool = False
    is_blank: bool = False
    error: str = ""
    copy_of: str = ""
    standing: dict[str, Standing] = attribute(default_factory=dict)

    def standing_of(self, name: str) -> Standing:
        """Return how rules leave a field of the row."""
        return self.standing.get(name, FREE)

    @property
    def is_marked(self) -> bool:
        """Tell whether the row has anything that a plain stored row has not."""
        return (
            self.is_blank
            or self.removed
            or bool(self.copy_of)
            or any(entry.is_marked for entry in self.entries.values())
        )

    @property
    def classes(self) -> str:
        """The class of a row that only waits to be filled."""
        return ' class="is-blank"' if self.is_blank else ""


@dataclass(slots=True)
class Content:
    """Everything that one page of a form shows; `warned` are the warnings about a grid as a whole."""

    entries: Mapping[str, Entry]
    rows: Mapping[str, Sequence[RowContent]]
    wrong: Mapping[str, int] = attribute(default_factory=dict)
    index: str = ""
    standing: dict[str, Standing] = attribute(default_factory=dict)
    warned: Mapping[str, Sequence[str]] = attribute(default_factory=dict)
    is_blank: bool = False

    def standing_of(self, name: str) -> Standing:
        """Return how rules leave a field."""
        return self.standing.get(name, FREE)

    @property
    def is_marked(self) -> bool:
        """Tell whether the page needs the pieces with gaps for errors and marks."""
        return bool(self.wrong) or any(entry.is_marked for entry in self.entries.values())
