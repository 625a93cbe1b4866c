"""Rules of states: a choice field holds them, every one is reached, and only final ones are not left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from metadata.check.expressions import judged, taken
from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.expression.kinds import BOOLEAN
from metadata.expression.nodes import If, Text
from metadata.expression.parse import parse
from metadata.package import Document
from metadata.problems import Place, Problem, near
from metadata.process import INSERT, UPDATE
from metadata.states import LATE, SINCE, States, Transition

DATED = ("date", "date and time")


def states_fit(scope: Scope) -> Iterator[Problem]:
    """M205, M3, M430, M450 to M463: the states of each entity, and the transitions between them."""
    for document, entity in scope.entity_documents():
        if entity.states is None:
            for name in entity.transitions:
                yield Problem("M450", {"name": name}, document.place("transitions", name, key=True))
            continue
        place = document.place("states", "field")
        yield from scope.unknown_field(entity, entity.states.field, place)
        field = entity.fields.get(entity.states.field)
        if field is None:
            continue
        if field.type != "choice" or not field.required or field.is_ or field.readonly:
            yield Problem("M451", {"name": field.name}, place)
        elif field.choices:
            yield from _Checking(scope, document, entity, entity.states, field).problems()


class _Checking:
    """The states of one entity under check; lives only while it runs."""

    def __init__(
        self, scope: Scope, document: Document, entity: Entity, states: States, field: Field
    ) -> None:
        self.scope, self.document, self.entity = scope, document, entity
        self.states, self.field = states, field

    def problems(self) -> Iterator[Problem]:
        """Yield everything that is wrong with them."""
        yield from self._states()
        pairs: dict[tuple[str, str], str] = {}
        for name, transition in self.entity.transitions.items():
            yield from self._way(name, transition, pairs)
            yield from self._condition(name, transition)
            yield from self._asks(name, transition)
            yield from self._proposes(name, transition)
            yield from self._shows(name, transition)
            yield from self._runs(name, transition)
        if all(self._is_known(state) for pair in pairs for state in pair):
            yield from self._ends(pairs)
        added = {SINCE: "is_since", **({LATE: "is_late"} if self.states.deadline else {})}
        for end, mark in added.items():
            taken = self.entity.fields.get(f"{self.field.name}{end}")
            if taken is not None and not getattr(taken, mark):
                yield Problem(
                    "M463", {"name": taken.name}, self.document.place("fields", taken.name, key=True)
                )

    def _is_known(self, state: str) -> bool:
        return state in self.field.choices

    def _known(self, states: Iterable[str], *path: str) -> Iterator[Problem]:
        """M452: what is named is an option of the field."""
        names = tuple(states)
        for place, state in enumerate(names):
            if not self._is_known(state):
                facts = {"name": state, "field": self.field.name, "near": near(state, self.field.choices)}
                yield Problem(
                    "M452", facts, self.document.place(*path, *((place,) if len(names) > 1 else ()))
                )

    def _states(self) -> Iterator[Problem]:
        states, default = self.states, self.field.default
        yield from self._known(states.begin, "states", "begin")
        yield from self._known(states.final, "states", "final")
        # On a form a record begins with the default: there must be one.
        is_plain = default and not default.startswith("=")
        if not default or not self.entity.begins or (is_plain and default not in self.entity.begins):
            yield Problem("M453", {"name": self.field.name}, self._begins())
        for state, name in states.deadline.items():
            path = ("states", "deadline", state)
            yield from self._known((state,), *path[:2])
            place = self.document.place(*path)
            yield from self.scope.unknown_field(self.entity, name, place)
            field = self.entity.fields.get(name)
            if field and (field.type not in DATED or not field.has_column):
                yield Problem("M214", {"name": name, "type": field.type, "use": "deadline"}, place)

    def _begins(self) -> Place:
        return self.document.place("states", "begin") if self.states.begin else self.document.place("states")

    def _way(self, name: str, transition: Transition, pairs: dict[tuple[str, str], str]) -> Iterator[Problem]:
        """M452, M454 to M456: it leads from somewhere to somewhere else, as no other does."""
        path = ("transitions", name)
        yield from self._known(transition.from_, *path, "from")
        yield from self._known((transition.to,), *path, "to")
        if not transition.from_:
            yield Problem("M454", {"name": name}, self.document.place(*path, "from"))
        for place, state in enumerate(transition.from_):
            at = (place,) if len(transition.from_) > 1 else ()
            if state == transition.to:
                yield Problem("M455", {"state": state}, self.document.place(*path, "from", *at))
            elif other := pairs.get((state, transition.to)):
                facts = {"from": state, "to": transition.to, "other": other}
                yield Problem("M456", facts, self.document.place(*path, "from", *at))
            else:
                pairs[state, transition.to] = name

    def _ends(self, pairs: Mapping[tuple[str, str], str]) -> Iterator[Problem]:
        """M457 to M459: every state is reached; those that are not left, and no others, are final."""
        reached = [state for state in self.entity.begins if self._is_known(state)]
        for state in reached:
            reached += [to for start, to in pairs if start == state and to not in reached]
        left = {start for start, _ in pairs}
        for state in self.field.choices:
            if state not in reached and self.entity.begins:
                yield Problem("M457", {"state": state}, self.document.place("states"))
            elif state not in left and state not in self.states.final:
                yield Problem("M458", {"state": state}, self.document.place("states"))
        for place, state in enumerate(self.states.final):
            if state in left:
                at = (place,) if len(self.states.final) > 1 else ()
                facts = {
                    "state": state,
                    "other": next(n for (start, _), n in pairs.items() if start == state),
                }
                yield Problem("M459", facts, self.document.place("states", "final", *at))

    def _condition(self, name: str, transition: Transition) -> Iterator[Problem]:
        """M3, M460: a condition that does not ask for what the transition itself changes."""
        path = ("transitions", name, "when")
        if not transition.when:
            return
        found, problems = judged(
            self.scope, self.document, path, transition.when, self.entity.name, wanted=BOOLEAN
        )
        yield from problems
        changed = {self.field.name, self.entity.since, *transition.asks}
        read = {each[0] for each in found.reads} & changed if found else set()
        for each in sorted(read):
            yield Problem("M460", {"name": each}, self.document.place(*path))

    def _asks(self, name: str, transition: Transition) -> Iterator[Problem]:
        """M205, M461: what somebody can fill, and not the state itself."""
        for index, asked in enumerate(transition.asks):
            at = (index,) if len(transition.asks) > 1 else ()
            place = self.document.place("transitions", name, "asks", *at)
            yield from self.scope.unknown_field(self.entity, asked, place)
            field = self.entity.fields.get(asked)
            if field and not _can_be_asked(field, self.field):
                yield Problem("M461", {"name": asked}, place)

    def _proposes(self, name: str, transition: Transition) -> Iterator[Problem]:
        """M3, M478: an expression on the record for what the transition asks."""
        for asked, text in transition.proposes.items():
            path = ("transitions", name, "proposes", asked)
            field = self.entity.fields.get(asked)
            if field is None or asked not in transition.asks:
                facts = {"name": asked, "known": list(transition.asks)}
                yield Problem("M478", facts, self.document.place(*path, key=True))
                continue
            yield from judged(self.scope, self.document, path, text, self.entity.name, wanted=taken(field))[1]

    def _shows(self, name: str, transition: Transition) -> Iterator[Problem]:
        """M205, M480: fields with one value that can be read beside the questions."""
        for index, shown in enumerate(transition.shows):
            at = (index,) if len(transition.shows) > 1 else ()
            place = self.document.place("transitions", name, "shows", *at)
            yield from self.scope.unknown_field(self.entity, shown, place)
            field = self.entity.fields.get(shown)
            if field and field.type in ("children", "many links", "json", "attachment", "image"):
                yield Problem("M480", {"name": shown, "entity": self.entity.name}, place)

    def _runs(self, name: str, transition: Transition) -> Iterator[Problem]:
        """M462: a process that asks for the record, and for nothing else that begins empty."""
        if not transition.runs:
            return
        place = self.document.place("transitions", name, "runs")
        yield from self.scope.missing(self.document, "processes", transition.runs, place, "M430")
        process = self.scope.configuration.processes.get(transition.runs)
        if process is None:
            return
        about = process.about(self.entity.name)
        others = (n for n, f in process.ask.items() if n != about and f.required and not f.default)
        if not about or any(others):
            yield Problem("M462", {"name": process.name, "entity": self.entity.name}, place)


def _can_be_asked(field: Field, state: Field) -> bool:
    is_locked = field.is_given or field.is_ or field.readonly or field.hidden
    return not is_locked and field.type not in ("children", "json", "sequence") and field is not state


# ── steps of processes ────────────────────────────────────────────────────────────────────────────


def steps_obey(scope: Scope) -> Iterator[Problem]:
    """M465 to M467: no step writes a state to which no way leads."""
    for document in scope.documents("processes"):
        for name, step in scope.configuration.processes[document.name].steps.items():
            entity = scope.entities.get(step.entity)
            text = step.set.get(entity.states.field) if entity and entity.states else None
            if entity is None or text is None or step.kind not in (INSERT, UPDATE):
                continue
            place = scope.place(document, "steps", name, "set", entity.states.field if entity.states else "")
            for state in dict.fromkeys(said_in(text)):
                yield from _written(entity, step.kind, state, place)


def _written(entity: Entity, kind: str, state: str, place: Place) -> Iterator[Problem]:
    facts = {"state": state, "entity": entity.name}
    ways = [each for each in entity.transitions.values() if each.to == state]
    if kind == INSERT:
        if state not in entity.begins:
            yield Problem("M465", facts, place)
    elif not ways:
        yield Problem("M466", facts, place)
    elif all(each.runs for each in ways):
        yield Problem("M467", {**facts, "process": ways[0].runs}, place)


def said_in(text: str) -> Iterator[str]:
    """Yield the texts that an expression surely may give: the literals it is, or chooses among."""
    waiting: list[object] = [parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Text):
            yield node.value
        elif isinstance(node, If):
            waiting += [node.yes, node.no]
