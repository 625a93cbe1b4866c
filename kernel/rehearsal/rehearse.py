"""This file runs examples of processes: each dry, then for good, then once more, and takes all of it back.

A dry run must give the same rows as a run, and a second run must change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Self

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
from kernel.rehearsal.kept import KeptWorld
from kernel.rehearsal.reported import differing as differing_reports
from kernel.rehearsal.wanted import Comparing, below, by_values, wanted_of
from kernel.rehearsal.world import KeptOut, Placed, enter, told
from kernel.runtime import Runtime
from kernel.within import Within
from metadata.examples import Earlier, Examples
from metadata.problems import Problem, Problems
from metadata.process import WRITING
from metadata.worlds import World, world_of

NOBODY = "exemplo"
NOON = time(12)
GIVEN, BEFORE, DRY, RUN, AGAIN = "no mundo", "antes", "no ensaio", "na execução", "na segunda execução"
_SENTENCES = {"left_out": "o que fica de fora", "refused": "a recusa"}
MANY = 1000  # sentences of one example
NO_ROW = "nenhuma linha"


class Rehearsals:
    """Runs examples one after the other; those of one document and day share a transaction, and their worlds.

    Nothing of them stays.
    """

    def __init__(self, engine: Engine, runtime: Runtime, now: datetime) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self.runtime = runtime
        self.now = now
        self._kept: KeptWorld | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._end()

    def rehearse(self, example: Example) -> list[Problem]:
        """Return how the runs of an example differ from what it expects."""
        try:
            kept = self._kept_for(_context(example, example.case.at, self.now))
            return list(_Rehearsal(kept, self.runtime, self.now, example).problems())
        except Problems as stopped:
            where = example.document.place("cases", example.name, key=True)
            return [Problem(each.code, each.facts, each.place or where) for each in stopped.problems]
        except BaseException:
            self._end()  # who knows in which state it is
            raise

    def _kept_for(self, context: Context) -> KeptWorld:
        if self._kept is None or self._kept.context != context:
            self._end()
            connection = self._engine.connect()
            connection.begin()
            self._kept = KeptWorld(connection, context)
        return self._kept

    def _end(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.connection.close()  # which takes everything back


def _context(example: Example, said: str, now: datetime) -> Context:
    """Return who runs an example, on a day, or on that of its document."""
    examples = example.document.model
    assert isinstance(examples, Examples)
    day = said or examples.at
    at = datetime.combine(date.fromisoformat(day), NOON, now.tzinfo) if day else now
    return Context(example.case.by or NOBODY, at, origin=Origin(route=f"examples/{examples.name}"))


class _Rehearsal:
    """One example in the transaction in which it happens."""

    def __init__(self, kept: KeptWorld, runtime: Runtime, now: datetime, example: Example) -> None:
        examples = example.document.model
        assert isinstance(examples, Examples)
        self.kept = kept
        self.connection = kept.connection
        self.within = Within(self.connection)
        self.runtime = runtime
        self.now = now
        self.example = example
        self.case = example.case
        self.examples = examples
        self.process = examples.subject[1]
        self.context = kept.context
        self.world = world_of(runtime.configuration.examples, examples, self.case)
        self.placed = Placed(self.connection, runtime, example.name)
        self.wanted = wanted_of(self.case.expect)
        made = planned(runtime, self.process).made.values()
        self.entities = {each.entity for each in made if each.step.kind in WRITING}
        self.entities |= {each.entity for each in self.wanted} | set(self.case.expect or ())

    def problems(self) -> Iterator[Problem]:
        """Yield how the runs differ from what is expected."""
        if out := self.kept.enter(self.placed, self.world):
            yield from self._kept_out(out)
            return
        for index, earlier in enumerate(self.case.before):
            against = self._went_before(earlier)
            if isinstance(against, str):
                yield self._differs("M317", BEFORE, ("before", index), reason=against)
                return
            if against:
                yield from self._kept_out(against)
                return
        answers = self._answers(self.process, {**self.examples.asked, **self.case.asked})
        before = self._versions()
        told: list[Problem] = []
        for by, is_dry in ((DRY, True), (RUN, False)):
            look = _Look(self, before)
            run = self._run(self.context, self.process, answers, is_dry=is_dry, look=look if is_dry else None)
            if isinstance(run, list):
                yield from self._refused(by, [each.sentence() for each in run])
                return
            if reason := _trouble(run):
                told.append(self._differs("M317", by, (), reason=reason))
                continue
            if not is_dry:
                look(self.connection)
            told += self._compared(by, look, run)
        yield from _joined(told)
        yield from self._again(answers)

    def _went_before(self, earlier: Earlier) -> str | KeptOut | None:
        """Do what went before; return why its run failed, or what the rules refuse of its records."""
        placed = self.placed
        context = _context(self.example, earlier.at or self.case.at, self.now)
        if earlier.process:
            asked = self._answers(earlier.process, earlier.asked)
            if reason := _trouble(self._run(context, earlier.process, asked)):
                return reason
        for entity, named in earlier.names.items():
            for name, values in named.items():
                placed.ids[entity, name] = placed.link(entity, values)
        known = World({key: {} for key in placed.ids}, self.world.usual).with_records(earlier.given)
        changed = {key: values for key, values in known.records.items() if values}
        return enter(placed, context, World(changed))

    def _kept_out(self, out: KeptOut) -> Iterator[Problem]:
        """Yield what the rules refuse of a record, where that is not what the example wants."""
        if self.case.refused:
            said = [each.sentence() for each in out.problems]
            yield from self._sentences(GIVEN, "refused", self.case.refused, said)
            return
        for each in out.problems:
            where = f"{each.field}: " if each.field else ""
            reason = f"{where}{each.sentence()}"
            yield self._differs("M313", GIVEN, (), entity=out.entity, name=out.name, reason=reason)

    def _answers(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        process = self.runtime.configuration.processes[name]
        begun = begins(self.connection, self.runtime, self.context, name)
        said = {each: self.placed.value(process.ask[each], value) for each, value in asked.items()}
        return {**begun, **said}

    def _run(
        self, context: Context, process: str, answers: Mapping[str, Any], *, is_dry: bool = False,
        look: Look | None = None,
    ) -> Run | list[Problem]:  # fmt: skip
        begun = begin(self.within, self.runtime, context, process, answers, is_dry=is_dry)
        return begun if isinstance(begun, list) else drive(self.within, lambda _: self.runtime, begun, look)

    def _versions(self) -> Versions:
        return versions(self.connection, self.runtime, self.entities)

    # ── what differs ──────────────────────────────────────────────────────────────────────────────

    def _compared(self, by: str, look: _Look, run: Run) -> Iterator[Problem]:
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
        saying = Saying(self.connection, planned(self.runtime, self.process), self.context)
        said = [each.sentence for each in saying.rows(rows)]
        yield from self._sentences(by, "left_out", self.case.left_out, said)
        yield from self._reported(by, run)
        counted = steps(self.connection, run.id)
        for step, wanted_rows in self.case.steps.items():
            found_rows = counted[step].rows if step in counted else 0
            if found_rows != wanted_rows:
                facts = {"step": step, "wanted": wanted_rows, "found": found_rows}
                yield self._differs("M318", by, ("steps", step), **facts)

    def _reported(self, by: str, run: Run) -> Iterator[Problem]:
        plan = planned(self.runtime, self.process)
        for step, missing, extra in differing_reports(
            self.connection, plan, self.placed, run.id, self.case.reports
        ):
            facts = {"what": f"o relatório {step}", "wanted": _quoted(missing), "found": _quoted(extra)}
            yield self._differs("M316", by, ("reports", step), **facts)

    def _refused(self, by: str, said: list[str]) -> Iterator[Problem]:
        """Yield what is said differently where no run may begin."""
        if self.case.refused:
            yield from self._sentences(by, "refused", self.case.refused, said)
        else:
            yield self._differs("M317", by, (), reason="; ".join(said))

    def _sentences(self, by: str, key: str, wanted: Sequence[str], found: Sequence[str]) -> Iterator[Problem]:
        named = [self.placed.sentence(self.context, each) for each in wanted]
        missing, extra = Counter(named) - Counter(found), Counter(found) - Counter(named)
        if missing or extra:
            facts = {"wanted": _quoted(missing.elements()), "found": _quoted(extra.elements())}
            yield self._differs("M316", by, (key,), what=_SENTENCES[key], **facts)

    def _again(self, answers: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what a second run changes; that it may not even begin is as good."""
        look = _Look(self, self._versions())
        self._run(self.context, self.process, answers)
        look(self.connection)
        comparing = Comparing(self.placed, self.wanted, look.found, look.matching)
        for row in comparing.found:
            yield self._differs("M319", AGAIN, (), entity=row.entity, found=comparing.shown(row))

    def _differs(self, code: str, by: str, path: tuple[Any, ...], **facts: Any) -> Problem:
        where = self.example.document.place("cases", self.example.name, *path, key=not path)
        return Problem(code, {"case": self.example.name, "by": by, **facts}, where)


class _Look:
    """Gathers what the parts of a run made or changed, while it is there."""

    def __init__(self, rehearsal: _Rehearsal, before: Versions) -> None:
        self.rehearsal = rehearsal
        self.placed = rehearsal.placed
        self.before = before
        self.found: list[Found] = []
        self.matching: dict[str, frozenset[int]] = {}

    def __call__(self, connection: Connection) -> None:
        """Look at what is there now."""
        runtime, wanted = self.rehearsal.runtime, self.rehearsal.wanted
        lower = below(wanted, runtime.entities)
        self.found += differing(connection, runtime, self.rehearsal.context, self.before, lower)
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


def _quoted(sentences: Iterable[str]) -> str:
    return ", ".join(f"“{each}”" for each in sentences) or "nada"
