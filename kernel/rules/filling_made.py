"""This file asks what a fill has for records, for all of them at once: as they will be, or as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from kernel.expression.scope import Run, Scope
from kernel.expression.values import Record
from kernel.rules import making
from kernel.rules.exchange import taken
from kernel.rules.filling_rows import MOST, Values
from kernel.rules.reach import Reach
from kernel.rules.ruleset import CompiledFill
from kernel.rules.works import records_for
from kernel.runtime import Runtime
from kernel.storage.work import Work
from metadata.check.fills import FOUND
from metadata.entity import Field


@dataclass(frozen=True, slots=True)
class Made:
    """What one fill has for one record; `names` are what it sees besides that, which may be nothing found."""

    run: Run
    fill: CompiledFill
    fields: Mapping[str, Field]
    record: Record
    names: Mapping[str, Record | None]
    is_asked: bool = False  # for a record, with something to find it by

    @property
    def says(self) -> str:
        """What the fill says where it looks for a record and does not find the one; else an empty text."""
        return self.fill.rule.missing if self.is_asked and self.holds and not self._is_found else ""

    @property
    def holds(self) -> bool:
        """Tell whether the fill is done for the record."""
        return self.fill.when is None or self.fill.when.of(self.run, self.record, self.names) is True

    @property
    def _is_found(self) -> bool:
        return None not in self.names.values()

    def values(self) -> Values:
        """Return field → value; nothing, where no record is found."""
        if not self._is_found:
            return dict.fromkeys(self.fill.set)
        return {
            name: taken(formula.of(self.run, self.record, self.names), self.fields[name])
            for name, formula in self.fill.set.items()
        }

    def rows(self, part: making.Part) -> list[dict[str, Any]] | None:
        """Return the values of each row; None for more than can be made."""
        if not self._is_found:
            return []
        scope = Scope(self.record)
        scope = scope.inner(self.names) if self.names else scope
        self.run.is_exhausted = False
        rows = list(islice(making.rows(self.run, part, scope), MOST + 1))
        return None if len(rows) > MOST or (self.run.is_exhausted and not rows) else rows


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks fills about records of one entity in an edit."""

    connection: Connection
    runtime: Runtime
    run: Run
    root: Work

    def now(self, fill: CompiledFill, works: Sequence[Work]) -> list[Made]:
        """Return what a fill has for records as they stand in the edit, among the others of it."""
        if not works:
            return []
        records = records_for(self.connection, self.runtime, self.run, self.root, works, fill.needs)
        return list(self._made(fill, works, records, [work.after for work in works]))

    def before(self, fill: CompiledFill, works: Sequence[Work]) -> list[Made]:
        """Return what a fill has for the stored records."""
        if not works:
            return []
        compiled = works[0].compiled
        needs = self.runtime.rules.in_full(fill.needs, compiled.name, own=True)
        pairs = [(Record(compiled.name, work.id), work.current) for work in works]
        Reach(self.connection, self.runtime, self.run).fill(compiled, pairs, needs, own=True)
        records = [record for record, _ in pairs]
        return list(self._made(fill, works, records, [work.current for work in works]))

    def _made(
        self, fill: CompiledFill, works: Sequence[Work], records: Sequence[Record], values: Sequence[Values]
    ) -> Iterator[Made]:
        names: list[dict[str, Record | None]] = [{} for _ in works]
        keys = [tuple(each.get(ours) for ours in fill.rule.where.values()) for each in values]
        if fill.rule.from_:
            names = [{FOUND: found} for found in self._found(fill, keys)]
        for work, record, seen, key in zip(works, records, names, keys, strict=True):
            is_asked = bool(key) and None not in key
            yield Made(self.run, fill, work.compiled.fields, record, seen, is_asked)

    def _found(self, fill: CompiledFill, keys: Sequence[tuple[Any, ...]]) -> list[Record | None]:
        """Return the one record that a fill looks up for each; None for none, and for more than one."""
        table = self.runtime.entities[fill.rule.from_].table
        columns = [table.c[theirs] for theirs in fill.rule.where]
        asked = {key for key in keys if None not in key}
        statement = select(func.min(table.c.id), *columns).where(tuple_(*columns).in_(asked))
        only = statement.group_by(*columns).having(func.count() == 1)
        ids = {tuple(key): id for id, *key in self.connection.execute(only)} if asked else {}
        wanted = self.runtime.rules.in_full(fill.found, fill.rule.from_, own=False)
        reach = Reach(self.connection, self.runtime, self.run)
        records = reach.records(fill.rule.from_, set(ids.values()), wanted)
        return [records.get(ids.get(key, 0)) for key in keys]
