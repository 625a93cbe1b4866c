"""Rules about data of people: whom records are about, and what is left of a field of an anonymised one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.check.scope import Scope
from metadata.entity import Field
from metadata.problems import Problem

ALWAYS = ("keep", "clear")
FITTING: Mapping[str, tuple[str, ...]] = {
    "date": ("year",), "date and time": ("year",), "text": ("word", "token"), "long text": ("word",),
}  # fmt: skip


def people_fit(scope: Scope) -> Iterator[Problem]:
    """M205, M214, M256, M257: subjects lead to people, and fields can be left as they say."""
    for document, entity in scope.entity_documents():
        for index, name in enumerate(entity.subject):
            place = document.place("subject", index)
            yield from scope.unknown_field(entity, name, place)
            field = entity.fields.get(name)
            if field is None:
                continue
            target = scope.entities.get(field.to)
            if field.type != "link":
                yield Problem("M214", {"name": name, "type": field.type, "use": "subject"}, place)
            elif target is not None and not (target.person or target.subject):
                yield Problem("M256", {"name": name, "to": field.to}, place)
        for field in entity.fields.values():
            fitting = fitting_of(field)
            if field.anonymise and field.anonymise not in fitting:
                facts = {"how": field.anonymise, "type": field.type, "fitting": ", ".join(fitting)}
                yield Problem("M257", facts, document.place("fields", field.name, "anonymise"))


def fitting_of(field: Field) -> tuple[str, ...]:
    """Return what may be left of a field."""
    more = () if field.mask else FITTING.get(field.type, ())
    return (*ALWAYS, *more)
