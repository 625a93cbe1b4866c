"""Rules of expressions: each can be read, fits what it reads, and gives what its place asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metadata.check.definitions import judge
from metadata.check.scope import Scope
from metadata.entity import CONDITIONS, Entity, Field, Holidays
from metadata.expression import kinds as k
from metadata.expression.faults import Fault
from metadata.expression.infer import NO_NAMES, Inferred, infer
from metadata.expression.kinds import BOOLEAN, Kind
from metadata.expression.nodes import Call, Name, Node
from metadata.expression.parse import parse
from metadata.expression.sets.lower import lower
from metadata.expression.sets.reasons import NotForSets
from metadata.expression.sets.shapes import of_kind
from metadata.package import Document
from metadata.positions import positions
from metadata.problems import Problem
from metadata.rules import Check

_CLOCK = frozenset(("today", "now", "has right"))


def judged(
    scope: Scope, document: Document, path: tuple[Any, ...], text: str, entity: str = "",
    names: Mapping[str, Kind] | None = None, wanted: Kind | None = None, start: int = 0,
    former: Mapping[str, str] = NO_NAMES,
) -> tuple[Inferred | None, list[Problem]]:  # fmt: skip
    """Return what is known of an expression of a document, with its problems.

    start: how far the text begins within the text at `path`.
    """
    where = positions(document, scope.configuration.files, path)
    return judge(scope, parse(text), where, start, entity, names, wanted, former)


def rules_fit(scope: Scope) -> Iterator[Problem]:
    """M3: conditions, computed fields, defaults and checks of entities."""
    for document, entity in scope.entity_documents():
        for field in entity.fields.values():
            yield from _field(scope, document, entity, field)
        if entity.holidays:
            yield from _holidays(scope, document, entity, entity.holidays)
        if entity.fixed:
            path = ("fixed", "when")
            yield from judged(scope, document, path, entity.fixed.when, entity.name, wanted=BOOLEAN)[1]
            for place, name in enumerate(entity.fixed.free):
                at = (place,) if len(entity.fixed.free) > 1 else ()
                yield from scope.unknown_field(entity, name, document.place("fixed", "free", *at))
        for name, check in entity.checks.items():
            yield from _check(scope, document, entity, ("checks", name), check)
        for name, keep in entity.keep.items():
            yield from _check(scope, document, entity, ("keep", name), keep.check)


def _field(scope: Scope, document: Document, entity: Entity, field: Field) -> Iterator[Problem]:
    path = ("fields", field.name)
    if field.once and (
        not field.is_once or entity.fixed or field.name == entity.state_field or not field.has_column
    ):
        yield Problem("M500", {"name": field.name}, document.place(*path, "once"))
    for key in CONDITIONS:
        text = getattr(field, f"{key}_when")
        if text and not (key == "readonly" and (field.is_fixed or field.is_once)):
            yield from judged(scope, document, (*path, key), text, entity.name, wanted=BOOLEAN)[1]
    if field.default_is:
        wanted, start = taken(field), default_begins(field)
        yield from judged(
            scope, document, (*path, "default"), field.default_is, entity.name, wanted=wanted, start=start
        )[1]
    if field.is_ and not field.is_late:  # what states add is made of names that their own rules look at
        found, problems = judged(scope, document, (*path, "is"), field.is_, entity.name, wanted=taken(field))
        yield from problems
        if field.stored and found and not problems:
            yield from _stored(scope, document, entity, field)
    elif field.stored:
        yield Problem("M392", {"name": field.name}, document.place(*path, "stored"))


def _holidays(scope: Scope, document: Document, entity: Entity, holidays: Holidays) -> Iterator[Problem]:
    place = document.place("holidays", "day")
    yield from scope.unknown_field(entity, holidays.day, place)
    field = entity.fields.get(holidays.day)
    if field and (field.type != "date" or not field.has_column):
        yield Problem("M214", {"name": holidays.day, "type": field.type, "use": "holidays"}, place)
    if holidays.when:
        path = ("holidays", "when")
        found, problems = judged(scope, document, path, holidays.when, entity.name, wanted=BOOLEAN)
        yield from problems
        if found and not problems:
            yield from for_sets(scope, document, entity, path, holidays.when)


def default_begins(field: Field) -> int:
    """Return where the expression of a default begins within its text."""
    return len(field.default) - len(field.default.removeprefix("=").lstrip())


def taken(field: Field) -> Kind:
    """Return the kind that a field takes from an expression; a number of any scale, which is rounded."""
    kind = k.of_field(field)
    return k.NUMBER if kind.name == k.NUMBER.name else kind


def _stored(scope: Scope, document: Document, entity: Entity, field: Field) -> Iterator[Problem]:
    """M391 and the reasons why not in SQL: a stored field stays right without anybody touching its record."""
    node = parse(field.is_)
    assert isinstance(node, Node)
    called = {
        part.function.name
        for part in node.walk()
        if isinstance(part, Call) and isinstance(part.function, Name)
    }
    dated = {name for name, definition in scope.definitions.items() if definition.is_dated}
    if called & (dated | _CLOCK):
        yield Problem("M391", {"name": field.name}, document.place("fields", field.name, "is"))
        return
    yield from for_sets(scope, document, entity, ("fields", field.name, "is"), field.is_)


def for_sets(
    scope: Scope, document: Document, entity: Entity, path: tuple[str, ...], text: str,
    names: Mapping[str, Kind] | None = None,
) -> Iterator[Problem]:  # fmt: skip
    """M33: the reasons why a sound expression cannot be asked of many records."""
    node = parse(text)
    assert isinstance(node, Node)
    shapes = {name: shape for name, kind in (names or {}).items() if (shape := of_kind(kind))}
    try:
        lower(node, scope.entities, entity.name, shapes, scope.configuration.defined)
    except NotForSets as refused:
        start = document.source.text_place(path)
        yield from (fault.problem(text, start) for fault in refused.faults)


def _check(
    scope: Scope, document: Document, entity: Entity, path: tuple[str, ...], check: Check
) -> Iterator[Problem]:
    yield from judged(scope, document, (*path, "when"), check.when, entity.name, wanted=BOOLEAN)[1]
    message = (*path, "message")
    where = positions(document, scope.configuration.files, message)
    behind = 0
    for index, piece in enumerate(check.message_pieces):
        start = behind + (1 if index % 2 else 0)
        behind += len(piece) + (2 if index % 2 else 0)
        if index % 2 == 0 and ("{" in piece or "}" in piece):
            yield Problem("M394", {}, where.place(start))
        if index % 2:
            yield from judged(scope, document, message, piece, entity.name, start=start)[1]
    speaks_of = entity
    if check.row:
        found, problems = judged(scope, document, (*path, "row"), check.row, entity.name)
        yield from problems or _no_row(document, entity, path, check, found)
        speaks_of = scope.entities.get(found.kind.entity if found else "") or entity
    for index, at in enumerate(check.at):
        yield from scope.unknown_field(speaks_of, at, document.place(*path, "at", index))


def _no_row(
    document: Document, entity: Entity, path: tuple[str, ...], check: Check, found: Inferred | None
) -> Iterator[Problem]:
    """Yield that an expression gives no row below the record."""
    if found and not any(field.of == found.kind.entity for field in entity.children):
        facts = {"wanted": f"uma linha abaixo de {entity.name}", "found": str(found.kind)}
        place = document.source.text_place((*path, "row"))
        yield Fault("M325", (0, len(check.row)), facts).problem(check.row, place)


def computed_end(scope: Scope) -> Iterator[Problem]:
    """M390: no computed field comes back to itself, on whatever way through links and rows."""
    reads = {
        (entity.name, field.name): _reached(scope, entity, field)
        for entity in scope.entities.values()
        for field in entity.fields.values()
        if field.is_
    }
    for document, entity in scope.entity_documents():
        for field in entity.fields.values():
            if field.is_ and (way := _way_back((entity.name, field.name), reads)):
                shown = " → ".join(f"{name}.{part}" if name != entity.name else part for name, part in way)
                yield Problem("M390", {"way": shown}, document.place("fields", field.name, "is"))


Part = tuple[str, str]


def _reached(scope: Scope, entity: Entity, field: Field) -> frozenset[Part]:
    """Return the fields, with their entities, that a computed field reads."""
    node = parse(field.is_)
    if isinstance(node, Fault):
        return frozenset()
    found: set[Part] = set()
    for path in infer(node, scope.entities, entity.name, None, scope.definitions).reads:
        current: Entity | None = entity
        for step in path:
            if current is None or step not in current.fields:
                break
            found.add((current.name, step))
            part = current.fields[step]
            current = scope.entities.get(part.to or (part.of if isinstance(part.of, str) else ""))
    return frozenset(found)


def _way_back(start: Part, reads: Mapping[Part, frozenset[Part]]) -> tuple[Part, ...]:
    """Return the shortest way from a computed field back to itself."""
    ways: list[tuple[Part, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        for read in sorted(reads.get(way[-1], ())):
            if read == start:
                return (*way, read)
            if read in reads and read not in seen:
                seen.add(read)
                ways.append((*way, read))
    return ()
