"""This file explains the states of an entity: a drawing of them, and each transition in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from kernel.access.kept_back import kept_back
from kernel.context import Context
from kernel.rules.transitions import Move, Moves
from kernel.runtime import Runtime
from metadata.entity import Entity
from renderer import state_diagram


@dataclass(frozen=True, slots=True)
class StateHelp:
    """What the help of an entity says of its states; steps: label and sentence of each transition, in order.

    begins, ends, deadlines: in words.
    """

    drawing: Markup
    steps: tuple[tuple[str, str], ...]
    begins: str
    ends: str
    deadlines: tuple[str, ...]


def of_entity(runtime: Runtime, context: Context, entity: Entity) -> StateHelp | None:
    """Return the states of an entity, with the transitions that the operator has the right to."""
    rules = runtime.rules.sets[entity.name]
    if entity.states is None or rules.moves is None:
        return None
    moves = kept_back(runtime, context, rules).moves or rules.moves
    shown = [move for move in moves.all if move.name in entity.transitions]
    numbers = {move.name: number for number, move in enumerate(shown, 1)}
    labels = {state: option.label for state, option in moves.field.choices.items()}
    found = state_diagram.layers(list(labels), moves.begins[0], moves.ways, entity.states.final)
    ways = [(*way, numbers[move.name]) for way, move in moves.ways.items() if move.name in numbers]
    states = entity.states
    drawing = state_diagram.drawn(
        f"Situações de {entity.label.many}; os números são os da lista", labels, found, ways, states.final
    )
    said = {
        state: entity.fields[name].label for state, name in states.deadline.items() if name in entity.fields
    }
    return StateHelp(
        drawing,
        tuple((move.rule.label, " ".join(_said(runtime, entity, moves, move))) for move in shown),
        _listed(moves, moves.begins),
        _listed(moves, states.final),
        tuple(f"{moves.label(state)}: até {label}" for state, label in said.items()),
    )


def _listed(moves: Moves, states: tuple[str, ...]) -> str:
    return " ou ".join(map(moves.label, states))


def _said(runtime: Runtime, entity: Entity, moves: Moves, move: Move) -> Iterator[str]:
    """Yield what a transition is, in short sentences."""
    rule = move.rule
    starts = " ou ".join(map(moves.label, rule.from_))
    yield f"De {starts} para {moves.label(rule.to)}."
    if rule.help:
        yield rule.help
    if move.when is not None:
        yield f"Só quando {move.when.sentence}."
    if rule.asks:
        yield f"Pede {', '.join(entity.fields[name].label for name in rule.asks)}."
    if not rule.by_hand:
        yield "Só um processo faz."
    if rule.needs:
        yield f"Precisa do direito {runtime.configuration.right(rule.needs)}."
    if move.process:
        yield f"Também começa {move.process}."
