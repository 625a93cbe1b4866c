"""This file knows the messages by which rows are left out: their text, and the field of each value in them.

Values are kept as they are; how they are said, and who may read them, is for whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kernel.processes.plan import Plan
from kernel.processes.relation import NAMELESS, SEVERAL, several_of
from kernel.processes.traced import Traced, before
from metadata.entity import Field
from metadata.expression import nodes as n
from metadata.problems import Refused
from metadata.process import RELATION, pieces
from metadata.row_fields import field_of, named, repeated
from metadata.steps.seen import Seen
from metadata.steps.walk import Made


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a message: as which field it is said, and the fields of records that it is made of."""

    field: Field | None
    made_of: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """Why rows are left out: literal texts, and between each two of them a value."""

    texts: tuple[str, ...]
    values: tuple[Value, ...]

    @property
    def short(self) -> str:
        """The message without its values."""
        return "…".join(self.texts).replace("….", "…")


Key = tuple[str, str]  # step and reason; no step where no run may begin


def messages(plan: Plan) -> Mapping[Key, Message]:
    """Return the messages of a process by step and name of the refusal or lookup, read once for a plan."""
    found: Mapping[Key, Message] | None = plan.runtime.views.get("messages")
    if found is None:
        found = plan.runtime.views["messages"] = _Reading(plan).all()
    return found


def unit_made_of(plan: Plan) -> frozenset[tuple[str, str]]:
    """Return the fields of records that say to what a row belongs."""
    found: frozenset[tuple[str, str]] | None = plan.runtime.views.get("unit made of")
    if found is None:
        first = next(iter(plan.made.values()))
        columns = Traced(plan).columns
        found = plan.runtime.views["unit made of"] = columns.get(
            (first.entity, plan.process.together), frozenset()
        )
    return found


class _Reading:
    """Reads the messages of one process; lives only while it runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.traced = Traced(plan)

    def all(self) -> dict[Key, Message]:
        """Return them all."""
        found: dict[Key, Message] = {}
        for made in self.plan.made.values():
            if made.step.kind != RELATION:
                continue
            for name, lookup in made.step.lookup.items():
                seen = before(made, made.seen)
                found[made.name, name] = self._message(lookup.otherwise, made, seen)
                if lookup.expect in ("one", "maybe"):
                    several = self._message(lookup.several or SEVERAL, made, seen)
                    found[made.name, several_of(name)] = several
            for name, refusal in made.step.refuse.items():
                found[made.name, name] = self._message(refusal.message, made, made.outer)
        first = next(iter(self.plan.made.values()))
        for name, refusal in self.plan.process.refuse.items():
            found["", name] = self._message(refusal.message, first, self.plan.steps.answers)
        return found

    def _message(self, text: str, made: Made, seen: Seen) -> Message:
        parts = pieces(text)
        return Message(parts[::2], tuple(self._value(piece, made, seen) for piece in parts[1::2]))

    def _value(self, text: str, made: Made, seen: Seen) -> Value:
        entities = self.plan.steps.entities
        judged = self.plan.steps.judge.judged(entities, ("steps", made.name), text, seen, None)
        if judged is None:
            return Value(None)
        shown = self._named(judged.node, made) or self._of_answer(judged.node)
        shown = shown or repeated(judged.node, entities, seen.entity)
        field = field_of(judged.kind, judged.shape, NAMELESS, shown)
        made_of = self.traced.fields(made, seen, text)
        return Value(None if isinstance(field, str) else named("valor", field), made_of)

    def _of_answer(self, node: n.Node) -> Field | None:
        """Return the field, of the record chosen for a question, that a value only repeats."""
        steps: list[str] = []
        while isinstance(node, n.Path):
            steps.insert(0, node.name)
            node = node.base
        question = self.plan.process.ask.get(node.name) if isinstance(node, n.Name) else None
        if question is None or not steps:
            return None
        path: n.Node = n.Name(steps[0])
        for step in steps[1:]:
            path = n.Path(path, step)
        return repeated(path, self.plan.steps.entities, question.to)

    def _named(self, node: n.Node, made: Made) -> Field | None:
        """Return the question or the column of the step that a value only repeats."""
        if not isinstance(node, n.Name):
            return None
        own = self.plan.steps.entities[made.entity].fields
        return self.plan.process.ask.get(node.name) or own.get(node.name)


def value_of(fact: Any, field: Field) -> Any:
    """Return a value of a message as one of its field; None where it is none."""
    if fact is None:
        return None
    if field.type == "link":
        return fact if isinstance(fact, int) else None
    if field.kind.is_number and isinstance(fact, int | float | Decimal):
        number = Decimal(str(fact))
        return number if field.kind.storage == "numeric" else int(number)
    if field.type in ("date", "month"):
        return _day(fact)
    found = field.kind.from_json(fact, field)
    return None if isinstance(found, Refused) else found


def _day(fact: Any) -> date | None:
    try:
        return date.fromisoformat(str(fact)[:10])
    except ValueError:
        return None
