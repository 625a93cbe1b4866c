"""This file works out what fills itself when fields change, and which fields keep what they hold.

A field takes what a fill has for it when it is empty, when a fill gave it what it holds, or when its
stored value is the one that the same fill gives for the stored record. What somebody typed stays.

Many rows are filled as a set: a fill is asked once for all rows that it is about, however many were pasted
or made by another fill. A record is filled before its rows, so that those it makes are among them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection

from kernel.context import Context
from kernel.expression.scope import Run
from kernel.rules import making
from kernel.rules.filling_made import Asking, Made
from kernel.rules.filling_rows import (
    EMPTY,
    MOST,
    Arranged,
    StoredRows,
    Values,
    arranged,
    is_own_new,
    untouched,
)
from kernel.rules.ruleset import CompiledFill
from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit
from kernel.storage.work import Work, begun_values
from metadata.problems import Problem

_NEW_ROW = ChildEdit(None, {})


@dataclass(slots=True)
class Filled:
    """What fills made of an edit; a path is `nome`, or `faixas/2/valor` for a field of a row.

    values: path → value, of new rows as well.  of_rows: the paths among them that a fill of rows set.
    added: new rows, as `faixas/3/`, numbered after those of the edit.  gone: rows that a fill had made.
    refused: path of children → why a fill made no rows there.
    missing: path of what fills looked up → what they say where they found nothing, or an empty text.
    """

    values: dict[str, Any] = attribute(default_factory=dict)
    of_rows: list[str] = attribute(default_factory=list)
    added: list[str] = attribute(default_factory=list)
    gone: list[str] = attribute(default_factory=list)
    refused: dict[str, Problem] = attribute(default_factory=dict)
    missing: dict[str, str] = attribute(default_factory=dict)


def fill(
    connection: Connection, runtime: Runtime, context: Context, run: Run, root: Work, edit: Edit,
    changed: Collection[str], given: Collection[str],
) -> Filled:  # fmt: skip
    """Fill the record and the rows of an edit, and return what was filled.

    changed: the paths that were just typed into.  given: those that hold what a fill gave them.
    """
    filling = _Filling(connection, runtime, context, run, root, edit, changed, given)
    works = [root] if changed else []
    while works:
        filling.fill(works)
        works = [row for work in works for row in work.rows() if not row.removed]
    return filling.made


def _by_record(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return prefix of a record → fields."""
    found: dict[str, list[str]] = {}
    for path in paths:
        prefix, slash, name = path.rpartition("/")
        found.setdefault(prefix + slash, []).append(name)
    return found


def _posted(edit: Edit, prefix: str) -> Edit | ChildEdit:
    """Return what an edit says of the record at a prefix; nothing of a row that was made just now."""
    at: Edit | ChildEdit = edit
    steps = prefix.split("/")[:-1]
    for name, place in zip(steps[::2], steps[1::2], strict=True):
        rows = at.children.get(name, ())
        at = rows[int(place)] if int(place) < len(rows) else _NEW_ROW
    return at


class _Waiting:
    """A record whose fills are not all done.

    typed: what somebody typed.  given: what may take another value.  shown: as the page has it.
    """

    def __init__(self, work: Work, typed: Collection[str], given: Collection[str], shown: Values) -> None:
        self.work, self.typed, self.given, self.shown = work, set(typed), given, shown
        self.made: dict[str, Any] = {}
        self.names, self.done = list(typed), set[str]()

    def next(self) -> CompiledFill | None:
        """Return the fill that comes next, or None when there is none left."""
        while self.names:
            for each in self.work.compiled.rules.fills:
                if self.names[0] in each.rule.on and each.name not in self.done:
                    self.done.add(each.name)
                    return each
            self.names.pop(0)
        return None

    def take(self, values: Values) -> None:
        """Fill fields; what that fills in turn comes later."""
        for target, value in values.items():
            if self.work.after.get(target) != value:
                self.names.append(target)
            self.work.values[target] = self.made[target] = value


_Due = list[tuple[_Waiting, Made]]  # records, each with what a fill that holds for it has


class _Filling:
    """Works out fills of the records of an edit; `typed` has what fills set in rows, too."""

    def __init__(
        self, connection: Connection, runtime: Runtime, context: Context, run: Run, root: Work, edit: Edit,
        changed: Collection[str], given: Collection[str],
    ) -> None:  # fmt: skip
        self.connection, self.runtime, self.context = connection, runtime, context
        self.asking = Asking(connection, runtime, run, root)
        self.edit, self.made = edit, Filled()
        self.typed, self.held = _by_record(changed), _by_record(given)

    def fill(self, works: Iterable[Work]) -> None:
        """Fill records, in turns: one fill of each, and those that have the same one as a set."""
        waiting = list(self._waiting(works))
        while asked := [(each, fill) for each in waiting if (fill := each.next())]:
            alike: dict[tuple[str, str], list[tuple[_Waiting, CompiledFill]]] = {}
            for each, fill in asked:
                alike.setdefault((each.work.compiled.name, fill.name), []).append((each, fill))
            for same in alike.values():
                self._fill(same[0][1], [each for each, _ in same])
        for each in waiting:
            news = {name: value for name, value in each.made.items() if value != each.shown.get(name)}
            self.made.values |= {each.work.prefix + name: value for name, value in news.items()}

    def _waiting(self, works: Iterable[Work]) -> Iterator[_Waiting]:
        """Yield the records that have anything to fill."""
        for work in works:
            names = self.typed.get(work.prefix, ())
            if not any(name in each.rule.on for each in work.compiled.rules.fills for name in names):
                continue
            free, posted = set(self.held.get(work.prefix, ())), _posted(self.edit, work.prefix).values
            if work.id is None:
                free |= set(untouched(work.compiled, self.context, posted))
            yield _Waiting(work, names, free, {**work.current, **posted})

    def _fill(self, fill: CompiledFill, records: Sequence[_Waiting]) -> None:
        """Do one fill of records, where it holds."""
        made = self.asking.now(fill, [each.work for each in records])
        if fill.rule.missing:
            asked = next(iter(fill.rule.where.values()))
            self.made.missing |= {
                each.work.prefix + asked: now.says for each, now in zip(records, made, strict=True)
            }
        due = [(each, now) for each, now in zip(records, made, strict=True) if now.holds]
        for (each, _), values in zip(due, self._wanted(fill, due), strict=True):
            each.take(values)
        for part in fill.rows:
            self._make_rows(fill, part, due)

    # ── fields ────────────────────────────────────────────────────────────────────────────────────

    def _wanted(self, fill: CompiledFill, due: _Due) -> list[Values]:
        """Return what a fill has for the fields of each record that may take it."""
        made = [now.values() for _, now in due]
        free = [_free(each, values) for (each, _), values in zip(due, made, strict=True)]
        unsure = [
            place
            for place, (each, _) in enumerate(due)
            if each.work.id is not None and made[place].keys() - free[place] - each.typed
        ]
        before = self.asking.before(fill, [due[place][0].work for place in unsure])
        for place, then in zip(unsure, before, strict=True):
            work, values = due[place][0].work, then.values() if then.holds else {}
            after, current = work.after, work.current
            free[place] |= {name for name in values if values[name] == current.get(name) == after.get(name)}
        return [
            {name: values[name] for name in fill.set if name in mine - each.typed}
            for (each, _), values, mine in zip(due, made, free, strict=True)
        ]

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────

    def _make_rows(self, fill: CompiledFill, part: making.Part, due: _Due) -> None:
        """Make the rows of a fill among those that are there."""
        stored = [each.work for each, _ in due if any(row.id for row in _rows(each.work, part))]
        before = dict(zip(map(id, stored), self.asking.before(fill, stored), strict=True))
        for each, now in due:
            work, wanted = each.work, now.rows(part)
            if wanted is None:
                path, label = work.prefix + part.name, work.compiled.fields[part.name].label
                self.made.refused[path] = Problem("R174", {"max": MOST, "label": label}, field=path)
                continue
            rows = _rows(work, part)
            own = {id(row) for row in self._own(part, rows, before.get(id(work)))}
            self._arrange(work, part, arranged(wanted, rows, own, fill.rule.rows[part.name].key))

    def _own(self, part: making.Part, rows: Iterable[Work], then: Made | None) -> Iterator[Work]:
        """Yield the rows that are the fill's own; `then` is what it has for the stored record."""
        before = (then.rows(part) if then and then.holds else None) or ()
        stored = StoredRows(self.connection, self.runtime, self.context, before)
        for row in rows:
            given, posted = self.held.get(row.prefix, ()), _posted(self.edit, row.prefix).values
            if row.id is not None:
                is_own = stored.has(row, given)
            else:
                is_own = is_own_new(self.context, row, posted, part.set, given)
            if is_own:
                yield row

    def _arrange(self, work: Work, part: making.Part, rows: Arranged) -> None:
        for row in rows.gone:
            row.removed = True
            self.made.gone.append(row.prefix)
        for row, news in rows.changed:
            row.values.update(news)
            self._note(row, news)
        child = work.compiled.children[part.name]
        compiled = self.runtime.entities[child.entity]
        below = work.below.setdefault(part.name, [])
        first = len(_posted(self.edit, work.prefix).children.get(part.name, ()))
        first += sum(row.prefix in self.made.added for row in below)
        for place, given in enumerate(rows.added, first):
            begins, values = begun_values(self.connection, self.runtime, compiled, self.context, given)
            prefix = f"{work.prefix}{part.name}/{place}/"
            row = Work(compiled, prefix, None, {}, values, parent_link=child.by, begins=begins)
            below.append(row)
            self.made.added.append(row.prefix)
            self._note(row, {name: values[name] for name in given})

    def _note(self, row: Work, values: Values) -> None:
        """Note what was set in a row: nothing else fills it, but it may fill others of the row."""
        filled = {row.prefix + name: value for name, value in values.items()}
        self.made.values |= filled
        self.made.of_rows += filled
        self.typed.setdefault(row.prefix, []).extend(values)


def _free(each: _Waiting, made: Mapping[str, Any]) -> set[str]:
    """Return the fields that may take what a fill made: empty ones, and those that a fill gave before."""
    after, given = each.work.after, {*each.given, *each.made}
    return {name for name in made if after.get(name) in EMPTY or name in given}


def _rows(work: Work, part: making.Part) -> list[Work]:
    return [row for row in work.below.get(part.name, ()) if not row.removed]
