"""This file judges a whole edit by the rules: the record and every row of it, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from kernel.access.kept_back import kept_back
from kernel.access.unseen import NONE, unseen
from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.defaults import defaults_within, fixed_values
from kernel.rules.fixed import unmade
from kernel.rules.formula import Formula
from kernel.rules.moves import LACKS, Mover, against
from kernel.rules.reach import Reach
from kernel.rules.ruleset import RuleSet
from kernel.rules.verdict import EMPTY, NO_RULES, Verdict, changed_in_spite, filled_once, judged
from kernel.rules.works import Pairs, records_of
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.work import Work
from metadata.problems import Problem


@dataclass(frozen=True, slots=True)
class Judged:
    """A record of an edit with what the rules say of it; record is None where its entity has no rules.

    told: the rules, as the operator is told of them.
    """

    work: Work
    record: Record | None
    verdict: Verdict
    told: RuleSet | None = None


def judge_all(connection: Connection, runtime: Runtime, context: Context, root: Work) -> list[Judged]:
    """Return the verdict on every record of an edit that stays, in order; removed rows are not judged."""
    run = begun(connection, runtime, context)
    pairs = records_of(connection, runtime, run, root)
    if not pairs:
        return [Judged(work, None, NO_RULES) for work in root.all()]
    return list(judge_pairs(connection, runtime, context, run, pairs))


def judge_pairs(
    connection: Connection, runtime: Runtime, context: Context, run: Run, pairs: Pairs
) -> Iterator[Judged]:
    """Yield the verdict on each work whose record is at hand."""
    before = _Before(connection, runtime, context, run, pairs)
    prefixes = {id(record): work.prefix for work, record in pairs}

    def places(row: object) -> str | None:
        return prefixes.get(id(row)) or None

    ruled = (record for work, record in pairs if not work.compiled.rules.is_empty)
    away = unseen(connection, runtime, context, ruled)
    for work, record in pairs:
        rules = work.compiled.rules
        if rules.is_empty:
            yield Judged(work, record, NO_RULES)
            continue
        if work.id is None and (problem := unmade(work.compiled.entity, context, work.prefix)):
            yield Judged(work, record, Verdict(problems=(problem,)))
            continue
        told = kept_back(runtime, context, rules, away.get(id(record), NONE))
        moved = _moved(told, context, run, work, record)
        verdict = judged(told, runtime.rules.entities, context, run, record, work.prefix, places)
        verdict = filled_once(verdict, told, partial(_says, work))
        if verdict.locked:
            held = partial(before.holds, work)
            wrong = changed_in_spite(
                verdict, _changed(work, context), work.compiled.entity, work.prefix, held
            )
            verdict = replace(verdict, problems=(*verdict.problems, *wrong))
        if moved:
            told_at = {problem.field for problem in verdict.problems}
            others = (each for each in moved if each.field not in told_at or each.code != LACKS)
            verdict = replace(verdict, problems=(*verdict.problems, *others))
        yield Judged(work, record, verdict, told)


def _says(work: Work, name: str) -> bool:
    """Tell whether the stored record says something in a field; a new one says nothing yet."""
    return work.id is not None and work.current.get(name) not in EMPTY


def _moved(told: RuleSet, context: Context, run: Run, work: Work, record: Record) -> tuple[Problem, ...]:
    """Return what stands against the change of state in an edit, if there is one."""
    moves = told.moves
    if moves is None:
        return ()
    before, after = (values.get(moves.field.name) for values in (work.current, work.after))
    mover = Mover(context.has_right)
    return tuple(against(moves, mover, run, record, before, after, work.compiled.entity, work.prefix))


def _changed(work: Work, context: Context) -> dict[str, object]:
    """Return what an edit changes, fields and grids; a new record changes what is not as it would begin."""
    grids = {name: rows for name, rows in work.below.items() if any(row.is_changed for row in rows)}
    if work.id is not None:
        return {**work.values, **grids}
    begins = fixed_values(work.compiled, context)
    values = {n: value for n, value in work.values.items() if value not in (begins.get(n), None, ())}
    return {**values, **grids}


class _Before:
    """Tells whether a condition held on a record before the edit; on a new one, as it began.

    The records of an entity are loaded together, when one of them is first asked about.
    """

    def __init__(
        self, connection: Connection, runtime: Runtime, context: Context, run: Run, pairs: Pairs
    ) -> None:
        self.connection, self.runtime, self.context, self.run = connection, runtime, context, run
        self.pairs = pairs
        self.records: dict[str, dict[int, Record]] = {}

    def holds(self, work: Work, condition: Formula) -> bool:
        """Tell it."""
        if work.id is None:
            return condition.holds(self.run, self._begun(work))
        name = work.compiled.name
        if name not in self.records:
            self.records[name] = self._loaded(work.compiled)
        return condition.holds(self.run, self.records[name][work.id])

    def _begun(self, work: Work) -> Record:
        """Return a new record as it is before anything is typed: its defaults, below its parent."""
        compiled = work.compiled
        record = Record(compiled.name, None)
        shown = next(each for other, each in self.pairs if other is work)
        if work.parent_link and work.parent_link in shown:
            record[work.parent_link] = shown[work.parent_link]
        begins = dict.fromkeys(field.name for field in compiled.columns)
        values = {**begins, **defaults_within(self.connection, self.runtime, compiled, self.context, {})}
        needs = self.runtime.rules.in_full(compiled.rules.needs, compiled.name, own=True)
        Reach(self.connection, self.runtime, self.run).fill(compiled, [(record, values)], needs, own=True)
        return record

    def _loaded(self, compiled: CompiledEntity) -> dict[int, Record]:
        alike = [work for work, _ in self.pairs if work.compiled is compiled and work.id is not None]
        stored = [(Record(compiled.name, work.id), work.current) for work in alike]
        needs = self.runtime.rules.in_full(compiled.rules.needs, compiled.name, own=False)
        Reach(self.connection, self.runtime, self.run).fill(compiled, stored, needs)
        return {record.id: record for record, _ in stored if record.id is not None}
