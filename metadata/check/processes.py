"""Rules of processes: their questions, and steps that find, refuse, make and change what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from metadata.check.actions import questions
from metadata.check.definitions import judge, placed
from metadata.check.expressions import taken
from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.kinds import Kind
from metadata.expression.parse import parse
from metadata.expression.renames import said_of
from metadata.expression.sets.lower import lower
from metadata.expression.sets.reasons import NotForSets, Reason
from metadata.expression.sets.taken import taken as fitting
from metadata.package import Document
from metadata.positions import positions
from metadata.problems import Place, Problem, near
from metadata.process import INSERT, RELATION, REMOVE, UPDATE, Process, Step, pointers
from metadata.steps.lookups import message
from metadata.steps.posted import posted
from metadata.steps.seen import Path, Seen, Value
from metadata.steps.walk import Made, Steps
from metadata.today import renewed_text

LONGEST_STEP = 58  # its table has some letters more


def processes_fit(scope: Scope) -> Iterator[Problem]:
    """M2, M3, M4: a process asks what can be asked, and each of its steps can be made of those before."""
    for document in scope.documents("processes"):
        process = scope.configuration.processes[document.name]
        yield from questions(scope, document, process.ask)
        if process.of:
            yield from scope.missing(document, "entities", process.of, document.place("of"), "M204")
        yield from _names(scope, document, process)
        yield from _monthly(document, process)
        yield from _warned(scope, document, process)
        yield from _posted(scope, document, process)
        yield from StepsCheck(scope, document, process).problems()


def _names(scope: Scope, document: Document, process: Process) -> Iterator[Problem]:
    """M409, M414: no step has the name of something else, and keys are questions."""
    for name in process.steps:
        if name in scope.entities or name in process.ask:
            yield Problem("M409", {"name": name}, scope.place(document, "steps", name, key=True))
    for place, name in enumerate(process.key):
        if name not in process.ask:
            where = document.place("key", place) if len(process.key) > 1 else document.place("key")
            yield Problem("M414", {"name": name, "near": near(name, process.ask)}, where)


def _warned(scope: Scope, document: Document, process: Process) -> Iterator[Problem]:
    """M481: what a warning leads to is there."""
    for step, each in process.steps.items():
        path = ("steps", step, "warn")
        for _, folder, name in pointers(each.warn):
            if folder:
                said, place = scope.saying(document, path), scope.place(document, *path)
                yield from scope.missing(said, folder, name, place, "M481", among=folder)


def _monthly(document: Document, process: Process) -> Iterator[Problem]:
    """M468: what names the month of a process of every month is a question of a month."""
    months = {name: field for name, field in process.ask.items() if field.type == "month"}
    if process.monthly and process.monthly not in months:
        facts = {"name": process.monthly, "near": near(process.monthly, months)}
        yield Problem("M468", facts, document.place("monthly"))


def _posted(scope: Scope, document: Document, process: Process) -> Iterator[Problem]:
    """M428, M429: a step that posts follows a rule, and the steps it stands for have names of their own."""
    written = posted(process, scope.configuration.postings, scope.entities)
    for name, step in process.steps.items():
        if step.post:
            path = ("steps", name, "post")
            said, place = scope.saying(document, path), scope.place(document, *path)
            yield from scope.missing(said, "postings", step.post, place, "M429")
    for made, name in written.owners.items():
        taken = made != name and (made in process.steps or made in scope.entities or made in process.ask)
        if taken or len(made) > LONGEST_STEP:
            yield Problem("M428", {"name": made}, scope.place(document, "steps", name, key=True))


class StepsCheck:
    """The steps of a document under check; lives only while it runs.

    is_rule: the document is the rule by which a step posts, not a process that has such a step.
    """

    def __init__(self, scope: Scope, document: Document, process: Process, *, is_rule: bool = False) -> None:
        self.scope = scope
        self.document = document
        self.process = process
        self.is_rule = is_rule
        self.found: list[Problem] = []
        self.unsaid: list[Problem] = []  # of what only a step that posts says: follows from something else
        self.steps = Steps(process, scope.entities, self, scope.configuration.postings)

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the steps."""
        self.steps.walk()
        for key, refusal in self.process.refuse.items():
            path: Path = ("refuse", key)
            self._judged((*path, "when"), refusal.when, self.steps.answers, k.BOOLEAN)
            message(self, self.steps.entities, (*path, "message"), refusal.message, self.steps.answers)
            if refusal.at and refusal.at not in self.process.ask:
                self.tell("M414", (*path, "at"), {"name": refusal.at})
        for made in self.steps.made.values():
            self._written(made)
        self._together()
        self._of_what()
        self._compared()
        self._reported()
        return self.found or self.unsaid

    def _said(self, path: Path) -> Path | None:
        """Return where in the document stands what a step says; None where another document says it."""
        owner = self.steps.posted.owners.get(path[1]) if path[0] == "steps" else None
        if owner is None:
            return path
        if not self.is_rule:
            return ("steps", owner, *path[2:]) if path[2:3] in (("from",), ("record",)) else None
        for length in range(len(path), 1, -1):
            if said := self.steps.posted.places.get(path[1:length]):
                return (*said, *path[length:])
        return ("set",) if path[1:] == (owner,) else None

    def tell(self, code: str, path: Path, facts: Mapping[str, Any]) -> None:
        """Note what is wrong with a part of a step."""
        told = dict(facts)
        if "known" in told:
            told["near"] = near(str(told["name"]), told.pop("known"))
        self._tell(Problem(code, told), path)

    def _text(self, path: Path | None) -> Path | None:
        """Return where the text of an expression stands: of a column in its long form, below `is`."""
        node: Any = self.scope.saying(self.document, path or ()).source.plain
        for step in path or ():
            node = node.get(step) if isinstance(node, dict) else None
        return (*path, "is") if path and isinstance(node, dict) and "is" in node else path

    def _tell(self, problem: Problem, path: Path, *, key: bool = False) -> None:
        said = self._said(path)
        found = self._unsaid if said is None else self.found
        found.append(replace(problem, place=self._place(*(said or ()), key=key)))

    def _place(self, *path: Any, key: bool = False) -> Place:
        return self.scope.place(self.document, *path, key=key)

    @property
    def _unsaid(self) -> list[Problem]:
        """Where problems go that no part of the document says: of a rule, told where nothing else is."""
        return self.unsaid if self.is_rule else []

    def _judged(self, path: Path, text: str, seen: Seen, wanted: Kind | None) -> Value | None:
        return self.judged(self.steps.entities, path, text, seen, wanted)

    def judged(
        self, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen, wanted: Kind | None,
        start: int = 0,
    ) -> Value | None:  # fmt: skip
        """Return what is known of an expression; what is wrong with it is noted."""
        node = parse(text)
        if isinstance(node, n.Node) and any(
            isinstance(part, n.Name) and part.name in self.steps.broken for part in node.walk()
        ):
            return None  # what a broken step would have made is told there
        said = self._text(self._said(path))
        scope = self.scope if said else replace(self.scope, outdated=[])
        document = self.scope.saying(self.document, said or ())
        where = positions(document, self.scope.configuration.files, said or ())
        entity, kinds = seen.names(entities)
        former = self._former(kinds)
        known, problems = judge(scope, node, where, start, entity, kinds, wanted, former, entities)
        (self._unsaid if said is None else self.found).extend(problems)
        if known is None or problems or not isinstance(node, n.Node):
            return None
        if known.renames:  # what follows from it is known all the same: the documents say it soon
            return self.judged(entities, path, renewed_text(text, said_of(text, known)), seen, wanted, start)
        if unclear := self._unclear(node, entity, entities):
            self.tell("M417", path, {"name": unclear, "entity": entity.rpartition(".")[2]})
            return None
        try:
            made = lower(
                node, entities, seen.entity, seen.shapes, self.scope.configuration.defined,
                terms=seen.terms, beside=seen.second,
            )  # fmt: skip
        except NotForSets as refused:
            told = self._unsaid if said is None else self.found
            told += [placed(fault, where, start) for fault in refused.faults]
            return None
        return Value(known.kind, made, node, known.reads)

    def _former(self, kinds: Mapping[str, Kind]) -> Mapping[str, str]:
        """Return the former names of entities whose records go by the name of the entity."""
        named = (entity for entity in self.scope.entities.values() if entity.name in kinds)
        return {was: entity.name for entity in named for was in entity.was if was not in kinds}

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
                for problem in self.scope.unknown_field(target, name, self.document.place()):
                    self._tell(problem, place, key=True)
            elif _is_worked_out(field, made.step) or field.kind.storage in (
                "none",
                "bridge",
                "file",
                "jsonb",
            ):
                self._tell(Problem("M396", {"name": name}), place, key=True)
            else:
                self._judged(place, text, made.outer, taken(field))
        if made.step.kind == INSERT:
            for name, field in target.fields.items():
                if field.required and not (name in made.step.set or field.default or field.is_given):
                    facts = {"name": name, "entity": target.name}
                    self._tell(Problem("M398", facts), path)
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
        steps = self.steps.posted.steps
        for name, step in steps.items() if together else ():
            begins = bool(step.numbers) or (len(step.from_) == 1 and step.from_[0] not in steps)
            if begins and name in self.steps.made and not _has(step, together):
                place = self._place("steps", self.steps.posted.owners.get(name, name), key=True)
                self.found.append(Problem("M406", {"name": name, "column": together}, place))

    def _of_what(self) -> None:
        """M425: the rows of a step that posts are the records that its rule is about."""
        for name, step in self.process.steps.items():
            posting = self.scope.configuration.postings.get(step.post)
            if posting is None or posting.of not in self.scope.entities or step.record:
                continue
            made = self.steps.made.get(step.from_[0])
            if made is None and step.from_[0] not in self.scope.entities:
                continue  # told as such
            if len(step.from_) > 1 or posting.of != (made.entity if made else step.from_[0]):
                place = self._place("steps", name, "from")
                facts = {"name": ", ".join(step.from_), "entity": posting.of}
                self.found.append(Problem("M425", facts, place))

    def _reported(self) -> None:
        """M475, M476: a report has columns of its step; groups that may be cut in two are summed up again."""
        for name, step in self.process.steps.items():
            made = self.steps.made.get(name)
            if step.report is None or made is None or name in self.steps.broken:
                continue
            fields = self.steps.entities[made.entity].fields
            numbers = {each for each in step.report.columns if each in fields and fields[each].kind.is_number}
            strange = [("columns", each) for each in step.report.columns if each not in fields]
            strange += [("sum", each) for each in step.report.sum if each not in numbers]
            for key, each in strange:
                facts = {"name": each, "step": name, "use": _OF_REPORTS[key]}
                self.found.append(Problem("M475", facts, self._place("steps", name, "report")))
            if step.group and not step.report.sum and self.process.together not in ("", *step.group):
                facts = {"step": name, "together": self.process.together}
                self.found.append(Problem("M476", facts, self._place("steps", name, "report")))

    def _compared(self) -> None:
        """M440, M441: two runs are compared by rows of a step, of some record, by an amount."""
        said = self.process.compare
        if said is None or said.step in self.steps.broken:
            return
        made = self.steps.made.get(said.step)
        if made is None or made.step.kind not in (INSERT, RELATION):
            self.found.append(Problem("M440", {"name": said.step}, self.document.place("compare", "step")))
            return
        fields = self.steps.entities[made.entity].fields
        known = (
            fields
            if made.step.kind == RELATION
            else {name: fields[name] for name in made.step.set if name in fields}
        )
        wanted = [("by", said.by), ("sum", said.sum), *(("parts", name) for name in said.parts)]
        for key, name in wanted:
            field = known.get(name)
            doubled = key == "parts" and (name == said.by or said.parts.count(name) > 1)
            if field is None or doubled or not _serves(key, field):
                facts = {"name": name, "step": said.step, "key": key, "use": _USES[key]}
                self.found.append(Problem("M441", facts, self.document.place("compare", key)))


_OF_REPORTS = {
    "columns": "escolha uma coluna do passo",
    "sum": "escolha uma das colunas do relatório, de número ou de valor",
}
_USES = {
    "by": "escolha uma coluna que é um registro (link)",
    "sum": "escolha uma coluna de número ou de valor",
    "parts": "escolha uma coluna de opções, registro, sim ou não, ou número inteiro",
}


def _serves(key: str, field: Field) -> bool:
    """Tell whether a column can do what a comparison asks of it."""
    if key == "by":
        return field.type == "link"
    if key == "sum":
        return field.kind.is_number
    return field.type in ("choice", "link", "yes/no", "integer")


def _has(step: Step, column: str) -> bool:
    return column in step.columns


def _is_worked_out(field: Field, step: Step) -> bool:
    """Tell whether only the system fills a field; new records may come with numbers they have already."""
    is_numbered = field.type == "sequence" and not field.gapless and step.kind == INSERT
    return field.is_given and not is_numbered
