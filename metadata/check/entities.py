"""Rules of entities: links lead somewhere, named fields exist and can serve where they are named."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from metadata.check.definitions import value_fits
from metadata.check.scope import Scope
from metadata.entity import SYSTEM_FIELDS, Entity, Field
from metadata.package import Document
from metadata.problems import Place, Problem

if TYPE_CHECKING:
    from metadata.role import Role


def names_free(scope: Scope) -> Iterator[Problem]:
    """M215: no field takes the name of a column that every table has."""
    for document, entity in scope.entity_documents():
        for name in SYSTEM_FIELDS & entity.fields.keys():
            yield Problem("M215", {"name": name}, document.place("fields", name, key=True))


def former_names_free(scope: Scope) -> Iterator[Problem]:
    """M231, M232: a former name is no name of today, and belongs to one field, entity or role only."""
    owners: dict[str, str] = {}
    for document, entity in scope.entity_documents():
        place = document.place("was")
        yield from _former_fits(entity.was, entity.name, scope.entities, owners, place)
        own: dict[str, str] = {}
        for name, field in entity.fields.items():
            yield from _former_fits(
                field.was, name, entity.fields, own, document.place("fields", name, "was")
            )
    known, roles = scope.configuration.roles, dict[str, str]()
    for document in scope.documents("roles"):
        role = cast("Role", document.model)
        yield from _former_fits(role.was, role.name, known, roles, document.place("was"))


def _former_fits(
    former: Iterable[str], name: str, taken: Container[str], owners: dict[str, str], place: Place
) -> Iterator[Problem]:
    for was in former:
        if was in taken:
            yield Problem("M231", {"name": was}, place)
        elif owners.setdefault(was, name) != name:
            yield Problem("M232", {"name": was, "other": owners[was]}, place)


def names_of_today(scope: Scope) -> Iterator[Problem]:
    """M399: a document says what something was called once; a hint, for it is understood."""
    seen = set()
    for each in scope.configuration.outdated:
        facts = {"was": each.said.written.strip("`"), "name": each.said.name}
        if (key := (each.place, facts["was"])) not in seen:
            seen.add(key)
            yield Problem("M399", facts, each.place)


def choices_exist(scope: Scope) -> Iterator[Problem]:
    """M210: `of` of a choice names a choices document."""
    for document, entity in scope.entity_documents():
        for name, field in entity.fields.items():
            if field.type == "choice" and isinstance(field.of, str):
                place = document.place("fields", name, "of")
                yield from scope.missing(document, "choices", field.of, place, "M210")


def links_exist(scope: Scope) -> Iterator[Problem]:
    """M204: `to` of a link and `of` of children name an entity."""
    for document, entity in scope.entity_documents():
        for name, field in entity.fields.items():
            key = {"link": "to", "many links": "to", "children": "of"}.get(field.type)
            if key:
                place = document.place("fields", name, key)
                yield from scope.missing(document, "entities", getattr(field, key), place, "M204")


def links_filtered(scope: Scope) -> Iterator[Problem]:
    """M205, M209, M214: `where` of a link names fields of the target and of the record, `only` its values."""
    for document, entity in scope.entity_documents():
        for name, field in entity.fields.items():
            for theirs, ours in field.where.items():
                yield from scope.unknown_field(entity, ours, document.place("fields", name, "where", theirs))
            yield from offered_fit(scope, document, ("fields", name), field)


def offered_fit(scope: Scope, document: Document, path: tuple[str, ...], field: Field) -> Iterator[Problem]:
    """M205, M209, M214: by what a link narrows its target are fields of that, and values of them."""
    target = scope.entities.get(field.to)
    if target is None:
        return
    for theirs in field.where:
        yield from scope.unknown_field(target, theirs, document.place(*path, "where", theirs))
    for theirs, texts in field.only.items():
        place = document.place(*path, "only", theirs)
        yield from scope.unknown_field(target, theirs, place)
        asked = target.fields.get(theirs)
        if asked is not None and (not asked.has_column or "is" not in asked.operators):
            yield Problem("M214", {"name": theirs, "type": asked.type, "use": "only"}, place)
        elif asked is not None:
            for text in texts:
                yield from value_fits(asked, text, theirs, place)


def children_linked(scope: Scope) -> Iterator[Problem]:
    """M206: a child entity has exactly one required link back, or `by` says which."""
    for document, entity in scope.entity_documents():
        for field in entity.children:
            child = scope.entities.get(str(field.of))
            if child is None:
                continue
            place = document.place("fields", field.name)
            if field.by:
                back = child.fields.get(field.by)
                if back is None or back.type != "link" or back.to != entity.name or not back.required:
                    yield Problem(
                        "M206",
                        {"child": child.name, "entity": entity.name, "by": field.by},
                        place,
                    )
            elif len(_links_back(child, entity)) != 1:
                names = ", ".join(_links_back(child, entity)) or "nenhuma"
                yield Problem(
                    "M216",
                    {"child": child.name, "entity": entity.name, "found": names},
                    place,
                )


def _links_back(child: Entity, parent: Entity) -> list[str]:
    return [
        name
        for name, field in child.fields.items()
        if field.type == "link" and field.to == parent.name and field.required
    ]


def named_fields_exist(scope: Scope) -> Iterator[Problem]:
    """M205, M214: search, unique, order and children's order name fields that can serve."""
    for document, entity in scope.entity_documents():
        for index, name in enumerate(entity.search):
            place = document.place("search", index)
            yield from scope.unknown_field(entity, name, place)
            field = entity.fields.get(name)
            if field and not (field.kind.is_text or field.type == "e-mail"):
                yield Problem("M214", {"name": name, "type": field.type, "use": "search"}, place)
        for index, group in enumerate(entity.unique):
            for name in group:
                place = document.place("unique", index)
                yield from scope.unknown_field(entity, name, place)
                yield from _has_column(entity, name, place, "unique")
        for index, name in enumerate(entity.order):
            place = document.place("order", index)
            yield from _order_fits(scope, entity, name, place)
        for field in entity.children:
            child = scope.entities.get(str(field.of))
            if child and field.order:
                yield from _order_fits(
                    scope,
                    child,
                    field.order,
                    document.place("fields", field.name, "order"),
                )


def _order_fits(scope: Scope, entity: Entity, name: str, place: Any) -> Iterator[Problem]:
    bare = name.removeprefix("-")
    if bare not in SYSTEM_FIELDS:
        yield from scope.unknown_field(entity, bare, place)
        yield from _has_column(entity, bare, place, "order")


def _has_column(entity: Entity, name: str, place: Any, use: str) -> Iterator[Problem]:
    field = entity.fields.get(name)
    if field and (not field.has_column or field.kind.storage in ("jsonb", "file")):
        yield Problem("M214", {"name": name, "type": field.type, "use": use}, place)


def shown_text_fits(scope: Scope) -> Iterator[Problem]:
    """M205, M212: the display text names own fields, and through links never comes back to itself."""
    for document, entity in scope.entity_documents():
        place = document.place("shown_as")
        for name in entity.shown_pieces[1::2]:
            if name != "id":
                yield from scope.unknown_field(entity, name, place)
                yield from _has_column(entity, name, place, "shown_as")
        if _comes_back(scope, entity.name, entity.name, set()):
            yield Problem("M212", {"entity": entity.name}, place)


def _comes_back(scope: Scope, name: str, start: str, seen: set[str]) -> bool:
    entity = scope.entities.get(name)
    if entity is None:
        return False
    for piece in entity.shown_pieces[1::2]:
        field = entity.fields.get(piece)
        if field and field.type == "link" and field.to not in seen:
            if field.to == start:
                return True
            seen.add(field.to)
            if _comes_back(scope, field.to, start, seen):
                return True
    return False


def periods_dated(scope: Scope) -> Iterator[Problem]:
    """M205, M214: a period stands on dates, its keys on columns."""
    for document, entity in scope.entity_documents():
        if entity.valid is None:
            continue
        for key, name in (("from", entity.valid.from_), ("to", entity.valid.to)):
            place = document.place("valid", key)
            yield from scope.unknown_field(entity, name, place)
            field = entity.fields.get(name)
            if field and field.type not in ("date", "month"):
                yield Problem("M214", {"name": name, "type": field.type, "use": "valid"}, place)
        for index, name in enumerate(entity.valid.within):
            place = document.place("valid", "within", index)
            yield from scope.unknown_field(entity, name, place)
            yield from _has_column(entity, name, place, "valid")
