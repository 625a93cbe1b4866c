"""This file finds steps that need no table: they keep every row they get, and one later step reads them.

That step then begins with their SELECT. To write rows into a table only to read them once costs more than
to make them; how many there are is known without asking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from metadata.process import INSERT, RELATION
from metadata.steps.walk import Made

# Who reads a step: the name of another, and whether only that one's own rows are made of it.
Readers = Collection[tuple[str, bool]]


def reader_of(made: Made, all_: Mapping[str, Made], readers: Readers) -> str:
    """Return the one step that begins with the rows of this one; nothing where it needs a table."""
    if not _keeps_every_row(made) or not all(_has_rows(all_.get(name)) for name in made.step.from_):
        return ""
    (name, is_made_of_it), *others = [*readers] or [("", False)]
    return name if is_made_of_it and not others and _goes_through(all_[name], made.name) else ""


def _goes_through(reader: Made, name: str) -> bool:
    """Tell whether a step goes through the rows of another, and looks none of them up."""
    looked_up = {lookup.in_ for lookup in reader.step.lookup.values()}
    return name in reader.step.from_ and name not in looked_up


def _keeps_every_row(made: Made) -> bool:
    step = made.step
    drops = step.numbers or step.where or step.lookup or step.group or step.refuse
    return step.kind == RELATION and not drops


def _has_rows(source: Made | None) -> bool:
    """Tell whether a source is a step of which it is known how many rows it has."""
    return source is not None and source.step.kind in (RELATION, INSERT)


def beginning(fill: str, passing: Iterable[tuple[str, str]]) -> str:
    """Return a statement that begins with the SELECT of steps without a table, each by the table's name.

    The fence keeps each a SELECT of its own: what it works out for a row is worked out once.
    """
    parts = [f'"{table}" AS ({select} OFFSET 0)' for table, select in passing]
    if not parts:
        return fill
    separator, rest = (", ", fill.removeprefix("WITH ")) if fill.startswith("WITH ") else (" ", fill)
    return f"WITH {', '.join(parts)}{separator}{rest}"
