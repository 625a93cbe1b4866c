"""This file writes rows under the rules of their entity: written, judged as they are, the refused taken back.

Rules may read what other rows of the same file bring along, so they are asked once all rows are there. Where
some are refused, everything is undone and the rest written again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from sqlalchemy import Connection, bindparam

from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.intake.check import joined, take_out
from kernel.intake.ledger import of_unbalanced, on_closed_days
from kernel.intake.load import Written, load
from kernel.intake.permits import Permits
from kernel.intake.plan import Plan
from kernel.intake.sql import IDS, REFUSED, literal, name, text, value
from kernel.intake.stage import BATCH, Database, Progress
from kernel.rules.around import Around
from kernel.rules.begun import begun
from kernel.rules.closed import closed, is_below_locks
from kernel.rules.exchange import taken
from kernel.rules.fixed import unmade
from kernel.rules.moves import Mover, against_many, begun_elsewhere, states_of
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.rules.rollup import Rollup
from kernel.rules.ruleset import RuleSet
from kernel.rules.suspects import suspects
from kernel.rules.verdict import EMPTY, changed_in_spite, filled_once, judged
from metadata.problems import Problem

JUDGING = "Conferindo as regras"
JUDGED = 10_000
Refusals = list[tuple[int, Problem]]


@dataclass
class Warned:
    """How many rows each warning is about, with one of its messages."""

    counts: dict[str, int] = attribute(default_factory=dict)
    examples: dict[str, str] = attribute(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Count a warning."""
        check = str(problem.facts["check"])
        self.counts[check] = self.counts.get(check, 0) + 1
        self.examples.setdefault(check, problem.sentence())


def load_by_rules(
    connection: Connection, database: Database, plan: Plan, progress: Progress
) -> tuple[Written, Warned]:
    """Write the rows that roles and rules accept; the others are noted and taken out."""
    permits = Permits(connection, database, plan)
    if not plan.is_judged and not permits.is_limited:
        return load(connection, database, plan, progress), Warned()
    _number(database, plan)
    if forbidden := list(permits.before()):
        _refuse(database, plan, forbidden)
    if by_hand := list(_unmade(database, plan)):
        _refuse(database, plan, by_hand)
    if kept := [*_kept_out(connection, database, plan), *on_closed_days(database, plan)]:
        _refuse(database, plan, kept)
    judging = _Judging(connection, database, plan, progress)
    names = {field.name for field in plan.filled}
    while True:
        database.execute("SAVEPOINT intake_rules")
        rollup, around = Rollup(connection, plan.runtime), Around(connection, plan.runtime)
        for each in (rollup, around):
            each.before(plan.compiled.name, _ids(database, "NOT is_new"), names)
        states = _states(database, plan)
        written = load(connection, database, plan, progress)
        judging.fill_late()
        for each in (rollup, around):
            each.after(plan.compiled.name, _ids(database, "is_new"), None)
            each.after(plan.compiled.name, _ids(database, "NOT is_new"), names)
        rollup.run()
        refusals, warned = judging.run()
        refusals += _moved(connection, database, plan, states)
        refusals += permits.after()
        refusals += _around(database, plan, around)
        refusals += of_unbalanced(connection, database, plan)
        if not refusals:
            database.execute("RELEASE SAVEPOINT intake_rules")
            return written, warned
        database.execute("ROLLBACK TO SAVEPOINT intake_rules")
        _refuse(database, plan, refusals)


def _number(database: Database, plan: Plan) -> None:
    """Give every row that will be written its id, so that it is found again."""
    sequence = f"pg_get_serial_sequence({text(name(plan.compiled.name))}, 'id')"
    database.execute(
        f"CREATE TEMP TABLE {IDS} ON COMMIT DROP AS "
        f"SELECT r.line, coalesce(m.id, nextval({sequence})) AS id, m.id IS NULL AS is_new "
        f"FROM {joined(plan)} WHERE m.id IS NULL OR m.differs ORDER BY r.line"
    )


def _unmade(database: Database, plan: Plan) -> Iterator[tuple[int, Problem]]:
    """Yield the rows that would make records which only processes make."""
    if problem := unmade(plan.compiled.entity, plan.context):
        for row in database.execute(f"SELECT line FROM {IDS} WHERE is_new"):
            yield row[0], problem


def _kept_out(connection: Connection, database: Database, plan: Plan) -> Iterator[tuple[int, Problem]]:
    """Yield the rows that would change a locked grid: of the parent they have, or of the one they come to."""
    if not is_below_locks(plan.runtime, plan.compiled.name):
        return
    filled = {field.name for field in plan.filled}
    for link in plan.compiled.owners:
        sides = [f"t.{name(link)}", *([f"r.{value(link)}"] if link in filled else [])]
        for side in sides:
            rows = f"FROM {joined(plan)} WHERE (m.id IS NULL OR m.differs) AND {side} IS NOT NULL"
            parents = [row[0] for row in database.execute(f"SELECT DISTINCT {side} {rows}")]
            for start in range(0, len(parents), JUDGED):
                above = {link: parents[start : start + JUDGED]}
                found = closed(connection, plan.runtime, plan.context, plan.compiled.name, above)
                ids = [id for _, id in found]
                for line, id in database.execute(
                    f"SELECT r.line, {side} {rows} AND {side} = ANY(%s)", [ids]
                ).fetchall():
                    yield line, found[link, id]


def _states(database: Database, plan: Plan) -> dict[int, str | None]:
    """Return the states of the records that the file is about to take into others."""
    moves = plan.compiled.rules.moves
    if moves is None or moves.field.name not in {field.name for field in plan.filled}:
        return {}
    state = name(moves.field.name)
    rows = (
        f"SELECT i.id, t.{state} FROM {joined(plan)} JOIN {IDS} i ON i.line = r.line "
        f"WHERE NOT i.is_new AND r.{value(moves.field.name)} IS DISTINCT FROM t.{state}"
    )
    return {row[0]: row[1] for row in database.execute(rows)}


def _moved(
    connection: Connection, database: Database, plan: Plan, before: Mapping[int, str | None]
) -> Refusals:
    """Return the rows whose states may not have become what they are."""
    entity, runtime = plan.compiled.name, plan.runtime
    if plan.compiled.rules.moves is None:
        return []
    now = states_of(connection, runtime, entity, before)
    moved = {id: (before[id], state) for id, state in now.items()}
    moved |= begun_elsewhere(connection, runtime, entity, _ids(database, "is_new"))
    mover = Mover(plan.context.has_right, is_many=True)
    told = dict[int, list[Problem]]()
    for id, problem in against_many(connection, runtime, plan.context, entity, mover, moved):
        told.setdefault(id, []).append(problem)
    if not told:
        return []
    lines = database.execute(f"SELECT id, line FROM {IDS} WHERE id = ANY(%s)", [list(told)]).fetchall()
    return [(line, problem) for id, line in lines for problem in told[id]]


def _ids(database: Database, which: str) -> list[int]:
    return [row[0] for row in database.execute(f"SELECT id FROM {IDS} WHERE {which}")]


def _around(database: Database, plan: Plan, around: Around) -> Refusals:
    """Return the rows whose parent, or whose own rows, the checks refuse because of them."""
    refusals: Refusals = []
    known = {plan.compiled.name: set(_ids(database, "true"))}
    for id, problem in around.problems(plan.context, known):
        entity = str(problem.facts["entity"])
        links = [link for link, parent in plan.compiled.owners.items() if parent == entity]
        below = [child.by for child in plan.compiled.children.values() if child.entity == entity]
        own, there = name(plan.compiled.name), name(entity)
        selects = [
            f"SELECT i.line FROM {IDS} i JOIN {own} t ON t.id = i.id WHERE t.{name(link)} = {id}"
            for link in links
        ]
        selects += [
            f"SELECT i.line FROM {IDS} i JOIN {there} c ON c.{name(by)} = i.id WHERE c.id = {id}"
            for by in below
        ]
        lines = {row[0] for select in selects for row in database.execute(select)}
        refusals += [(line, problem) for line in sorted(lines)]
    return refusals


def _refuse(database: Database, plan: Plan, refusals: Refusals) -> None:
    with database.cursor() as cursor, cursor.copy(f"COPY {REFUSED} FROM STDIN") as target:
        for line, problem in refusals:
            facts = json.dumps({key: str(fact) for key, fact in problem.facts.items()})
            place = plan.place(problem.field) if problem.field else ""
            target.write_row((line, place, problem.code, facts))
    take_out(database)


class _Judging:
    """Asks the rules about the rows that were written."""

    def __init__(self, connection: Connection, database: Database, plan: Plan, progress: Progress) -> None:
        self.connection, self.database, self.plan, self.progress = connection, database, plan, progress
        self.rules = plan.compiled.rules
        self.all = plan.runtime.rules
        self.needs = self.all.in_full(self.rules.needs, plan.compiled.name, own=True)
        self.touched = self._touched()

    def run(self) -> tuple[Refusals, Warned]:
        """Return what the rules refuse of the rows as they are now, and of what they only warn."""
        refusals: Refusals = []
        warned = Warned()
        found = self.database.execute(f"SELECT count(*) FROM {IDS}").fetchone()
        total: int = found[0] if found else 0
        done = 0
        for lines in self._batches():
            run = begun(self.connection, self.plan.runtime, self.plan.context)
            reach = Reach(self.connection, self.plan.runtime, run)
            for rules, asked in self._suspects(lines):
                ids = [id for _, id in asked]
                records = reach.records(self.plan.compiled.name, ids, rules.needs, own=True)
                for line, id in asked:
                    told = self._problems(rules, run, line, records[id], warned)
                    refusals += [(line, problem) for problem in told]
            done += len(lines)
            self.progress(JUDGING, done, total)
        return refusals, warned

    def _suspects(
        self, lines: list[tuple[int, int, bool]]
    ) -> Iterator[tuple[RuleSet, list[tuple[int, int]]]]:
        """Yield the rows to be judged, by the rules that have something to say about them."""
        plan = self.plan
        ids = [id for _, id, _ in lines]
        found = dict(suspects(self.connection, plan.runtime, plan.context, plan.compiled.name, ids))
        alike: dict[frozenset[str] | None, list[tuple[int, int]]] = {}
        for line, id, _ in lines:
            if line in self.touched:
                alike.setdefault(None, []).append((line, id))
            elif id in found:
                alike.setdefault(found[id], []).append((line, id))
        for names, asked in alike.items():
            rules = self.rules if names is None else self.all.only(plan.compiled.name, names)
            yield rules, asked

    def fill_late(self) -> None:
        """Give new records the defaults that are worked out from what the file and its links say."""
        if not self.plan.late:
            return
        for lines in self._batches():
            run = begun(self.connection, self.plan.runtime, self.plan.context)
            reach = Reach(self.connection, self.plan.runtime, run)
            self._fill_late(reach, [id for _, id, is_new in lines if is_new])

    def _batches(self) -> Iterator[list[tuple[int, int, bool]]]:
        with self.database.cursor("intake_judged") as cursor:
            cursor.execute(f"SELECT line, id, is_new FROM {IDS} ORDER BY line")
            while batch := cursor.fetchmany(JUDGED):
                yield batch

    def _problems(
        self, rules: RuleSet, run: Run, line: int, record: Record, warned: Warned
    ) -> Iterator[Problem]:
        plan = self.plan
        verdict = judged(rules, self.all.entities, plan.context, run, record)
        yield from verdict.problems
        for field in plan.compiled.fields.values():
            asked = field.required and field.hidden_when and field.name not in verdict.hidden
            if asked and record.get(field.name) in EMPTY:
                yield Problem("R101", {"label": field.label}, field=field.name)
        changed = self.touched.get(line)
        if changed:
            verdict = filled_once(verdict, rules, changed.__contains__)
            yield from changed_in_spite(verdict, changed, plan.compiled.entity, "", lambda made: True)
        for warning in verdict.warnings:
            warned.add(warning)

    # ── fields that a condition locks ─────────────────────────────────────────────────────────────

    def _touched(self) -> dict[int, dict[str, bool]]:
        """Return, by line, the fields under a lock that the file changes, where it holds now."""
        plan = self.plan
        fields = [field for field in plan.filled if field.name in self.rules.readonly]
        if not fields:
            return {}
        changes = [
            f"CASE WHEN m.id IS NULL THEN r.{value(f.name)} IS NOT NULL AND r.{value(f.name)} "
            f"IS DISTINCT FROM {literal(plan.default_of(f.name), f)} "
            f"ELSE r.{value(f.name)} IS DISTINCT FROM t.{name(f.name)} END"
            for f in fields
        ]
        select = f"SELECT r.line, m.id, {', '.join(changes)} FROM {joined(plan)} WHERE {' OR '.join(changes)}"
        names = [field.name for field in fields]
        found: dict[int, dict[str, bool]] = {}
        with self.database.cursor("intake_touched") as cursor:
            cursor.execute(select)
            while batch := cursor.fetchmany(BATCH):
                found |= self._locked(names, batch)
        return found

    def _locked(self, names: list[str], batch: list[Any]) -> dict[int, dict[str, bool]]:
        run = begun(self.connection, self.plan.runtime, self.plan.context)
        reach = Reach(self.connection, self.plan.runtime, run)
        ids = [id for _, id, *_ in batch if id is not None]
        before = reach.records(self.plan.compiled.name, ids, self.needs, own=True)
        begun_ = Record(self.plan.compiled.name, None)
        begins = {**dict.fromkeys(f.name for f in self.plan.compiled.columns), **self.plan.defaults}
        reach.fill(self.plan.compiled, [(begun_, begins)], self.needs, own=True)
        found = {}
        for line, id, *changes in batch:
            record = begun_ if id is None else before[id]
            touched = {
                part: True
                for part, changed in zip(names, changes, strict=True)
                if changed and self.rules.readonly[part].holds(run, record)
            }
            if touched:
                found[line] = touched
        return found

    # ── defaults that read other fields ───────────────────────────────────────────────────────────

    def _fill_late(self, reach: Reach, ids: list[int]) -> None:
        late = self.plan.late
        if not ids:
            return
        compiled = self.plan.compiled
        reads = tree(path for name in late for path in self.rules.defaults[name].reads)
        needs = self.all.in_full(reads, compiled.name, own=True)
        records = reach.records(compiled.name, ids, needs, own=True)
        rows = [{"key": id, **self._late_values(reach.run, record)} for id, record in records.items()]
        sets: dict[str, Any] = {part: bindparam(f"new_{part}") for part in late}
        statement = compiled.table.update().where(compiled.table.c.id == bindparam("key")).values(sets)
        self.connection.execute(statement, rows)

    def _late_values(self, run: Run, record: Record) -> Mapping[str, Any]:
        fields, made = self.plan.compiled.fields, {}
        for part in self.plan.late:
            made[f"new_{part}"] = taken(self.rules.defaults[part].of(run, record), fields[part])
        return made
