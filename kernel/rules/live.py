"""This file looks at an edit while it is typed: what its rules say, what is computed, what fills itself.

Nothing is locked and nothing is written; the save judges again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from kernel.access.permit import Permit
from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.defaults import defaults
from kernel.rules.exchange import taken
from kernel.rules.filling import Filled, fill
from kernel.rules.judging import Judged, judge_pairs
from kernel.rules.ruleset import RuleSet
from kernel.rules.verdict import NO_RULES, Verdict
from kernel.rules.worked import raw
from kernel.rules.works import records_of
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.record import Edit, Row
from kernel.storage.work import Gathering, Work, begun_values

BLANK = "+"  # the place of a row that nobody has begun


@dataclass(frozen=True, slots=True)
class Look:
    """One record of an edit as it would be now.

    prefix: where it stands, `` or `faixas/2/`; `faixas/+/` for a blank row.
    computed: values of computed fields, by name.
    record: what the rules saw of it; None where its entity has no rules.  told: the rules, as the operator
    is told of them.
    """

    prefix: str
    entity: str
    values: Mapping[str, Any]
    computed: Mapping[str, Any]
    verdict: Verdict
    record: Record | None = None
    told: RuleSet | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a look: the record first, then its rows; and what filled itself."""

    looks: tuple[Look, ...]
    made: Filled

    @property
    def filled(self) -> Mapping[str, Any]:
        """What was filled: path (`faixas/2/valor`) → value."""
        return self.made.values


def look(
    connection: Connection, runtime: Runtime, context: Context, edit: Edit,
    changed: Collection[str] = (), given: Collection[str] = (), blank: Collection[str] = (),
) -> Seen | None:  # fmt: skip
    """Return what an edit looks like; None when its record is gone, or nothing of the operator's.

    changed: the paths that were just typed into; what they fill is worked out first, and seen by the rules.
    given: the paths that hold what a fill gave them before.
    blank: the grids of which a blank row is seen too, behind the others.
    """
    runtime = runtime.whole
    root = Gathering(connection, runtime, context, locking=False).root(edit)
    if root is None or not Permit(connection, runtime, context).sees(root.every()):
        return None
    run = begun(connection, runtime, context)
    made = fill(connection, runtime, context, run, root, edit, changed, given)
    looks = _looks(connection, runtime, context, run, root)
    return Seen((*looks, *_blank(connection, runtime, context, run, root, blank)), made)


def look_at(
    connection: Connection, runtime: Runtime, context: Context, entity: str, row: Row,
    blank: Collection[str] = (),
) -> tuple[Look, ...]:  # fmt: skip
    """Return what a record that was read, or begins now, looks like, with the rows read with it."""
    seen, runtime = runtime, runtime.whole
    (row,) = _as_stored(connection, seen, entity, [row])
    root = _work(runtime.entities[entity], "", row, is_new=not row.id)
    for name, rows in row.children.items():
        child = root.compiled.children[name]
        compiled = runtime.entities[child.entity]
        stored = _as_stored(connection, seen, child.entity, rows)
        root.below[name] = _below(compiled, f"{name}/", stored, child.by, is_new=not row.id)
    run = begun(connection, runtime, context)
    looks = _looks(connection, runtime, context, run, root)
    return (*looks, *_blank(connection, runtime, context, run, root, blank))


def _as_stored(connection: Connection, seen: Runtime, entity: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Return records with all that is stored of them: rules read what the operator does not see, too."""
    compiled = seen.whole.entities[entity]
    ids = [row.id for row in rows if row.id]
    if not ids or seen.entities[entity].fields is compiled.fields:
        return rows
    stored = dict(raw(connection, compiled, ids))
    return [replace(row, values={**row.values, **stored.get(row.id, {})}) for row in rows]


def _below(compiled: CompiledEntity, path: str, rows: Sequence[Row], by: str, *, is_new: bool) -> list[Work]:
    works = [_work(compiled, f"{path}{place}/", row, is_new=is_new) for place, row in enumerate(rows)]
    for work in works:
        work.parent_link = by
    return works


def _work(compiled: CompiledEntity, prefix: str, row: Row, *, is_new: bool) -> Work:
    """Return a record as the work of a save that changes nothing; a new one has only what is typed."""
    if is_new:
        return Work(compiled, prefix, None, {}, dict(row.values))
    return Work(compiled, prefix, row.id, row.values, {})


def _looks(
    connection: Connection, runtime: Runtime, context: Context, run: Run, root: Work
) -> tuple[Look, ...]:
    pairs = records_of(connection, runtime, run, root)
    if not pairs:
        return tuple(Look(w.prefix, w.compiled.name, w.after, {}, NO_RULES) for w in root.all())
    judged = judge_pairs(connection, runtime, context, run, pairs)
    return tuple(_look(runtime, context, each) for each in judged)


def _blank(
    connection: Connection, runtime: Runtime, context: Context, run: Run, root: Work, grids: Collection[str]
) -> Iterator[Look]:
    """Yield what a blank row of each grid looks like, were it added now; no other row sees it."""
    for name in grids:
        child = root.compiled.children[name]
        compiled = runtime.entities[child.entity]
        if not (compiled.rules.computed or any(compiled.rules.conditions())):
            continue
        begins = {**dict.fromkeys(field.name for field in compiled.columns), **defaults(compiled, context)}
        _, values = begun_values(connection, runtime, compiled, context, begins)
        row = Work(compiled, f"{name}/{BLANK}/", None, {}, values, parent_link=child.by)
        seen = replace(root, below={**root.below, name: [*root.below.get(name, ()), row]})
        pairs = [pair for pair in records_of(connection, runtime, run, seen) if pair[0] is row]
        judged = judge_pairs(connection, runtime, context, run, pairs)
        yield from (_look(runtime, context, each) for each in judged)


def _look(runtime: Runtime, context: Context, each: Judged) -> Look:
    work = each.work
    computed = _computed(work.compiled, each.record)
    masked = _always_masked(runtime, context, work.compiled.name)
    verdict = replace(each.verdict, hidden=each.verdict.hidden - masked) if masked else each.verdict
    return Look(work.prefix, work.compiled.name, work.after, computed, verdict, each.record, each.told)


def _always_masked(runtime: Runtime, context: Context, entity: str) -> frozenset[str]:
    """Return the fields of which the operator sees the mask even where a rule hides them."""
    seen = seen_by(runtime, context.access.profile).entities.get(entity)
    fields = seen.fields.values() if seen else ()
    return frozenset(field.name for field in fields if field.is_masked and not field.hidden_when)


def _computed(compiled: CompiledEntity, record: Record | None) -> dict[str, Any]:
    if record is None:
        return {}
    return {name: taken(record.get(name), compiled.fields[name]) for name in compiled.rules.computed}
