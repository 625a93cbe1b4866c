"""This file shows a save to the rules: each record as it will be, with the rows that stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.needs import Needs, join, target
from kernel.rules.reach import Reach
from kernel.runtime import Runtime
from kernel.storage.work import Work

Pairs = list[tuple[Work, Record]]


def records_of(connection: Connection, runtime: Runtime, run: Run, *roots: Work) -> Pairs:
    """Return the records of a save, or of several that are alike, each beside its work, as they will be."""
    works = [work for root in roots for work in root.all()]
    if all(work.compiled.rules.is_empty for work in works):
        return []
    reads = {work.compiled.name: work.compiled.rules.needs for work in works}
    return _Showing(connection, runtime, run, roots, works, reads).records()


def records_for(
    connection: Connection, runtime: Runtime, run: Run, root: Work, works: Sequence[Work], needs: Needs
) -> list[Record]:
    """Return records of one entity in a save as they will be, with what is needed of them and around them."""
    reads = {works[0].compiled.name: needs}
    pairs = _Showing(connection, runtime, run, [root], list(root.all()), reads).records()
    found = {id(work): record for work, record in pairs}
    return [found[id(work)] for work in works]


class _Showing:
    """Makes the records of one save; reads: entity → what is asked of its records."""

    def __init__(
        self, connection: Connection, runtime: Runtime, run: Run, roots: Sequence[Work],
        works: Sequence[Work], reads: Mapping[str, Needs],
    ) -> None:  # fmt: skip
        self.reach = Reach(connection, runtime, run)
        self.runtime = runtime
        self.roots = roots
        self.pairs: Pairs = [(work, Record(work.compiled.name, work.id)) for work in works]
        self.record = {id(work): record for work, record in self.pairs}
        self.needs = self._needs(works, reads)

    def _needs(self, works: Iterable[Work], reads: Mapping[str, Needs]) -> dict[str, Needs]:
        """Return what is needed of each entity of the save: what is asked of it, and what leads to it."""
        rules = self.runtime.rules
        found = {work.compiled.name: join({}, reads.get(work.compiled.name, {})) for work in works}
        before = 0
        while before != (size := sum(_size(needs) for needs in found.values())):
            before = size
            for name, needs in list(found.items()):
                self._lead(found, name, needs)
            for name, needs in found.items():
                found[name] = rules.in_full(needs, name, own=True)
        return found

    def _lead(self, found: dict[str, Needs], entity: str, needs: Needs) -> None:
        fields = self.runtime.entities[entity].fields
        for name, below in list(needs.items()):
            to = target(fields[name]) if name in fields else ""
            if to:
                if to in found:
                    join(found[to], below)
                self._lead(found, to, below)

    def records(self) -> Pairs:
        """Fill every record: first what links the records of the save to each other, then the rest."""
        for root in self.roots:
            self._know(root)
        alike: dict[str, list[tuple[Record, Any]]] = {}
        for work, record in self.pairs:
            alike.setdefault(work.compiled.name, []).append((record, work.after))
        for name, records in alike.items():
            compiled = self.runtime.entities[name]
            self.reach.fill(compiled, records, self.needs[name], own=True, children=False)
            self._children(name, [record for record, _ in records])
        return self.pairs

    def _know(self, work: Work) -> None:
        """Let the records of the save stand for the stored ones wherever these are reached."""
        record = self.record.get(id(work))
        if work.id is not None:
            self.reach.edited[work.compiled.name, work.id] = record
        if record is None:
            return
        for link, value in work.after.items():
            field = work.compiled.fields.get(link)
            if field is not None and field.type == "link" and value is not None and link != work.parent_link:
                self.reach.placed.setdefault((record.entity, link, value), []).append(record)
        for name, rows in work.below.items():
            for row in rows:
                self._know(row)
                below = self.record.get(id(row))
                if below is not None:
                    below[row.parent_link] = record
                    self._place(work, record, name, below)

    def _place(self, work: Work, record: Record, name: str, below: Record) -> None:
        if work.id is None:
            dict.setdefault(record, name, []).append(below)
        else:
            by = work.compiled.children[name].by
            self.reach.placed.setdefault((below.entity, by, work.id), []).append(below)

    def _children(self, name: str, records: Iterable[Record]) -> None:
        """Load the rows of stored records; those of new ones are all in the save."""
        compiled = self.runtime.entities[name]
        for field in self.needs[name].keys() & compiled.children.keys():
            child = compiled.children[field]
            ids = [record.id for record in records if record.id is not None]
            rows = self.reach.rows(child.entity, child.by, ids, self.needs[name][field]) if ids else {}
            for record in records:
                if record.id is not None:
                    record[field] = rows[record.id]
                    for row in rows[record.id]:
                        row[child.by] = record
                elif field not in record:
                    record[field] = []


def _size(needs: Needs) -> int:
    return sum(1 + _size(below) for below in needs.values())
