"""This file saves one record with the rows below it: joined with what others changed, judged, written.

All problems come back at once; nothing is written unless everything is. A row that changes makes a new
version of the records above it too, so that a stale page is always noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select, text
from sqlalchemy.exc import DBAPIError

from kernel.context import Context
from kernel.runtime import Runtime
from kernel.storage import copies, numbering, write
from kernel.storage.links import misplaced, refused
from kernel.storage.record import Conflict, Edit, Refusal, Saved
from kernel.storage.verdict import judge, rows_between
from kernel.storage.violations import explain, is_violation
from kernel.storage.work import Gathering, Work
from metadata.problems import Problem

Outcome = Saved | Refusal | Conflict


def save(engine: Engine, runtime: Runtime, context: Context, edit: Edit) -> Outcome:
    """Save an edit in one transaction."""
    with engine.connect() as connection:
        gathering = Gathering(connection, runtime, context)
        works: list[Work] = []
        try:
            outcome = _saved(gathering, copies.filled(connection, runtime, edit), works)
        except DBAPIError as error:
            if not is_violation(error):
                raise
            connection.rollback()
            told = refused(connection, runtime, works)
            return Refusal(tuple(told or (explain(runtime, error, _prefixes(works)),)))
        if isinstance(outcome, Saved):
            connection.commit()
        else:
            connection.rollback()
        return outcome


def _saved(gathering: Gathering, edit: Edit, works: list[Work]) -> Outcome:
    root = gathering.root(edit)
    if root is None:
        label = gathering.runtime.entities[edit.entity].entity.label.one
        return Refusal((Problem("R150", {"entity": label}),))
    if gathering.same:
        there = root.current
        same, other = tuple(gathering.same), tuple(gathering.other)
        return Conflict(there["version"], there["updated_by"], there["updated_at"], same, other)
    works += root.all()
    problems = [*gathering.problems, *_verdicts(gathering, works)]
    problems = problems or misplaced(gathering.connection, gathering.runtime, works)
    if problems:
        return Refusal(tuple(problems))
    return _Writing(gathering).run(root)


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────────


def _verdicts(gathering: Gathering, works: Iterable[Work]) -> Iterator[Problem]:
    for work in works:
        yield from judge(work.compiled, work.after, work.values, work.prefix, work.parent_link)
        yield from _untouchable(work)
        # What a new record is made with is all it has; a row that is added alone is completed later.
        named = work.compiled.children if work.id is None and not work.parent_link else work.below
        for name in named:
            count = _rows_after(gathering, work, name)
            yield from rows_between(work.compiled, name, count, work.prefix)


def _untouchable(work: Work) -> Iterator[Problem]:
    """Report changes to fields that only the system fills."""
    for name, value in work.values.items():
        field = work.compiled.fields.get(name)
        if field is None or value is None:
            continue
        if field.type == "sequence" or (field.readonly and work.id is not None):
            yield Problem("R153", {"label": field.label}, field=work.prefix + name)


def _rows_after(gathering: Gathering, work: Work, name: str) -> int:
    rows = work.below.get(name, ())
    field = work.compiled.fields[name]
    added = sum(1 for row in rows if row.id is None) - sum(1 for row in rows if row.removed)
    if work.id is None or not (field.min or field.max):
        return added
    child = work.compiled.children[name]
    table = gathering.runtime.entities[child.entity].table
    statement: Select[Any] = select(func.count()).where(table.c[child.by] == work.id)
    return added + int(gathering.connection.execute(statement).scalar_one())


# ── writing ───────────────────────────────────────────────────────────────────────────────────────


class _Writing:
    """Writes works level by level: whoever is above has its id before those below need it."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.connection: Connection = gathering.connection
        self.context = gathering.context

    def run(self, root: Work) -> Saved:
        """Write what changed and return the record with its version."""
        joined = tuple(self.gathering.other)
        if not root.is_changed:
            return Saved(root.id or 0, root.current["version"], joined)
        is_new = root.id is None
        written = [root]
        self._number([work for work in root.all() if work.id is None], is_new=is_new)
        version = self._record(root)
        level = [(root, root.rows())]
        while rows := [(above, row) for above, below in level for row in below if row.is_changed]:
            self._rows(rows)
            written += [row for _, row in rows]
            level = [(row, row.rows()) for _, row in rows if not row.removed]
        self._relink(written)
        if any(work.compiled.entity.valid for work in written):
            self.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        return Saved(root.id or 0, version, joined)

    def _record(self, root: Work) -> int:
        if root.id is None:
            (root.id,) = write.insert(self.connection, self.context, root.compiled, [root.values])
            return 1
        return write.update(self.connection, self.context, root.compiled, root.id, root.values, root.after)

    def _rows(self, rows: Sequence[tuple[Work, Work]]) -> None:
        """Remove first, then change, then insert: a key given up by one row may be taken by another."""
        stored = [row for _, row in rows if row.id is not None]
        for row in stored:
            if row.removed:
                write.delete(self.connection, row.compiled, row.id or 0)
        for row in stored:
            if not row.removed:
                write.update(self.connection, self.context, row.compiled, row.id or 0, row.values, row.after)
        new = [(above, row) for above, row in rows if row.id is None]
        for _, group in groupby(new, lambda pair: pair[1].compiled.name):
            pairs = list(group)
            values = [{**row.values, row.parent_link: above.id} for above, row in pairs]
            made = write.insert(self.connection, self.context, pairs[0][1].compiled, values)
            for (_, row), id in zip(pairs, made, strict=True):
                row.id = id

    def _relink(self, written: Iterable[Work]) -> None:
        """Let copied rows point to each other, where their sources did."""
        copied = [work for work in written if work.copy_of is not None]
        made = {(work.compiled.name, work.copy_of): work.id for work in copied}
        for work in copied:
            moved = {
                field.name: made[field.to, work.values[field.name]]
                for field in work.compiled.columns
                if field.type == "link"
                and field.name != work.parent_link
                and (field.to, work.values.get(field.name)) in made
            }
            if moved:
                write.point(self.connection, work.compiled, work.id or 0, moved)

    def _number(self, works: Sequence[Work], *, is_new: bool) -> None:
        """Fill the sequence fields of new records; gapless numbers last, their lock is the long one."""
        numbered: dict[tuple[bool, str, str], list[Work]] = {}
        for work in works:
            for field in work.compiled.columns:
                if field.type == "sequence":
                    key = (field.gapless, work.compiled.name, field.name)
                    numbered.setdefault(key, []).append(work)
        for (gapless, entity, name), alike in sorted(numbered.items(), key=lambda item: item[0][0]):
            field = alike[0].compiled.fields[name]
            first = numbering.reserve(self.connection, entity, field, self.context, len(alike))
            if is_new and not gapless:
                # Nothing was locked or written yet for a new record: this commit ends only the counting.
                self.connection.commit()
            for number, work in enumerate(alike, first):
                work.values[name] = numbering.write(field, number, self.context, work.after)


def _prefixes(works: Iterable[Work]) -> dict[str, str]:
    """Return where a violation of an entity stands: at its row, or at what its rows have in common."""
    found: dict[str, list[str]] = {}
    for work in works:
        if work.values:
            found.setdefault(work.compiled.name, []).append(work.prefix)
    return {entity: _common(prefixes) for entity, prefixes in found.items()}


def _common(prefixes: Sequence[str]) -> str:
    steps = zip(*(prefix.split("/")[:-1] for prefix in prefixes), strict=False)
    same = takewhile(lambda step: len(set(step)) == 1, steps)
    return "".join(f"{step[0]}/" for step in same)
