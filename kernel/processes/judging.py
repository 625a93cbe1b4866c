"""This file judges what a part of a run wrote, by the same rules as everything else that is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from kernel.context import Context
from kernel.ledger.books import book_of
from kernel.ledger.faults import faults
from kernel.processes.plan import OF, UNIT, Plan
from kernel.processes.statements import StepStatements
from kernel.rules.around import Around
from kernel.rules.begun import begun
from kernel.rules.moves import PROCESS, Pair, against_many, begun_elsewhere, states_of
from kernel.rules.reach import Reach
from kernel.rules.rollup import Rollup
from kernel.rules.suspects import suspects
from kernel.rules.verdict import judged
from kernel.runtime import Runtime
from metadata.problems import Problem
from metadata.process import INSERT, REMOVE, UPDATE

# The server may have looked at a table while only dry runs had rows in it, and believe that it holds nothing:
# many records would then be joined with all of it, one by one.
_FOR_MANY = "SET LOCAL enable_nestloop = off; SET LOCAL jit = off"
_AS_USUAL = "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL jit TO DEFAULT"
MANY = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that a rule refuses: which step wrote it, and why."""

    step: str
    id: int
    problem: Problem


class Judging:
    """Notes what a part writes; then works out what follows, and tells what the rules refuse."""

    def __init__(self, connection: Connection, runtime: Runtime, context: Context) -> None:
        self.connection = connection
        self.runtime = runtime.whole
        self.context = context
        self.rollup = Rollup(connection, self.runtime)
        self.around = Around(connection, self.runtime)
        self.written: list[tuple[StepStatements, Sequence[int]]] = []
        self.states: dict[str, dict[int, str | None]] = {}
        self.moved: dict[str, dict[int, Pair]] = {}

    def before(self, step: StepStatements, ids: Sequence[int]) -> None:
        """Note records that are about to change or go."""
        changed = None if step.made.step.kind == REMOVE else frozenset(step.made.step.set)
        for each in (self.rollup, self.around):
            each.before(step.made.entity, ids, changed)
        moves = self.runtime.entities[step.made.entity].rules.moves
        if moves is not None and changed is not None and moves.field.name in changed:
            self.states[step.made.name] = states_of(self.connection, self.runtime, step.made.entity, ids)

    def after(self, step: StepStatements, ids: Sequence[int]) -> None:
        """Note records that were written."""
        kind = step.made.step.kind
        if kind == REMOVE:
            return
        changed = frozenset(step.made.step.set) if kind == UPDATE else None
        if kind == INSERT:
            self.rollup.laid(step.made.entity, ids)
        else:
            self.rollup.after(step.made.entity, ids, changed)
        self.around.after(step.made.entity, ids, changed)
        self.written.append((step, ids))
        asked = (self.connection, self.runtime, step.made.entity, ids)
        if kind == INSERT:
            self.moved[step.made.name] = begun_elsewhere(*asked)
        elif before := self.states.pop(step.made.name, {}):
            self.moved[step.made.name] = {id: (before[id], now) for id, now in states_of(*asked).items()}

    def run(self, words: Mapping[str, Any]) -> Iterator[Refused]:
        """Work out what follows, and yield the records that the rules refuse."""
        is_much = sum(len(ids) for _, ids in self.written) > MANY
        if is_much:
            self.connection.exec_driver_sql(_FOR_MANY)
        yield from self._found(words)
        if is_much:
            self.connection.exec_driver_sql(_AS_USUAL)

    def _found(self, words: Mapping[str, Any]) -> Iterator[Refused]:
        self.rollup.run()
        known: dict[str, set[int]] = {}
        owner: dict[tuple[str, int], str] = {}
        for step, ids in self.written:
            known.setdefault(step.made.entity, set()).update(ids)
            yield from self._lacking(step, words)
            yield from self._judged(step, ids)
            yield from self._moved(step)
        for step, ids in self.written:
            for id in ids:
                owner.setdefault((step.made.entity, id), step.made.name)
        for id, problem in self.around.problems(self.context, known):
            yield from self._because(str(problem.facts["entity"]), id, problem)
        yield from self._unbalanced()

    def _lacking(self, step: StepStatements, words: Mapping[str, Any]) -> Iterator[Refused]:
        """Yield records without a value that must be there."""
        if step.lacking is None:
            return
        fields = self.runtime.entities[step.made.entity].fields
        labels = [fields[name].label for name in step.made.step.set if fields[name].required]
        for (id,) in step.lacking.run(self.connection, words):
            yield Refused(step.made.name, id, Problem("R607", {"labels": ", ".join(labels)}))

    def _judged(self, step: StepStatements, ids: Sequence[int]) -> Iterator[Refused]:
        entity = step.made.entity
        rules = self.runtime.rules
        found = suspects(self.connection, self.runtime, self.context, entity, ids)
        alike: dict[frozenset[str], list[int]] = {}
        for id, names in found.items():
            alike.setdefault(names, []).append(id)
        for names, asked in alike.items():
            only = rules.only(entity, names)
            run = begun(self.connection, self.runtime, self.context)
            records = Reach(self.connection, self.runtime, run).records(entity, asked, only.needs, own=True)
            for id in asked:
                verdict = judged(only, rules.entities, self.context, run, records[id])
                yield from (Refused(step.made.name, id, problem) for problem in verdict.problems[:1])

    def _moved(self, step: StepStatements) -> Iterator[Refused]:
        """Yield records whose states may not have become what they are."""
        moved = self.moved.get(step.made.name, {})
        told = against_many(self.connection, self.runtime, self.context, step.made.entity, PROCESS, moved)
        yield from (Refused(step.made.name, id, problem) for id, problem in told)

    def _unbalanced(self) -> Iterator[Refused]:
        """Yield the written records because of which entries of ledgers do not balance."""
        books = {book_of(self.runtime, step.made.entity) for step, _ in self.written}
        for book in filter(None, books):
            for id, problem in faults(self.connection, self.runtime, book, {book.entry: ""}):
                made = (
                    step.made.name
                    for step, ids in self.written
                    if step.made.entity == book.entry and id in ids
                )
                if entry := next(made, None):
                    yield Refused(entry, id, problem)
                else:
                    yield from self._because(book.entry, id, problem)

    def _because(self, entity: str, id: int, problem: Problem) -> Iterator[Refused]:
        """Yield the written records because of which a record around them is refused."""
        for step, ids in self.written:
            compiled = self.runtime.entities[step.made.entity]
            links = [link for link, parent in compiled.owners.items() if parent == entity]
            for link in links:
                query = select(compiled.table.c.id).where(compiled.table.c[link] == id)
                written = set(ids)
                for made in self.connection.scalars(query):
                    if made in written:
                        yield Refused(step.made.name, made, problem)


def units(
    connection: Connection, plan: Plan, refused: Sequence[Refused]
) -> dict[tuple[str, int], tuple[Any, Any]]:
    """Return, for refused records, to what they belong and what they are about."""
    found: dict[tuple[str, int], tuple[Any, Any]] = {}
    for step in {each.step for each in refused}:
        table = plan.tables[step]
        ids = [each.id for each in refused if each.step == step]
        rows = connection.execute(select(table.c.id, table.c[UNIT], table.c[OF]).where(table.c.id.in_(ids)))
        found |= {(step, id): (unit, of) for id, unit, of in rows}
    return found
