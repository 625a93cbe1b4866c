"""This file compiles the transitions of an entity once for a version: by where they lead from and to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from kernel.access.rights import called
from kernel.rules.formula import Formula, formula
from metadata.entity import Entity, Field
from metadata.package import Configuration
from metadata.states import Transition


@dataclass(frozen=True, slots=True)
class Move:
    """A transition, ready to be judged.

    rights: all that are needed, with what people call them, that to the process which it runs among them.
    process: what people call it.  proposes: what the fields that it asks for begin with.  shows: the fields
    told beside them that are worked out each time.
    """

    name: str
    rule: Transition
    when: Formula | None = None
    rights: Mapping[str, str] = attribute(default_factory=dict)
    process: str = ""
    proposes: Mapping[str, Formula] = attribute(default_factory=dict)
    shows: Mapping[str, Formula] = attribute(default_factory=dict)

    def reads(self) -> Iterator[tuple[str, ...]]:
        """Yield the paths that judging it reads of a record."""
        yield from ((name,) for name in self.rule.asks)
        yield from self.when.reads if self.when else ()

    @property
    def sentence(self) -> str:
        """What is said where the condition does not hold."""
        said = self.when.sentence if self.when else ""
        return self.rule.message or f"{self.rule.label}: só quando {said}"


@dataclass(frozen=True, slots=True)
class Moves:
    """The states of the records of an entity: the field, those to begin in, and the way between two."""

    field: Field
    begins: tuple[str, ...]
    ways: Mapping[tuple[str, str], Move] = attribute(default_factory=dict)

    def label(self, state: str | None) -> str:
        """Return what people call a state."""
        option = self.field.choices.get(state or "")
        return option.label if option else state or "vazio"

    def leaving(self, state: str | None) -> Iterator[Move]:
        """Yield the transitions that lead on from a state, in the order of their author."""
        return (move for (start, _), move in self.ways.items() if start == state)

    @property
    def all(self) -> tuple[Move, ...]:
        """Every transition, once."""
        return tuple({move.name: move for move in self.ways.values()}.values())


def moves_of(entity: Entity, configuration: Configuration) -> Moves | None:
    """Return the states of an entity; None where it has none."""
    if entity.states is None:
        return None
    moves = {name: _move(entity, name, rule, configuration) for name, rule in entity.transitions.items()}
    ways = {(start, move.rule.to): move for move in moves.values() for start in move.rule.from_}
    return Moves(entity.fields[entity.states.field], entity.begins, ways)


def _move(entity: Entity, name: str, rule: Transition, configuration: Configuration) -> Move:
    when = formula(rule.when, configuration, entity.name) if rule.when else None
    process = configuration.processes.get(rule.runs)
    needed = filter(None, (rule.needs, process.needs if process else ""))
    rights = {right: called(configuration, right) for right in needed}
    proposes = {each: formula(text, configuration, entity.name) for each, text in rule.proposes.items()}
    fields = (entity.fields[each] for each in rule.shows)
    worked_out = (field.name for field in fields if field.is_ and not field.has_column)
    shows = {each: formula(each, configuration, entity.name) for each in worked_out}
    return Move(name, rule, when, rights, process.label if process else "", proposes, shows)
