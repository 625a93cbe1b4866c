"""Rules of roles: they grant what exists, and their conditions can be asked of many records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from metadata.check.expressions import for_sets, judged
from metadata.check.scope import Scope
from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.package import Document
from metadata.problems import Place, Problem, near
from metadata.role import EntityGrant, FieldGrant, Role

USER = "user"


def roles_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M251 to M253, M3: what roles grant and deny exists, and conditions on rows fit."""
    for document in scope.documents("roles"):
        role = cast("Role", document.model)
        for name in role.packages:
            if name not in scope.configuration.packages:
                facts = {"name": name, "near": near(name, scope.configuration.packages)}
                yield Problem("M251", facts, document.place("packages", name, key=True))
        for path, part in ((), role), (("deny",), role.deny):
            yield from _entities(scope, document, path, part.entities)
            yield from _fields(scope, document, path, part.fields)
            yield from _menus(scope, document, path, part.menus)


def _entities(
    scope: Scope, document: Document, path: tuple[str, ...], grants: Mapping[str, EntityGrant]
) -> Iterator[Problem]:
    for name, grant in grants.items():
        here = (*path, "entities", name)
        yield from scope.missing(document, "entities", name, document.place(*here, key=True), "M204")
        if grant.rows and name in scope.entities:
            yield from _rows(scope, document, (*here, "rows"), name, grant.rows)


def _rows(
    scope: Scope, document: Document, path: tuple[str, ...], entity: str, text: str
) -> Iterator[Problem]:
    operators = scope.configuration.operators
    names = {USER: k.record(operators.name)} if operators else {}
    found, problems = judged(scope, document, path, text, entity, names, wanted=k.BOOLEAN)
    yield from problems
    if found and not problems:
        yield from for_sets(scope, document, scope.entities[entity], path, text, names)


def _fields(
    scope: Scope, document: Document, path: tuple[str, ...], grants: Mapping[str, FieldGrant]
) -> Iterator[Problem]:
    for name in grants:
        place = document.place(*path, "fields", name, key=True)
        entity, _, field = name.partition(".")
        if not field:
            yield Problem("M252", {"name": name}, place)
            continue
        yield from scope.missing(document, "entities", entity, place, "M204")
        if entity in scope.entities:
            yield from scope.unknown_field(scope.entities[entity], field, place)


def _menus(
    scope: Scope, document: Document, path: tuple[str, ...], menus: tuple[str, ...]
) -> Iterator[Problem]:
    known = set(menu_paths(scope.configuration.menus))
    for index, name in enumerate(menus):
        if name not in known:
            facts = {"name": name, "near": near(name, known)}
            yield Problem("M253", facts, document.place(*path, "menus", index))


def menu_paths(menus: Mapping[str, Any]) -> Iterator[str]:
    """Yield every part of the tree of menus: `menu`, `menu/group`, `menu/group/entry`."""
    for menu in menus.values():
        root = menu.into or menu.name
        yield root
        for group, entries in menu.items.items():
            above = f"{root}/{group}" if group else root
            yield above
            yield from (f"{above}/{entry}" for entry in entries)


def operators_known(scope: Scope) -> Iterator[Problem]:
    """M205, M214, M254, M255: one entity has the operators; records are kept apart by what they link to."""
    known = scope.configuration.operators
    for document, entity in scope.entity_documents():
        if entity.operators:
            place = document.place("operators")
            yield from scope.unknown_field(entity, entity.operators.login, place)
            if known is not None and known.name != entity.name:
                yield Problem("M254", {"name": entity.name, "other": known.name}, place)
        for index, name in enumerate(entity.apart):
            yield from _apart(scope, document, entity, known, (index, name))


def _apart(
    scope: Scope, document: Document, entity: Entity, operators: Entity | None, part: tuple[int, str]
) -> Iterator[Problem]:
    place = document.place("apart", part[0])
    if part[1] == "id":
        yield from _mine(entity, operators, entity.name, place)
        return
    yield from scope.unknown_field(entity, part[1], place)
    field = entity.fields.get(part[1])
    if field is None:
        return
    if field.type != "link":
        yield Problem("M214", {"name": part[1], "type": field.type, "use": "apart"}, place)
    else:
        yield from _mine(entity, operators, field.to, place)


def _mine(entity: Entity, operators: Entity | None, target: str, place: Place) -> Iterator[Problem]:
    if operators is None or apart_by(operators, target) is None:
        facts = {"to": target, "name": entity.name, "operators": operators.name if operators else "operators"}
        yield Problem("M255", facts, place)


def apart_by(operators: Entity, target: str) -> str | None:
    """Return the field of operators that says which records of an entity are theirs."""
    found = (
        name for name, field in operators.fields.items() if field.type == "many links" and field.to == target
    )
    return next(found, None)
