"""This file says what a form shows: of each field the text, the error, the mark; the rows of its grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One field as it stands on the screen.

    text: what the control holds and posts.  shown: the words for it (link, file) or id → words (many links).
    """

    text: str = ""
    shown: Any = ""
    error: str = ""
    mark: str = ""

    @property
    def classes(self) -> str:
        """The classes that tell an error or a change, on a field and on a cell."""
        wrong = " has-error is-wrong" if self.error else ""
        return wrong + (" is-changed is-touched" if self.mark else "")


EMPTY = Entry()


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

    @property
    def is_marked(self) -> bool:
        """Tell whether the row has anything that a plain stored row has not."""
        return (
            self.is_blank
            or self.removed
            or bool(self.copy_of)
            or any(entry.error or entry.mark for entry in self.entries.values())
        )

    @property
    def classes(self) -> str:
        """The class of a row that only waits to be filled."""
        return ' class="is-blank"' if self.is_blank else ""


@dataclass(slots=True)
class Content:
    """Everything that one page of a form shows."""

    entries: Mapping[str, Entry]
    rows: Mapping[str, Sequence[RowContent]]
    wrong: Mapping[str, int] = attribute(default_factory=dict)
    index: str = ""

    @property
    def is_marked(self) -> bool:
        """Tell whether the page needs the pieces with gaps for errors and marks."""
        return bool(self.wrong) or any(entry.error or entry.mark for entry in self.entries.values())
