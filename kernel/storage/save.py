"""This file saves one record with the rows below it: joined with what others changed, judged, written.

All problems come back at once; nothing is written unless everything is. A row that changes makes a new
version of the records above it too, so that a stale page is always noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select, text
from sqlalchemy.exc import DBAPIError

from kernel.access.permit import Permit
from kernel.audit.origin import tell
from kernel.audit.refusals import of_save
from kernel.context import Context
from kernel.ledger.books import book_of
from kernel.ledger.settle import settle
from kernel.rules.around import Around
from kernel.rules.closed import kept_out
from kernel.rules.fixed import staying
from kernel.rules.following import Following
from kernel.rules.judging import Judged, judge_all
from kernel.rules.rollup import Rollup
from kernel.runtime import Runtime
from kernel.storage import copies, numbering, write
from kernel.storage.links import misplaced, refused
from kernel.storage.moved import run_what_moved
from kernel.storage.record import Conflict, Edit, Refusal, Saved
from kernel.storage.verdict import judge, rows_between
from kernel.storage.violations import explain, is_violation
from kernel.storage.work import Gathering, Work
from metadata.problems import Problem

Outcome = Saved | Refusal | Conflict
LACKING = frozenset({"R101", "R167"})


def save(engine: Engine, runtime: Runtime, context: Context, edit: Edit) -> Outcome:
    """Save an edit in one transaction."""
    with engine.connect() as connection:
        works: list[Work] = []
        try:
            outcome = _saved(connection, runtime, context, edit, works)
        except DBAPIError as error:
            if not is_violation(error):
                raise
            connection.rollback()
            return _violated(connection, runtime, context, error, works)
        if isinstance(outcome, Saved):
            connection.commit()
        else:
            connection.rollback()
    if isinstance(outcome, Refusal):
        of_save(engine, context, edit.entity, edit.id, outcome.problems)
    return outcome


def save_apart(connection: Connection, runtime: Runtime, context: Context, edit: Edit) -> Outcome:
    """Save an edit within the transaction of the caller, who ends it; a refused one leaves no trace in it."""
    works: list[Work] = []
    apart = connection.begin_nested()
    try:
        outcome = _saved(connection, runtime, context, edit, works)
    except DBAPIError as error:
        apart.rollback()
        if not is_violation(error):
            raise
        return _violated(connection, runtime, context, error, works)
    if isinstance(outcome, Saved):
        apart.commit()
    else:
        apart.rollback()
    return outcome


def _violated(
    connection: Connection, runtime: Runtime, context: Context, error: DBAPIError, works: Sequence[Work]
) -> Refusal:
    """Return what the database refused, as the operator is told of it."""
    told = refused(connection, runtime.whole, works) or [explain(runtime.whole, error, _prefixes(works))]
    return Refusal(tuple(Permit(connection, runtime, context).told(works[0], told) if works else told))


def foreseen(connection: Connection, runtime: Runtime, context: Context, edit: Edit) -> tuple[Problem, ...]:
    """Return what stands against an edit, as saving it would say; nothing is locked or written."""
    edit = copies.filled(connection, runtime, context, edit)
    gathering = Gathering(connection, runtime.whole, context, locking=False)
    root = gathering.root(edit)
    if root is None:
        return ()
    permit = Permit(connection, runtime, context)
    if forbidden := permit.before(root.every()):
        return tuple(forbidden)
    against = _against(gathering, root, judge_all(connection, runtime.whole, context, root))
    return tuple(permit.told(root, against))


def _saved(
    connection: Connection, runtime: Runtime, context: Context, edit: Edit, works: list[Work]
) -> Outcome:
    edit = copies.filled(connection, runtime, context, edit)
    gathering = Gathering(connection, runtime.whole, context)
    _lock_above(gathering, edit)
    root = gathering.root(edit)
    if root is None:
        label = gathering.runtime.entities[edit.entity].entity.label.one
        return Refusal((Problem("R150", {"entity": label}),))
    permit = Permit(connection, runtime, context)
    if forbidden := permit.before(root.every()):
        return Refusal(tuple(forbidden))
    if gathering.same:
        there = root.current
        same, other = tuple(gathering.same), tuple(permit.seen(root, gathering.other))
        return Conflict(there["version"], there["updated_by"], there["updated_at"], same, other)
    works += root.all()
    return _judged_and_written(gathering, permit, root, works, edit.confirmed)


def _judged_and_written(
    gathering: Gathering, permit: Permit, root: Work, works: list[Work], confirmed: frozenset[str] | None
) -> Outcome:
    judgements = judge_all(gathering.connection, gathering.runtime, gathering.context, root)
    problems = [*_against(gathering, root, judgements)]
    problems = problems or misplaced(gathering.connection, gathering.runtime, works)
    problems = list(permit.told(root, problems))
    warnings = tuple(each for judged in judgements for each in judged.verdict.warnings)
    if problems:
        return Refusal(tuple(problems), warnings)
    if confirmed is not None and any(w.facts["check"] not in confirmed for w in warnings):
        return Refusal((), warnings)
    writing = _Writing(gathering)
    saved = writing.run(root)
    refused_now = tuple(permit.after() or writing.around(root))
    refused_now = refused_now or tuple(
        run_what_moved(gathering.connection, gathering.runtime, gathering.context, works)
    )
    if refused_now:
        return Refusal(refused_now)
    return replace(saved, joined=tuple(permit.seen(root, saved.joined)), warnings=warnings)


def _against(gathering: Gathering, root: Work, judgements: Iterable[Judged]) -> Iterator[Problem]:
    """Yield all that stands against an edit."""
    yield from gathering.problems
    for problem in _verdicts(gathering, judgements):
        if not (problem.code in LACKING and problem.field in gathering.lacks):
            yield problem
    yield from _staying(gathering, root)
    closed = kept_out(gathering.connection, gathering.runtime, gathering.context, root.every())
    yield from (told for _, told in closed)


def _staying(gathering: Gathering, root: Work) -> Iterator[Problem]:
    """Yield why rows that an edit removes cannot go."""
    for work in root.every():
        if work.removed and work.id is not None:
            asked = (gathering.connection, gathering.runtime, gathering.context, work.compiled.name)
            for problem in staying(*asked, [work.id]):
                yield replace(problem, field=work.prefix.rstrip("/"))


def _lock_above(gathering: Gathering, edit: Edit) -> None:
    """Lock the parents of a row that is saved alone, where rules look from one to the other.

    They are locked before the row, as a save of the parent does; so two rows of one parent come in turn.
    """
    runtime, connection = gathering.runtime, gathering.connection
    compiled = runtime.entities[edit.entity]
    for link, parent in compiled.owners.items():
        above = runtime.entities[parent]
        if compiled.rules.is_empty and above.rules.is_empty:
            continue
        ids = {edit.values.get(link)}
        if edit.id is not None:
            stored = select(compiled.table.c[link]).where(compiled.table.c.id == edit.id)
            ids.add(connection.execute(stored).scalar_one_or_none())
        wanted = sorted(id for id in ids if isinstance(id, int))
        statement = select(above.table.c.id).where(above.table.c.id.in_(wanted)).order_by(above.table.c.id)
        connection.execute(statement.with_for_update(key_share=True)).all()


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────────


def _verdicts(gathering: Gathering, judgements: Iterable[Judged]) -> Iterator[Problem]:
    for judged in judgements:
        work, hidden = judged.work, judged.verdict.hidden
        yield from judge(work.compiled, work.after, work.values, work.prefix, work.parent_link, hidden)
        yield from judged.verdict.problems
        yield from _untouchable(work)
        # What a new record is made with is all it has; a row that is added alone is completed later.
        named = work.compiled.children if work.id is None and not work.parent_link else work.below
        for name in named:
            count = _rows_after(gathering, work, name)
            yield from rows_between(work.compiled, name, count, work.prefix, hidden)


def _untouchable(work: Work) -> Iterator[Problem]:
    """Report changes to fields that only the system fills."""
    for name, value in work.values.items():
        field = work.compiled.fields.get(name)
        if field is None or value is None:
            continue
        if field.is_given or (field.readonly and work.id is not None):
            yield Problem("R153", {"label": field.label}, field=work.prefix + name)
    for name, rows in work.below.items():
        field = work.compiled.fields[name]
        if field.readonly and work.id is not None and any(row.is_changed for row in rows):
            yield Problem("R153", {"label": field.label}, field=work.prefix + name)


def _rows_after(gathering: Gathering, work: Work, name: str) -> int:
    rows = work.below.get(name, ())
    field = work.compiled.fields[name]
    added = sum(1 for row in rows if row.id is None) - sum(1 for row in rows if row.removed)
    if work.id is None or not (field.min or field.max or field.required):
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
        self.rollup = Rollup(self.connection, gathering.runtime)
        self.beside = Around(self.connection, gathering.runtime)
        self.following: tuple[Following, ...] = (self.rollup, self.beside)

    def run(self, root: Work) -> Saved:
        """Write what changed and return the record with its version."""
        joined = tuple(self.gathering.other)
        if not root.is_changed:
            return Saved(root.id or 0, root.current["version"], joined)
        is_new = root.id is None
        written = [root]
        for work in root.every():
            if work.id is not None and (work.removed or work.values):
                for each in self.following:
                    each.before(work.compiled.name, [work.id], None if work.removed else work.values)
        made = [work for work in root.all() if work.id is None]
        self._number([work for work in root.all() if work.id is None], is_new=is_new)
        tell(self.connection, self.context)  # behind the numbers, whose commit would end what was told
        version = self._record(root)
        level = [(root, root.rows())]
        while rows := [(above, row) for above, below in level for row in below if row.is_changed]:
            self._rows(rows)
            written += [row for _, row in rows]
            level = [(row, row.rows()) for _, row in rows if not row.removed]
        self._relink(written)
        if any(work.compiled.entity.valid for work in written):
            self.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            self.connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))  # what others save behind this
        self._follow(root, made)
        self.rollup.run()
        if any(book_of(self.gathering.runtime, work.compiled.name) for work in written):
            settle(self.connection)
        return Saved(root.id or 0, version, joined)

    def _follow(self, root: Work, made: Sequence[Work]) -> None:
        """Note what follows from new records, all of an entity at once, and from changed ones."""
        new: dict[str, list[int]] = {}
        for work in made:
            new.setdefault(work.compiled.name, []).append(work.id or 0)
        for each in self.following:
            for name, ids in new.items():
                each.after(name, ids, None)
            for work in root.all():
                if work.id is not None and work.values and work.id not in new.get(work.compiled.name, ()):
                    each.after(work.compiled.name, [work.id], work.values)

    def around(self, root: Work) -> Iterator[Problem]:
        """Yield what the rules refuse of records around those that were written."""
        known: dict[str, set[int]] = {}
        for work in root.every():
            known.setdefault(work.compiled.name, set()).add(work.id or 0)
        for _, problem in self.beside.problems(self.context, known, (root.compiled.name, root.id or 0)):
            name = problem.field or _children_of(root, str(problem.facts["entity"]))
            yield replace(problem, field=name or None)

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
            if is_new and not gapless and not self.connection.in_nested_transaction():
                # Nothing was locked or written yet for a new record: this commit ends only the counting.
                self.connection.commit()
            for number, work in enumerate(alike, first):
                work.values[name] = numbering.write(field, number, self.context, work.after)


def _children_of(root: Work, entity: str) -> str:
    """Return the children field of the record whose rows are of an entity, or an empty text."""
    return next((name for name, child in root.compiled.children.items() if child.entity == entity), "")


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
