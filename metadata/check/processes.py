"""Rules of processes: their questions, and steps that find, refuse, make and change what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from metadata.check.actions import questions
from metadata.check.definitions import judge
from metadata.check.expressions import taken
from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.kinds import Kind
from metadata.expression.parse import parse
from metadata.expression.sets.lower import lower
from metadata.expression.sets.reasons import NotForSets, Reason
from metadata.expression.sets.taken import taken as fitting
from metadata.package import Document
from metadata.positions import positions
from metadata.problems import Problem, near
from metadata.process import INSERT, REMOVE, UPDATE, Process, Step
from metadata.steps.lookups import message
from metadata.steps.seen import Path, Seen, Value
from metadata.steps.walk import Made, Steps


def processes_fit(scope: Scope) -> Iterator[Problem]:
    """M2, M3, M4: a process asks what can be asked, and each of its steps can be made of those before."""
    for document in scope.documents("processes"):
        process = cast("Process", document.model)
        yield from questions(scope, document, process.ask)
        if process.of:
            yield from scope.missing(document, "entities", process.of, document.place("of"), "M204")
        yield from _names(scope, document, process)
        yield from _Check(scope, document, process).problems()


def _names(scope: Scope, document: Document, process: Process) -> Iterator[Problem]:
    """M409, M414: no step has the name of something else, and keys are questions."""
    for name in process.steps:
        if name in scope.entities or name in process.ask:
            yield Problem("M409", {"name": name}, document.place("steps", name, key=True))
    for place, name in enumerate(process.key):
        if name not in process.ask:
            where = document.place("key", place) if len(process.key) > 1 else document.place("key")
            yield Problem("M414", {"name": name, "near": near(name, process.ask)}, where)


class _Check:
    """One process under check; lives only while it runs."""

    def __init__(self, scope: Scope, document: Document, process: Process) -> None:
        self.scope = scope
        self.document = document
        self.process = process
        self.found: list[Problem] = []
        self.steps = Steps(process, scope.entities, self)

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the steps."""
        self.steps.walk()
        for key, refusal in self.process.refuse.items():
            path: Path = ("refuse", key)
            self._judged((*path, "when"), refusal.when, self.steps.answers, k.BOOLEAN)
            message(self, self.steps.entities, (*path, "message"), refusal.message, self.steps.answers)
        for made in self.steps.made.values():
            self._written(made)
        self._together()
        return self.found

    def tell(self, code: str, path: Path, facts: Mapping[str, Any]) -> None:
        """Note what is wrong with a part of a step."""
        told = dict(facts)
        if "known" in told:
            told["near"] = near(str(told["name"]), told.pop("known"))
        self.found.append(Problem(code, told, self.document.place(*path)))

    def _judged(self, path: Path, text: str, seen: Seen, wanted: Kind | None) -> Value | None:
        return self.judged(self.steps.entities, path, text, seen, wanted)

    def judged(
        self, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen, wanted: Kind | None
    ) -> Value | None:
        """Return what is known of an expression; what is wrong with it is noted."""
        node = parse(text)
        if isinstance(node, n.Node) and any(
            isinstance(part, n.Name) and part.name in self.steps.broken for part in node.walk()
        ):
            return None  # what a broken step would have made is told there
        where = positions(self.document, self.scope.configuration.files, path)
        entity, kinds = seen.names(entities)
        known, problems = judge(self.scope, node, where, 0, entity, kinds, wanted, entities=entities)
        self.found += problems
        if known is None or problems or not isinstance(node, n.Node):
            return None
        if unclear := self._unclear(node, entity, entities):
            self.tell("M417", path, {"name": unclear, "entity": entity.rpartition(".")[2]})
            return None
        try:
            made = lower(
                node, entities, seen.entity, seen.shapes, self.scope.configuration.defined,
                terms=seen.terms, beside=seen.second,
            )  # fmt: skip
        except NotForSets as refused:
            start = self.document.source.text_place(path)
            self.found += [fault.problem(text, start) for fault in refused.faults]
            return None
        return Value(known.kind, made, node, known.reads)

    def _unclear(self, node: n.Node, entity: str, entities: Mapping[str, Entity]) -> str:
        """Return a name that is a question and a field as well, where nothing shows that the author knows."""
        fields = entities[entity].fields.keys() if entity in entities else set()
        parts = list(node.walk())
        both = {part.name for part in parts if isinstance(part, n.Name)} & fields & self.process.ask.keys()
        told = {part.name for part in parts if isinstance(part, n.Path) and isinstance(part.base, n.Name)}
        return min(both - told, default="")

    # ── records that are written ──────────────────────────────────────────────────────────────────

    def _written(self, made: Made) -> None:
        step, path = made.step, ("steps", made.name)
        if step.kind in (UPDATE, REMOVE):
            self._record(made, path)
        if step.kind in (INSERT, UPDATE):
            self._values(made, path)
        for place, name in enumerate(step.key):
            if name not in step.set:
                self.tell("M408", (*path, "key", *((place,) if len(step.key) > 1 else ())), {"name": name})

    def _record(self, made: Made, path: Path) -> None:
        wanted = k.record(made.entity)
        self._judged((*path, "record"), made.step.record, made.seen, wanted)

    def _values(self, made: Made, path: Path) -> None:
        target: Entity = self.scope.entities[made.entity]
        for name, text in made.step.set.items():
            place = (*path, "set", name)
            field = target.fields.get(name)
            if field is None:
                self.found += self.scope.unknown_field(target, name, self.document.place(*place, key=True))
            elif field.is_given or field.kind.storage in ("none", "bridge", "file", "jsonb"):
                self.found.append(Problem("M396", {"name": name}, self.document.place(*place, key=True)))
            else:
                self._judged(place, text, made.outer, taken(field))
        if made.step.kind == INSERT:
            for name, field in target.fields.items():
                if field.required and not (name in made.step.set or field.default or field.is_given):
                    facts = {"name": name, "entity": target.name}
                    self.found.append(Problem("M398", facts, self.document.place(*path)))
                if field.default_is and field.has_column and name not in made.step.set:
                    self._default(path, target, field)

    def _default(self, path: Path, target: Entity, field: Field) -> None:
        """M418: a default that is worked out must have a form for sets, or the step says the value."""
        node = parse(field.default_is)
        try:
            assert isinstance(node, n.Node)
            made = lower(node, self.scope.entities, target.name, None, self.scope.configuration.defined)
            if field.type != "link":
                fitting(made, field)
        except (NotForSets, Reason):
            self.tell("M418", path, {"name": field.name, "entity": target.name})

    def _together(self) -> None:
        """M406: each step that begins with records has the column by which the work is shared out."""
        together = self.process.together
        for name, step in self.process.steps.items() if together else ():
            begins = len(step.from_) == 1 and step.from_[0] not in self.process.steps
            if begins and name in self.steps.made and not _has(step, together):
                place = self.document.place("steps", name, key=True)
                self.found.append(Problem("M406", {"name": name, "column": together}, place))


def _has(step: Step, column: str) -> bool:
    return column in step.columns
