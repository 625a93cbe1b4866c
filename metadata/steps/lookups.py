"""This file says what a step sees of the records that it looks up, and what is wrong with a lookup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Bound, Constant, Term
from metadata.process import Lookup, pieces
from metadata.steps.judge import Judge
from metadata.steps.seen import Path, Seen

FIRST = ("first", "maybe")  # what an order goes with


def looked_up(
    judge: Judge, entities: Mapping[str, Entity], path: Path, name: str, lookup: Lookup, seen: Seen,
    steps: Mapping[str, str],
) -> Seen | None:  # fmt: skip
    """Return what is seen behind a lookup in an entity, or among the rows of an earlier step.

    steps: the entity of the rows of each.  None where something is wrong with it.
    """
    target = entities.get(steps.get(lookup.in_, lookup.in_))
    if target is None or "." in lookup.in_:
        judge.tell("M204", (*path, "in"), {"name": lookup.in_, "known": [*entities, *steps]})
        return None
    found = seen.and_value(name, k.record(target.name), Shape(k.RECORD, entity=target.name))
    faults = list(_faults(target, path, lookup))
    for code, where, facts in faults:
        judge.tell(code, where, facts)
    is_sound = not faults
    is_sound &= _where(judge, entities, (*path, "where"), name, lookup, found, target)
    if lookup.at:
        is_sound &= judge.judged(entities, (*path, "at"), lookup.at, seen, k.DATE) is not None
    for key in ("otherwise", "several"):
        is_sound &= message(judge, entities, (*path, key), getattr(lookup, key), seen)
    if not is_sound:
        return None
    return seen if lookup.expect == "none" else found


def _where(
    judge: Judge, entities: Mapping[str, Entity], path: Path, name: str, lookup: Lookup, found: Seen,
    target: Entity,
) -> bool:  # fmt: skip
    """Judge the condition, which may not go beyond the fields of the record that is looked for."""
    inner = replace(found, beside=name)
    if lookup.in_ not in found.kinds:
        term = Bound(Shape(k.RECORD, entity=target.name), name)
        inner = inner.and_term(lookup.in_, k.record(target.name), term)
    value = judge.judged(entities, path, lookup.where, inner, k.BOOLEAN)
    far = [read for read in value.reads if len(read) > 1 and read[0] in target.fields] if value else []
    for read in far:
        judge.tell("M413", path, {"name": ".".join(read), "entity": target.name})
    same = [part for part in value.term.walk() if _says_nothing(part)] if value else []
    for part in same:
        judge.tell("M416", path, {"name": getattr(part, "name", lookup.where)})
    is_blind = value is not None and not same and _is_blind(value.term, name)
    if is_blind:
        judge.tell("M477", path, {"name": name, "entity": target.name})
    return value is not None and not far and not same and not is_blind


def _is_blind(term: Term, name: str) -> bool:
    """Tell whether a condition compares things, and nothing of them is of the record looked for."""
    parts = list(term.walk())
    reads_it = any(isinstance(part, Bound) and part.name == name for part in parts)
    return not reads_it and any(isinstance(part, Apply) for part in parts)


def _says_nothing(term: Term) -> bool:
    """Tell whether a comparison has the same on both sides: a field of the record looked for, most likely."""
    if not isinstance(term, Apply) or term.operation != "=":
        return False
    left, right = term.arguments
    return left == right and not isinstance(left, Constant)  # what a function is given may be written


def _faults(target: Entity, path: Path, lookup: Lookup) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    if lookup.at and not target.valid:
        yield "M412", (*path, "at"), {"entity": target.name}
    for each in lookup.order:
        if each.removesuffix(" desc") not in target.fields:
            yield "M402", (*path, "order"), {"name": each, "known": list(target.fields)}
    if (lookup.order and lookup.expect not in FIRST) or (lookup.expect == "first" and not lookup.order):
        yield "M415", (*path, "expect"), {}


def message(judge: Judge, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen) -> bool:
    """Judge the expressions of a message; tell whether all are sound."""
    start, is_sound = 0, True
    for place, piece in enumerate(pieces(text)):
        if place % 2:
            is_sound &= judge.judged(entities, path, piece, seen, None, start) is not None
        start += len(piece) + 1  # and a brace
    return is_sound
