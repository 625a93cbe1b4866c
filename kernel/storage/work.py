"""This file makes the works of a save: each record of an edit, what it was, what others changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, Select

from kernel.context import Context
from kernel.rules.defaults import defaults_within
from kernel.runtime import Child, CompiledEntity, Runtime
from kernel.storage import write
from kernel.storage.merge import merge
from kernel.storage.record import ChildEdit, Difference, Edit
from metadata.problems import Problem


@dataclass(slots=True)
class Work:
    """One record on its way: what it was, what is written, where it stands in the edit, the rows below it.

    begins: what a new record begins with by itself.
    """

    compiled: CompiledEntity
    prefix: str
    id: int | None
    current: Mapping[str, Any]
    values: dict[str, Any]
    removed: bool = False
    parent_link: str = ""
    copy_of: int | None = None
    begins: Mapping[str, Any] = attribute(default_factory=dict)
    below: dict[str, list[Work]] = attribute(default_factory=dict)

    @property
    def after(self) -> dict[str, Any]:
        """All values as they will be."""
        return {**self.current, **self.values}

    @property
    def is_changed(self) -> bool:
        """Tell whether anything is written, here or below."""
        return bool(self.id is None or self.values or self.removed or any(w.is_changed for w in self.rows()))

    def rows(self) -> Iterator[Work]:
        """Yield the rows right below."""
        for works in self.below.values():
            yield from works

    def every(self) -> Iterator[Work]:
        """Yield this record and every row below it, also those that go."""
        yield self
        for work in self.rows():
            yield from work.every()

    def all(self) -> Iterator[Work]:
        """Yield this record and every row below it that stays."""
        if not self.removed:
            yield self
            for work in self.rows():
                yield from work.all()


def begun_values(
    connection: Connection, runtime: Runtime, compiled: CompiledEntity, context: Context,
    given: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Return what a new record begins with, and its values; one sent empty stays so without a default."""
    filled = {name: value for name, value in given.items() if value is not None}
    made = defaults_within(connection, runtime, compiled, context, filled)
    return made, {**dict.fromkeys(given), **made, **filled}


@dataclass(slots=True)
class Gathering:
    """The works of one edit while they are gathered, with all that stands against them.

    locking: whether records are locked, as a save needs it.  lacks: fields that may stay empty (see Edit).
    """

    connection: Connection
    runtime: Runtime
    context: Context
    locking: bool = True
    lacks: frozenset[str] = frozenset()
    stale: bool = False
    problems: list[Problem] = attribute(default_factory=list)
    same: list[Difference] = attribute(default_factory=list)
    other: list[Difference] = attribute(default_factory=list)

    def root(self, edit: Edit) -> Work | None:
        """Return the work of the record with all rows below it; None when the record is gone."""
        self.lacks = edit.lacks
        compiled = self.runtime.entities[edit.entity]
        current = self._current(compiled, edit.id)
        if current is None:
            return None
        if edit.id is None:
            work = self._new(compiled, "", edit.values)
        else:
            self.stale = edit.version is not None and current["version"] != edit.version
            merged = merge("", edit.values, edit.base, current, stale=self.stale, ignored=compiled.children)
            self.same += merged.same
            self.other += merged.other
            work = Work(compiled, "", edit.id, current, merged.values)
        self._gather(work, edit.children, "")
        return work

    def _current(self, compiled: CompiledEntity, id: int | None) -> Mapping[str, Any] | None:
        """Return the record as it is, locked until the end of the save; nothing yet for a new record."""
        if id is None:
            return {}
        row = self.connection.execute(self._chosen(compiled), {"ids": [id]}).mappings().first()
        if row is None:
            return None
        return {**row, **write.bridged(self.connection, compiled, id)}

    def _chosen(self, compiled: CompiledEntity) -> Select[Any]:
        return write.chosen(self.runtime, compiled, locking=self.locking)

    def _new(self, compiled: CompiledEntity, prefix: str, given: Mapping[str, Any]) -> Work:
        """Return the work of a new record."""
        begins, values = begun_values(self.connection, self.runtime, compiled, self.context, given)
        return Work(compiled, prefix, None, {}, values, begins=begins)

    def _gather(self, parent: Work, edits: Mapping[str, tuple[ChildEdit, ...]], path: str) -> None:
        for name, rows in edits.items():
            child = parent.compiled.children.get(name)
            if child is None:
                facts = {"name": name, "entity": parent.compiled.entity.label.one}
                self.problems.append(Problem("R108", facts, field=parent.prefix + name))
            else:
                parent.below[name] = self._rows(parent, child, rows, f"{path}{name}/")

    def _rows(self, parent: Work, child: Child, edits: tuple[ChildEdit, ...], path: str) -> list[Work]:
        compiled = self.runtime.entities[child.entity]
        stored = self._stored(parent, child, compiled, [edit.id for edit in edits if edit.id is not None])
        works = []
        for index, edit in enumerate(edits):
            prefix = f"{parent.prefix}{child.field.name}/{index}/"
            if edit.id is not None:
                work = self._changed(compiled, child, prefix, f"{path}{edit.id}", edit, stored, parent.id)
            elif edit.removed:
                continue
            else:
                given = {name: value for name, value in edit.values.items() if name != child.by}
                work = self._new(compiled, prefix, given)
            if work is not None:
                work.parent_link, work.copy_of = child.by, edit.copy_of
                self._gather(work, edit.children, f"{path}{edit.id}/")
                works.append(work)
        return works

    def _stored(
        self, parent: Work, child: Child, compiled: CompiledEntity, ids: list[int]
    ) -> dict[int, Mapping[str, Any]]:
        """Return the rows of the parent among these, locked."""
        if not ids or parent.id is None:
            return {}
        found = self.connection.execute(self._chosen(compiled), {"ids": ids}).mappings()
        return {row["id"]: dict(row) for row in found if row[child.by] == parent.id}

    def _changed(
        self, compiled: CompiledEntity, child: Child, prefix: str, path: str,
        edit: ChildEdit, stored: Mapping[int, Mapping[str, Any]], parent: int | None,
    ) -> Work | None:  # fmt: skip
        current = stored.get(edit.id or 0)
        if current is None:
            if parent is None:  # a new record has no rows yet
                facts = {"entity": compiled.entity.label.one}
                self.problems.append(Problem("R150", facts, field=prefix.rstrip("/")))
            elif not edit.removed:
                self.same.append(Difference(path, edit.base, dict(edit.values), None))
            return None
        mine = {} if edit.removed else {n: value for n, value in edit.values.items() if n != child.by}
        merged = merge(f"{path}/", mine, edit.base, current, stale=self.stale and not edit.removed)
        if edit.removed and merged.other:
            theirs = {each.path.rpartition("/")[2]: each.theirs for each in merged.other}
            self.same.append(Difference(path, edit.base, None, theirs))
        self.same += merged.same
        self.other += () if edit.removed else merged.other
        return Work(compiled, prefix, edit.id, current, merged.values, edit.removed)
