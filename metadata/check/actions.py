"""Rules of actions: their questions, the records they make, and the expressions between the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from metadata.action import Action
from metadata.check.definitions import value_fits
from metadata.check.entities import offered_fit
from metadata.check.expressions import default_begins, judged, taken
from metadata.check.making import Path, Seen, each, rows, values
from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.expression import kinds as k
from metadata.expression.infer import ITEM
from metadata.expression.kinds import Kind
from metadata.making import Making
from metadata.package import Document
from metadata.problems import Problem, near


def seen_by(action: Action, entities: Mapping[str, Entity]) -> dict[str, Kind]:
    """Return the names that the expressions of an action see: fields, the record, answers; the last win."""
    owner = entities.get(action.of)
    fields = {name: k.of_field(field) for name, field in owner.fields.items()} if owner else {}
    answers = {name: k.of_field(field) for name, field in action.ask.items()}
    return {"id": k.WHOLE, **fields, action.of: k.record(action.of), **answers}


def _seen(action: Action, entities: Mapping[str, Entity]) -> Seen:
    """Return the names with their former ones: of the fields, and of the record itself."""
    kinds, owner = seen_by(action, entities), entities[action.of]
    former = {**owner.former, **dict.fromkeys(owner.was, action.of)}
    return Seen(kinds, {was: name for was, name in former.items() if was not in kinds})


def actions_fit(scope: Scope) -> Iterator[Problem]:
    """M2, M3: an action starts from an entity, asks what can be asked, makes what can be made."""
    for document in scope.documents("actions"):
        action = cast("Action", document.model)
        yield from scope.missing(document, "entities", action.of, document.place("of"), "M204")
        names = _seen(action, scope.entities) if action.of in scope.entities else None
        yield from questions(scope, document, action.ask, names, action.of)
        if names:
            for name, making in action.makes.items():
                yield from _making(scope, document, ("makes", name), making, names)


def questions(
    scope: Scope, document: Document, ask: Mapping[str, Field], names: Seen | None = None, of: str = ""
) -> Iterator[Problem]:
    """M204, M207, M209, M210, M3, M395: questions with names of their own, right limits and defaults."""
    kinds = names.kinds if names else {}
    bare = {name: kind for name, kind in kinds.items() if name not in ask}
    record = Seen(bare, names.former if names else {})
    for name, field in ask.items():
        path = ("ask", name)
        if name in (ITEM, of):
            yield Problem("M395", {"name": name}, document.place(*path, key=True))
        if field.type == "choice" and isinstance(field.of, str):
            yield from scope.missing(document, "choices", field.of, document.place(*path, "of"), "M210")
        if field.to:
            yield from scope.missing(document, "entities", field.to, document.place(*path, "to"), "M204")
            yield from offered_fit(scope, document, path, field)
        for theirs, ours in field.where.items():
            if ours not in ask:
                facts = {"name": ours, "near": near(ours, ask)}
                yield Problem("M414", facts, document.place(*path, "where", theirs))
        for key in ("min", "max"):
            text = getattr(field, key)
            if text and not field.kind.counts:
                yield from value_fits(field, text, key, document.place(*path, key))
        yield from _default(scope, document, path, field, record)


def _default(scope: Scope, document: Document, path: Path, field: Field, record: Seen) -> Iterator[Problem]:
    place = (*path, "default")
    if not field.default_is:
        yield from value_fits(field, field.default, "default", document.place(*place))
    if field.default_is and record.kinds:
        start, text = default_begins(field), field.default_is
        found = judged(scope, document, place, text, "", record.kinds, taken(field), start, record.former)
        yield from found[1]


def _making(scope: Scope, document: Document, path: Path, making: Making, names: Seen) -> Iterator[Problem]:
    """M204, M3: there is such an entity, and its records and their rows can be made."""
    yield from scope.missing(document, "entities", making.entity, document.place(*path, "entity"), "M204")
    target = scope.entities.get(making.entity)
    if target is None:
        return
    item, problems = each(scope, document, path, making.each, names)
    yield from problems
    names = names.but(**item)
    yield from values(scope, document, (*path, "set"), target, making.set, names)
    for name, made in making.rows.items():
        yield from rows(scope, document, (*path, "rows", name), target, made, names)
