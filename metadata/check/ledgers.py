"""Rules of ledgers: each key names a field that can do what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.ledger import Ledger
from metadata.package import Document
from metadata.problems import Problem
from metadata.steps.posted import line_of

USE = "ledger"
# Of which type a field has to be, and whether it must always be filled, by key.
_OF_ENTRY = {"day": ("date", True), "lines": ("children", False)}
_OF_LINE = {"account": ("link", True), "debit": ("money", False), "credit": ("money", False)}
_OF_PERIOD = {"from_": ("date", False), "to": ("date", False), "when": ("yes/no", False)}


def ledgers_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M214, M420 to M423: a ledger stands on fields that bookkeeping can rely on."""
    owners: dict[str, str] = {}
    for document, entity in scope.entity_documents():
        yield from problems_of(scope, document, entity)
        line = line_of(entity, scope.entities)
        if line is not None and owners.setdefault(line.name, entity.name) != entity.name:
            facts = {"entity": line.name, "other": owners[line.name]}
            yield Problem("M421", facts, document.place("ledger", "lines"))


def problems_of(scope: Scope, document: Document, entity: Entity) -> Iterator[Problem]:
    """Yield what is wrong with the ledger of an entity, where it is one."""
    ledger = entity.ledger
    if ledger is None:
        return
    yield from _fields(scope, document, entity, ledger, ("ledger",), _OF_ENTRY)
    if line := line_of(entity, scope.entities):
        yield from _fields(scope, document, line, ledger, ("ledger",), _OF_LINE)
    if ledger.debit == ledger.credit:
        yield Problem("M422", {"name": ledger.debit}, document.place("ledger", "credit"))
    yield from _periods(scope, document, ledger)


def _periods(scope: Scope, document: Document, ledger: Ledger) -> Iterator[Problem]:
    closed = ledger.closed
    if closed is None:
        return
    place = document.place("ledger", "closed", "in")
    yield from scope.missing(document, "entities", closed.in_, place, "M204")
    if periods := scope.entities.get(closed.in_):
        yield from _fields(scope, document, periods, closed, ("ledger", "closed"), _OF_PERIOD)


def _fields(
    scope: Scope, document: Document, entity: Entity, said: object, path: tuple[str, ...],
    wanted: dict[str, tuple[str, bool]],
) -> Iterator[Problem]:  # fmt: skip
    for key, (kind, always) in wanted.items():
        name = getattr(said, key)
        if not name:
            continue
        place = document.place(*path, key.rstrip("_"))
        yield from scope.unknown_field(entity, name, place)
        field = entity.fields.get(name)
        if field is None:
            continue
        if field.type != kind:
            yield Problem("M214", {"name": name, "type": field.type, "use": USE}, place)
        elif field.is_:
            yield Problem("M423", {"name": name}, place)
        elif always and not field.required:
            yield Problem("M420", {"name": name}, place)
