"""This file judges changes of state: whether a transition leads there, and may be made now.

It is the one gate. Saves show it each record as it will be; imports and processes, which write sets, show
the ids of what they wrote and what the states were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, any_, select

from kernel.context import Context
from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.begun import begun
from kernel.rules.needs import tree
from kernel.rules.reach import Reach
from kernel.rules.transitions import Move, Moves
from kernel.rules.verdict import EMPTY
from kernel.rules.ways import IDS
from kernel.runtime import Runtime
from metadata.entity import Entity
from metadata.problems import Problem

Pair = tuple[str | None, str | None]
LACKS = "R158"
"""Said of a field that a transition asks for and that is empty."""


@dataclass(frozen=True, slots=True)
class Mover:
    """Who changes states: what they have a right to, whether many records at once, whether as a process."""

    has_right: Callable[[str], bool]
    is_many: bool = False
    is_process: bool = False

    def may(self, move: Move) -> bool:
        """Tell whether a transition is open to them."""
        return (move.rule.by_hand or self.is_process) and all(map(self.has_right, move.rights))


PROCESS = Mover(lambda right: True, is_many=True, is_process=True)
"""A run has the rights of its process."""


def against(
    moves: Moves, mover: Mover, run: Run, record: Record, before: str | None, after: str | None,
    entity: Entity, prefix: str = "",
) -> Iterator[Problem]:  # fmt: skip
    """Yield why a record may not go from one state to another; before: None for a new one.

    A record that had no state, because the states are younger than it, begins. That the state is not empty
    is for the field to say.
    """
    if after is None or after == before:
        return
    at = prefix + moves.field.name
    if before is None:
        if after not in moves.begins:
            begins = " ou ".join(map(moves.label, moves.begins))
            facts = {"label": moves.field.label, "to": moves.label(after), "begins": begins}
            yield Problem("R154", facts, field=at)
        return
    move = moves.ways.get((before, after))
    if move is None:
        facts = {"label": moves.field.label, "from": moves.label(before), "to": moves.label(after)}
        yield Problem("R155", {**facts, "ways": ways_said(moves, mover, before)}, field=at)
        return
    if closed := _closed(moves, mover, move, before):
        yield replace(closed, field=at)
        return
    if move.rule.runs and mover.is_many:
        yield Problem("R159", {"transition": move.rule.label, "process": move.process}, field=at)
    if move.when is not None and not move.when.holds(run, record):
        yield Problem("R157", {"message": move.sentence}, field=at)
    for name in move.rule.asks:
        if record.get(name) in EMPTY:
            facts = {"label": entity.fields[name].label, "transition": move.rule.label}
            yield Problem(LACKS, facts, field=prefix + name)


def _closed(moves: Moves, mover: Mover, move: Move, before: str) -> Problem | None:
    """Return why a transition is not open to somebody, whatever the record is like."""
    if lacks := next((right for right in move.rights if not mover.has_right(right)), ""):
        return Problem("R156", {"transition": move.rule.label, "right": move.rights[lacks]})
    if not mover.may(move):
        return Problem("R177", {"transition": move.rule.label, "ways": ways_said(moves, mover, before)})
    return None


def ways_said(moves: Moves, mover: Mover, state: str) -> str:
    """Say which ways lead on from a state, of those that one has the right to."""
    open_ = [move for move in moves.leaving(state) if mover.may(move)]
    if not open_:
        return f"de {moves.label(state)} não há para onde ir"
    said = ", ".join(f"{move.rule.label} ({moves.label(move.rule.to)})" for move in open_)
    return f"de {moves.label(state)} se pode: {said}"


def against_many(
    connection: Connection, runtime: Runtime, context: Context, entity: str, mover: Mover,
    moved: Mapping[int, Pair],
) -> Iterator[tuple[int, Problem]]:  # fmt: skip
    """Yield why records, as they are stored, may not have gone from one state to another.

    moved: by id, the states; none before for a new record.  Records are loaded only for transitions with a
    condition, or which ask for something.
    """
    runtime = runtime.whole
    compiled = runtime.entities[entity]
    moves = compiled.rules.moves
    if moves is None or not moved:
        return
    alike: dict[Pair, list[int]] = {}
    for id, (before, after) in moved.items():
        if after != before:
            alike.setdefault((before, after), []).append(id)
    run = begun(connection, runtime, context)
    for (start, end), ids in alike.items():
        records = _records(connection, runtime, run, entity, ids, moves.ways.get((start or "", end or "")))
        for id in ids:
            record = records.get(id) or Record(entity, id)
            for problem in against(moves, mover, run, record, start, end, compiled.entity):
                yield id, problem


def _records(
    connection: Connection, runtime: Runtime, run: Run, entity: str, ids: list[int], move: Move | None
) -> Mapping[int, Record]:
    read = tuple(move.reads()) if move else ()
    if not read:
        return {}
    needs = runtime.rules.in_full(tree(read), entity, own=True)
    return Reach(connection, runtime, run).records(entity, ids, needs, own=True)


def states_of(
    connection: Connection, runtime: Runtime, entity: str, ids: Collection[int]
) -> dict[int, str | None]:
    """Return the states that records are in now."""
    compiled = runtime.whole.entities[entity]
    moves = compiled.rules.moves
    if moves is None or not ids:
        return {}
    asked = select(compiled.table.c.id, compiled.table.c[moves.field.name])
    found = connection.execute(asked.where(compiled.table.c.id == any_(IDS)), {"ids": list(ids)})
    return {row[0]: row[1] for row in found}


def begun_elsewhere(
    connection: Connection, runtime: Runtime, entity: str, ids: Collection[int]
) -> dict[int, Pair]:
    """Return those of some new records that are in none of the states to begin in, with these."""
    compiled = runtime.whole.entities[entity]
    moves = compiled.rules.moves
    if moves is None or not ids:
        return {}
    state = compiled.table.c[moves.field.name]
    asked = select(compiled.table.c.id, state)
    asked = asked.where(compiled.table.c.id == any_(IDS), state.not_in(moves.begins))
    return {id: (None, found) for id, found in connection.execute(asked, {"ids": list(ids)})}
