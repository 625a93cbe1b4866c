"""This file runs one example of a process: dry, then for good, then once more, and takes all of it back.

A dry run must give the same rows as a run, and a second run must change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.context import Context, Origin
from kernel.examples import Example
from kernel.processes import leftovers
from kernel.processes.begins import begins
from kernel.processes.drive import drive
from kernel.processes.part import Look
from kernel.processes.plan import planned
from kernel.processes.runs import Run, begin
from kernel.processes.saying import Saying
from kernel.processes.tables import FINISHED
from kernel.processes.telling import steps
from kernel.rehearsal.found import Found, Versions, differing, versions
from kernel.rehearsal.wanted import Comparing, below, by_values, wanted_of
from kernel.rehearsal.world import Placed, enter, told
from kernel.runtime import Runtime
from kernel.within import Within
from metadata.examples import Earlier, Examples
from metadata.problems import Problem, Problems
from metadata.process import WRITING
from metadata.worlds import World, world_of

NOBODY = "exemplo"
NOON = time(12)
BEFORE, DRY, RUN, AGAIN = "antes", "no ensaio", "na execução", "na segunda execução"
_SENTENCES = {"left_out": "o que fica de fora", "refused": "o que impede o processo"}
MANY = 1000  # sentences of one example
NO_ROW = "nenhuma linha"


def rehearse(engine: Engine, runtime: Runtime, now: datetime, example: Example) -> list[Problem]:
    """Return how the runs of an example differ from what it expects; nothing of them stays."""
    isolated = engine.execution_options(isolation_level="REPEATABLE READ")
    with isolated.connect() as connection, connection.begin() as transaction:
        try:
            return list(_Rehearsal(connection, runtime, now, example).problems())
        except Problems as stopped:
            where = example.document.place("cases", example.name, key=True)
            return [Problem(each.code, each.facts, each.place or where) for each in stopped.problems]
        finally:
            transaction.rollback()


class _Rehearsal:
    """One example in the transaction in which it happens."""

    def __init__(self, connection: Connection, runtime: Runtime, now: datetime, example: Example) -> None:
        examples = example.document.model
        assert isinstance(examples, Examples)
        self.connection = connection
        self.within = Within(connection)
        self.runtime = runtime
        self.now = now
        self.example = example
        self.case = example.case
        self.examples = examples
        self.process = examples.subject[1]
        self.wanted = wanted_of(self.case.expect)
        made = planned(runtime, self.process).made.values()
        self.entities = {each.entity for each in made if each.step.kind in WRITING}
        self.entities |= {each.entity for each in self.wanted} | set(self.case.expect or ())

    def problems(self) -> Iterator[Problem]:
        """Yield how the runs differ from what is expected."""
        day = self.case.at or self.examples.at
        context = self._context(day)
        world = world_of(self.runtime.configuration.examples, self.examples, self.case)
        placed = Placed(self.connection, self.runtime, self.example.name)
        enter(placed, context, world)
        for index, earlier in enumerate(self.case.before):
            if reason := self._went_before(placed, self._context(earlier.at or day), earlier, world):
                yield self._differs("M317", BEFORE, ("before", index), reason=reason)
                return
        answers = self._answers(placed, context, self.process, {**self.examples.asked, **self.case.asked})
        before = self._versions()
        told: list[Problem] = []
        for by, is_dry in ((DRY, True), (RUN, False)):
            look = _Look(self, placed, context, before)
            run = self._run(context, self.process, answers, is_dry=is_dry, look=look if is_dry else None)
            if isinstance(run, list):
                yield from self._refused(by, [each.sentence() for each in run])
                return
            if reason := _trouble(run):
                told.append(self._differs("M317", by, (), reason=reason))
                continue
            if not is_dry:
                look(self.connection)
            told += self._compared(by, look, context, run)
        yield from _joined(told)
        yield from self._again(context, placed, answers)

    def _went_before(self, placed: Placed, context: Context, earlier: Earlier, world: World) -> str:
        """Do what went before; return why that could not be done, or an empty text."""
        if earlier.process:
            asked = self._answers(placed, context, earlier.process, earlier.asked)
            if reason := _trouble(self._run(context, earlier.process, asked)):
                return reason
        for entity, named in earlier.names.items():
            for name, values in named.items():
                placed.ids[entity, name] = placed.link(entity, values)
        known = World({key: {} for key in placed.ids}, world.usual).with_records(earlier.given)
        enter(placed, context, World({key: values for key, values in known.records.items() if values}))
        return ""

    def _context(self, day: str) -> Context:
        now = datetime.combine(date.fromisoformat(day), NOON, self.now.tzinfo) if day else self.now
        return Context(self.case.by or NOBODY, now, origin=Origin(route=f"examples/{self.examples.name}"))

    def _answers(
        self, placed: Placed, context: Context, name: str, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        process = self.runtime.configuration.processes[name]
        begun = begins(self.connection, self.runtime, context, name)
        return {**begun, **{each: placed.value(process.ask[each], said) for each, said in asked.items()}}

    def _run(
        self, context: Context, process: str, answers: Mapping[str, Any], *, is_dry: bool = False,
        look: Look | None = None,
    ) -> Run | list[Problem]:  # fmt: skip
        begun = begin(self.within, self.runtime, context, process, answers, is_dry=is_dry)
        return begun if isinstance(begun, list) else drive(self.within, lambda _: self.runtime, begun, look)

    def _versions(self) -> Versions:
        return versions(self.connection, self.runtime, self.entities)

    # ── what differs ──────────────────────────────────────────────────────────────────────────────

    def _compared(self, by: str, look: _Look, context: Context, run: Run) -> Iterator[Problem]:
        comparing = look.comparing()
        for want, row in comparing.pairs():
            entity = want.entity if want else row.entity if row else ""
            path = ("expect", *want.path) if want else ("expect", entity)
            wanted = comparing.wanted_text(want) if want else NO_ROW
            found = comparing.shown(row) if row else NO_ROW
            yield self._differs("M315", by, path, entity=entity, wanted=wanted, found=found)
        rows = leftovers.rows(self.connection, run.id, limit=MANY)
        if self.case.refused:
            yield from self._sentences(by, "refused", self.case.refused, [])
        saying = Saying(self.connection, planned(self.runtime, self.process), context)
        said = [each.sentence for each in saying.rows(rows)]
        yield from self._sentences(by, "left_out", self.case.left_out, said)
        counted = steps(self.connection, run.id)
        for step, wanted_rows in self.case.steps.items():
            found_rows = counted[step].rows if step in counted else 0
            if found_rows != wanted_rows:
                facts = {"step": step, "wanted": wanted_rows, "found": found_rows}
                yield self._differs("M318", by, ("steps", step), **facts)

    def _refused(self, by: str, said: list[str]) -> Iterator[Problem]:
        """Yield what is said differently where no run may begin."""
        if self.case.refused:
            yield from self._sentences(by, "refused", self.case.refused, said)
        else:
            yield self._differs("M317", by, (), reason="; ".join(said))

    def _sentences(self, by: str, key: str, wanted: Sequence[str], found: Sequence[str]) -> Iterator[Problem]:
        missing, extra = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        if missing or extra:
            facts = {"what": _SENTENCES[key], "wanted": _quoted(missing), "found": _quoted(extra)}
            yield self._differs("M316", by, (key,), **facts)

    def _again(self, context: Context, placed: Placed, answers: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what a second run changes; that it may not even begin is as good."""
        look = _Look(self, placed, context, self._versions())
        self._run(context, self.process, answers)
        look(self.connection)
        comparing = Comparing(placed, self.wanted, look.found, look.matching)
        for row in comparing.found:
            yield self._differs("M319", AGAIN, (), entity=row.entity, found=comparing.shown(row))

    def _differs(self, code: str, by: str, path: tuple[Any, ...], **facts: Any) -> Problem:
        where = self.example.document.place("cases", self.example.name, *path, key=not path)
        return Problem(code, {"case": self.example.name, "by": by, **facts}, where)


class _Look:
    """Gathers what the parts of a run made or changed, while it is there."""

    def __init__(self, rehearsal: _Rehearsal, placed: Placed, context: Context, before: Versions) -> None:
        self.rehearsal = rehearsal
        self.placed = placed
        self.context = context
        self.before = before
        self.found: list[Found] = []
        self.matching: dict[str, frozenset[int]] = {}

    def __call__(self, connection: Connection) -> None:
        """Look at what is there now."""
        runtime, wanted = self.rehearsal.runtime, self.rehearsal.wanted
        lower = below(wanted, runtime.entities)
        self.found += differing(connection, runtime, self.context, self.before, lower)
        for entity, values in by_values(wanted, runtime.entities):
            key = f"{entity} {told(values)}"
            known = self.matching.get(key, frozenset())
            self.matching[key] = known | frozenset(self.placed.matching(entity, values))

    def comparing(self) -> Comparing:
        """Return what was found beside what is wanted, of the entities that the example speaks of."""
        spoken_of = self.rehearsal.case.expect or {}
        found = [row for row in self.found if row.entity in spoken_of]
        return Comparing(self.placed, self.rehearsal.wanted, found, self.matching)


def _joined(told: Sequence[Problem]) -> Iterator[Problem]:
    """Yield problems, once what both ways of running have in common."""
    ways: dict[str, list[Problem]] = {}
    for each in told:
        ways.setdefault(str(replace(each, facts={**each.facts, "by": ""})), []).append(each)
    for alike in ways.values():
        by = " e ".join(str(each.facts["by"]) for each in alike)
        yield replace(alike[0], facts={**alike[0].facts, "by": by})


def _trouble(run: Run | list[Problem]) -> str:
    """Return why a run did not come to its end, or an empty text."""
    if isinstance(run, list):
        return "; ".join(each.sentence() for each in run)
    return "" if run.status == FINISHED else str((run.trouble or {}).get("says", run.status))


def _quoted(sentences: Mapping[str, int]) -> str:
    return ", ".join(f"“{each}”" for each in sentences) or "nada"
