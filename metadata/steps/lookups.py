"""This file says what a step sees of the records that it looks up, and what is wrong with a lookup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Apply, Bound, Term
from metadata.process import Lookup, pieces
from metadata.steps.judge import Judge
from metadata.steps.seen import Path, Seen


def looked_up(
    judge: Judge, entities: Mapping[str, Entity], path: Path, name: str, lookup: Lookup, seen: Seen
) -> Seen | None:
    """Return what is seen behind a lookup in an entity; None where something is wrong with it."""
    target = entities.get(lookup.in_)
    if target is None or "." in lookup.in_:
        judge.tell("M204", (*path, "in"), {"name": lookup.in_, "known": list(entities)})
        return None
    found = seen.and_value(name, k.record(target.name), Shape(k.RECORD, entity=target.name))
    faults = list(_faults(target, path, lookup))
    for code, where, facts in faults:
        judge.tell(code, where, facts)
    is_sound = not faults
    is_sound &= _where(judge, entities, (*path, "where"), name, lookup, found)
    if lookup.at:
        is_sound &= judge.judged(entities, (*path, "at"), lookup.at, seen, k.DATE) is not None
    for key in ("otherwise", "several"):
        is_sound &= message(judge, entities, (*path, key), getattr(lookup, key), seen)
    if not is_sound:
        return None
    return seen if lookup.expect == "none" else found


def _where(
    judge: Judge, entities: Mapping[str, Entity], path: Path, name: str, lookup: Lookup, found: Seen
) -> bool:
    """Judge the condition, which may not go beyond the fields of the record that is looked for."""
    target = entities[lookup.in_]
    inner = replace(found, beside=name)
    if target.name not in found.kinds:
        term = Bound(Shape(k.RECORD, entity=target.name), name)
        inner = inner.and_term(target.name, k.record(target.name), term)
    value = judge.judged(entities, path, lookup.where, inner, k.BOOLEAN)
    far = [read for read in value.reads if len(read) > 1 and read[0] in target.fields] if value else []
    for read in far:
        judge.tell("M413", path, {"name": ".".join(read), "entity": target.name})
    same = [part for part in value.term.walk() if _says_nothing(part)] if value else []
    for part in same:
        judge.tell("M416", path, {"name": getattr(part, "name", lookup.where)})
    return value is not None and not far and not same


def _says_nothing(term: Term) -> bool:
    """Tell whether a comparison has the same on both sides: a field of the record looked for, most likely."""
    return isinstance(term, Apply) and term.operation == "=" and term.arguments[0] == term.arguments[1]


def _faults(target: Entity, path: Path, lookup: Lookup) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    if lookup.at and not target.valid:
        yield "M412", (*path, "at"), {"entity": target.name}
    for each in lookup.order:
        if each.removesuffix(" desc") not in target.fields:
            yield "M402", (*path, "order"), {"name": each, "known": list(target.fields)}
    if (lookup.expect == "first") != bool(lookup.order):
        yield "M415", (*path, "expect"), {}


def message(judge: Judge, entities: Mapping[str, Entity], path: Path, text: str, seen: Seen) -> bool:
    """Judge the expressions of a message; tell whether all are sound."""
    start, is_sound = 0, True
    for place, piece in enumerate(pieces(text)):
        if place % 2:
            is_sound &= judge.judged(entities, path, piece, seen, None, start) is not None
        start += len(piece) + 1  # and a brace
    return is_sound
