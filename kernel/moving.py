"""This file makes transitions of one record: it says which there are now and why not, and makes one, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from kernel.access.kept_back import kept_back, tells
from kernel.access.seen import seen_by
from kernel.access.unseen import NONE, unseen
from kernel.audit.refusals import of_save
from kernel.context import Context
from kernel.rules.begun import begun
from kernel.rules.exchange import taken
from kernel.rules.formula import Formula
from kernel.rules.moves import Mover, ways_said
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.rules.transitions import Move, Moves
from kernel.runtime import Runtime
from kernel.storage.answered import Answer, Once, claim, keep
from kernel.storage.record import Conflict, Edit, Refusal, Saved
from kernel.storage.save import save_apart
from metadata.problems import Problem, Refused
from metadata.states import Transition

MADE = "made"
"""Where an answer that is kept says which record was changed, as those of actions do."""


@dataclass(frozen=True, slots=True)
class Open:
    """A transition that leads on from the state of a record, for who has the right to it.

    to: the label of the state that it leads to.  process: what people call what it runs.  lacks: why it
    cannot be made now.
    """

    name: str
    rule: Transition
    to: str
    process: str
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done: the transition of which record, with what they filled in.

    version: the one they saw; None takes whatever is there.  confirmed: as of an Edit.
    """

    entity: str
    id: int
    transition: str
    version: int | None
    values: Mapping[str, Any]
    confirmed: frozenset[str] | None = None


def open_moves(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, state: str | None
) -> tuple[Open, ...]:
    """Return the transitions that lead on from the state of a record, as the operator is told of them."""
    seen = seen_by(runtime, context.access.profile)
    known = seen.entities[entity].entity
    whole = runtime.whole.entities[entity]
    if whole.rules.moves is None or state is None or not known.allows("change"):
        return ()
    needs = [path for move in whole.rules.moves.leaving(state) for path in move.reads()]
    run = begun(connection, runtime, context)
    reach = Reach(connection, runtime.whole, run)
    wanted = runtime.whole.rules.in_full(tree([("version",), *needs]), entity, own=True)
    record = reach.records(entity, [id], wanted, own=True).get(id)
    if record is None:
        return ()
    away = next(iter(unseen(connection, runtime, context, [record]).values()), NONE)
    moves = kept_back(runtime, context, whole.rules, away).moves or whole.rules.moves
    return tuple(
        Open(
            move.name, move.rule, moves.label(move.rule.to), move.process,
            "" if move.when is None or move.when.holds(run, record) else move.sentence,
        )
        for move in moves.leaving(state)
        if move.name in known.made_by_hand
    )  # fmt: skip


def proposed(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, name: str
) -> dict[str, Any]:
    """Return what the empty fields that a transition asks for begin with, as far as it may be told."""
    move = _move(runtime, entity, name)
    return _worked_out(
        connection, runtime, context, entity, id, move.proposes if move else {}, only_empty=True
    )


def shown(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int, name: str
) -> dict[str, Any]:
    """Return the fields told beside what a transition asks for that are worked out, as far as they may be."""
    move = _move(runtime, entity, name)
    return _worked_out(connection, runtime, context, entity, id, move.shows if move else {})


def _move(runtime: Runtime, entity: str, name: str) -> Move | None:
    moves = runtime.whole.entities[entity].rules.moves
    return next((each for each in moves.all if each.name == name), None) if moves else None


def _worked_out(
    connection: Connection, runtime: Runtime, context: Context, entity: str, id: int,
    formulas: Mapping[str, Formula], *, only_empty: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return what formulas over a record come to, each as a value of its field."""
    if not formulas:
        return {}
    fields = runtime.whole.entities[entity].fields
    run = begun(connection, runtime, context)
    reads = [path for said in formulas.values() for path in said.reads]
    own = [(each,) for each in formulas] if only_empty else []
    wanted = runtime.whole.rules.in_full(tree([("version",), *own, *reads]), entity, own=True)
    record = Reach(connection, runtime.whole, run).records(entity, [id], wanted, own=True).get(id)
    if record is None:
        return {}
    away = next(iter(unseen(connection, runtime, context, [record]).values()), NONE)
    values = {
        each: taken(said.of(run, record), fields[each])
        for each, said in formulas.items()
        if tells(runtime, context, entity, said, away) and not (only_empty and record.get(each) is not None)
    }
    return {each: value for each, value in values.items() if not isinstance(value, Refused)}


def make(
    engine: Engine, runtime: Runtime, context: Context, asked: Asked, once: Once | None = None
) -> Saved | Refusal | Conflict | Answer:
    """Make a transition in one transaction.

    once: the request; one with its key that was done already is not done again, its answer is returned.
    """
    with engine.connect() as connection:
        earlier = claim(connection, context.operator, once, context.now) if once else None
        if earlier is not None:
            return earlier
        outcome = _made(connection, runtime, context, asked)
        if isinstance(outcome, Saved):
            if once:
                told = {"entity": asked.entity, "id": asked.id, "text": "", "version": outcome.version}
                keep(connection, context.operator, once, {MADE: [told]})
            connection.commit()
        else:
            connection.rollback()
    if isinstance(outcome, Refusal):
        of_save(engine, context, asked.entity, asked.id, outcome.problems)
    return outcome


def _made(
    connection: Connection, runtime: Runtime, context: Context, asked: Asked
) -> Saved | Refusal | Conflict:
    compiled = runtime.whole.entities[asked.entity]
    moves = compiled.rules.moves
    assert moves is not None
    move = next(each for each in moves.all if each.name == asked.transition)
    table = compiled.table
    states = select(table.c[moves.field.name]).where(table.c.id == asked.id).with_for_update()
    found = connection.execute(states).first()
    # Saving would refuse a state that nothing leads on from; but another transition may lead to the same one.
    if found is not None and found[0] not in move.rule.from_:
        return _elsewhere(context, moves, move.rule, found[0])
    values = {**asked.values, moves.field.name: move.rule.to}
    edit = Edit(asked.entity, asked.id, asked.version, values, confirmed=asked.confirmed)
    return save_apart(connection, runtime, context, edit)


def _elsewhere(context: Context, moves: Moves, rule: Transition, state: str | None) -> Refusal:
    ways = ways_said(moves, Mover(context.has_right), state or "")
    facts = {"transition": rule.label, "from": moves.label(state), "ways": ways}
    return Refusal((Problem("R149", facts, field=moves.field.name),))
