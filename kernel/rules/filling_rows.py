"""This file says which rows a fill makes below a record, which of its earlier ones go, and which stay.

A row is the fill's own as long as nobody wrote in it: a new one whose values a fill gave, and a stored one
that is what the same fill makes of the stored record. All others are a person's, and stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kernel.context import Context
from kernel.rules.defaults import defaults, defaults_within
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage import write
from kernel.storage.work import Work

MOST = 1_000  # a page takes them up while somebody waits; beyond, rows are for imports
EMPTY: tuple[Any, ...] = (None, "", ())
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arranged:
    """Rows as they come to be: what changes in those that stay, those that go, the values of new ones."""

    changed: Sequence[tuple[Work, Values]]
    gone: Sequence[Work]
    added: Sequence[Values]


def arranged(
    wanted: Iterable[Values], rows: Iterable[Work], own: Collection[int], key: Sequence[str]
) -> Arranged:
    """Return what becomes of the rows below a record.

    wanted: the rows that a fill makes.  rows: those that are there.  own: the fill's own, by identity.
    key: the fields by which one stands for the other, each of which then comes once; all those that are set,
    where there are none.
    """
    waiting: dict[tuple[Any, ...], list[Values]] = {}
    names: Sequence[str] = key
    for values in wanted:
        names = key or sorted(values)
        same = waiting.setdefault(_of(values, names), [])
        if not (key and same):
            same.append(values)
    changed, gone = [], []
    for row in sorted(rows, key=lambda row: id(row) in own):  # a person's rows choose first
        same = waiting.get(_of(row.after, names), [])
        is_own = id(row) in own
        if same and is_own:
            news = {name: value for name, value in same.pop(0).items() if row.after.get(name) != value}
            changed.append((row, news))
        elif same:
            same.pop(0)
        elif is_own:
            gone.append(row)
    return Arranged(changed, gone, [values for same in waiting.values() for values in same])


def _of(values: Values, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in names)


def untouched(compiled: CompiledEntity, context: Context, values: Values) -> Iterator[str]:
    """Yield the fields of a new record that nobody typed into: empty, or as the record began."""
    begins = defaults(compiled, context)
    for name in compiled.fields:
        value = values.get(name)
        if value is None or value == begins.get(name):
            yield name


def is_own_new(
    context: Context, row: Work, posted: Values, set_: Collection[str], given: Collection[str]
) -> bool:
    """Tell whether a fill gave a new row all that it holds.

    given: its fields that hold what a fill gave them.
    """
    if row.copy_of or any(row.rows()):
        return False
    began = set(untouched(row.compiled, context, posted))
    rest = {name for name, value in posted.items() if value not in EMPTY and name not in began}
    return not (rest | (posted.keys() & set(set_))) - set(given)


class StoredRows:
    """Knows which stored rows of one record are a fill's own: what it makes of the stored record."""

    def __init__(
        self, connection: Connection, runtime: Runtime, context: Context, before: Iterable[Values]
    ) -> None:
        self.connection, self.runtime, self.context = connection, runtime, context
        self.before = list(before)

    def has(self, row: Work, given: Collection[str]) -> bool:
        """Tell whether a row is one of them, each counted once, and nobody wrote in it since."""
        current = row.current
        made = next((v for v in self.before if all(current.get(n) == v[n] for n in v)), None)
        typed = {name for name, value in row.values.items() if value != current.get(name)}
        if made is None or typed - set(given) or any(row.rows()) or self._has_more(row, made):
            return False
        self.before.remove(made)
        return True

    def _has_more(self, row: Work, made: Values) -> bool:
        """Tell whether a stored row has anything that it did not begin with."""
        compiled = row.compiled
        known = {name: value for name, value in made.items() if value is not None}
        begins = defaults_within(self.connection, self.runtime, compiled, self.context, known)
        for field in compiled.columns:
            name, value = field.name, row.current.get(field.name)
            if name in made or name == row.parent_link or field.is_given or value in EMPTY:
                continue
            if value != begins.get(name):
                return True
        if any(write.bridged(self.connection, compiled, row.id or 0).values()):
            return True
        return any(self._stands_below(row.id or 0, child) for child in compiled.children.values())

    def _stands_below(self, id: int, child: Any) -> bool:
        table = self.runtime.entities[child.entity].table
        statement = select(table.c.id).where(table.c[child.by] == id).limit(1)
        return self.connection.execute(statement).first() is not None
