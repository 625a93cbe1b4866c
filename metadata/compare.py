"""This file finds the changes between two versions of a configuration, in the order they can be made.

A rename holds (`was: old`, or all former names) when the old version has that name and the new one has
not; from then on the comparison speaks the new names, so that what merely follows a rename is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metadata import changes as c
from metadata.changes import Change
from metadata.entity import Entity, Field
from metadata.kinds import KINDS
from metadata.package import Configuration, Document

_ENTITY_TEXTS = ("icon", "help", "shown_as", "note")
_FIELD_TEXTS = ("label", "short", "help", "example", "source", "unit", "note")
_FIELD_SETTINGS = (
    *(
        "where",
        "only",
        "default",
        "readonly",
        "once",
        "upper",
        "privacy",
        "anonymise",
        "mask",
        "pattern",
        "restart",
        "gapless",
    ),
    *("lines", "accept", "max_size"),
    *("is_", "stored", "required_when", "readonly_when", "hidden", "hidden_when"),
)


def compare(old: Configuration, new: Configuration) -> list[Change]:
    """Return the changes that lead from `old` to `new`: arrivals, renames, changes, departures."""
    names = _Names.between(old, new)
    return [
        *_packages_in(old, new),
        *_entities_in(old, new, names),
        *(change for pair in _pairs(old, new, names) for change in _entity(*pair, names)),
        *_entities_out(old, new, names),
        *_documents(old, new, names),
        *_packages_out(old, new),
    ]


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Names:
    """Old name → new name of what was renamed; fields under the new name of their entity."""

    entities: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]

    @classmethod
    def between(cls, old: Configuration, new: Configuration) -> _Names:
        entities = _renamed(old.entities, new.entities)
        pairs = ((name, entities.get(name, name)) for name in old.entities)
        fields = {
            target: _renamed(old.entities[name].fields, new.entities[target].fields)
            for name, target in pairs
            if target in new.entities
        }
        return cls(entities, fields)

    def entity(self, name: str) -> str:
        """Return the new name of an entity."""
        return self.entities.get(name, name)

    def field(self, entity: str, name: str) -> str:
        """Return the new name of a field; a leading minus (descending order) stays."""
        bare = name.removeprefix("-")
        return name[: len(name) - len(bare)] + self.fields.get(entity, {}).get(bare, bare)


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, part in new.items():
        # Of several former names the one that the old version knows counts: versions may have been left out.
        was = next((was for was in part.was if was in old and was not in new and was not in found), None)
        if was is not None and name not in old:
            found[was] = name
    return found


NOTHING_RENAMED = _Names({}, {})


# ── packages ──────────────────────────────────────────────────────────────────────────────────────


def _packages_in(old: Configuration, new: Configuration) -> Iterator[Change]:
    for name, manifest in new.packages.items():
        before = old.packages.get(name)
        if before is None:
            yield c.AddPackage(name, manifest.version)
            continue
        for key in ("version", "label", "requires", "rights", "note"):
            values = _text(getattr(before, key)), _text(getattr(manifest, key))
            if values[0] != values[1]:
                yield c.ChangePackage(name, key, *values)


def _packages_out(old: Configuration, new: Configuration) -> Iterator[Change]:
    return (c.RemovePackage(name) for name in old.packages if name not in new.packages)


# ── entities ──────────────────────────────────────────────────────────────────────────────────────


def _entities_in(old: Configuration, new: Configuration, names: _Names) -> Iterator[Change]:
    yield from (c.RenameEntity(before, after) for before, after in names.entities.items())
    known = {names.entity(name) for name in old.entities}
    yield from (c.AddEntity(name) for name in new.entities if name not in known)


def _entities_out(old: Configuration, new: Configuration, names: _Names) -> Iterator[Change]:
    return (c.RemoveEntity(name) for name in old.entities if names.entity(name) not in new.entities)


def _pairs(old: Configuration, new: Configuration, names: _Names) -> Iterator[tuple[Entity, Entity]]:
    before = {names.entity(name): entity for name, entity in old.entities.items()}
    return ((before[name], entity) for name, entity in new.entities.items() if name in before)


def _entity(old: Entity, new: Entity, names: _Names) -> Iterator[Change]:
    renamed = names.fields.get(new.name, {})
    fields = {renamed.get(name, name): field for name, field in old.fields.items()}
    yield from (c.RenameField(new.name, was, now) for was, now in renamed.items())
    yield from (
        c.AddField(new.name, name, part.required) for name, part in new.fields.items() if name not in fields
    )
    before, after = _keys(old, new.name, names), _keys(new, new.name, NOTHING_RENAMED)
    yield from (c.ChangeUnique(new.name, key, False) for key in before if key not in after)
    for name, field in new.fields.items():
        if name in fields:
            yield from _field(fields[name], field, new.name, names)
    yield from (c.ChangeUnique(new.name, key, True) for key in after if key not in before)
    yield from _entity_settings(old, new, names)
    yield from (c.RemoveField(new.name, name) for name in fields if name not in new.fields)


def _entity_settings(old: Entity, new: Entity, names: _Names) -> Iterator[Change]:
    def renamed(parts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.field(new.name, part) for part in parts)

    if renamed(old.search) != new.search:
        yield c.ChangeSearch(new.name, renamed(old.search), new.search)
    if renamed(_period(old)) != _period(new):
        yield c.ChangeValid(new.name, renamed(_period(old)), _period(new))
    if renamed(old.order) != new.order:
        yield c.ChangeOrder(new.name, "", renamed(old.order), new.order)
    kept = [name for name in renamed(tuple(old.fields)) if name in new.fields]
    if kept != [name for name in new.fields if name in kept]:
        yield c.ReorderFields(new.name, tuple(new.fields))
    yield from _rules(old, new)
    yield from _entity_texts(old, new, names)


def _rules(old: Entity, new: Entity) -> Iterator[Change]:
    """Find what differs in checks and fills; a rename of what they read is followed elsewhere."""
    before, after = _ruled(old), _ruled(new)
    for name in dict.fromkeys((*before, *after)):
        texts = _rule_text(before.get(name)), _rule_text(after.get(name))
        if texts[0] != texts[1]:
            yield c.ChangeRule(new.name, name, *texts)


def _ruled(entity: Entity) -> dict[str, Any]:
    """Return what rules there are, by name."""
    kept = {f"keep.{name}": keep for name, keep in entity.keep.items()}
    whole = {
        "holidays": entity.holidays, "person": entity.person, "ledger": entity.ledger,
        "fixed": entity.fixed, "states": entity.states,
    }  # fmt: skip
    moved = {f"transitions.{name}": transition for name, transition in entity.transitions.items()}
    return {**whole, **entity.fills, **entity.checks, **kept, **moved}


def _rule_text(rule: Any) -> str:
    keys = type(rule).model_fields if rule is not None else ()
    said = {key.rstrip("_"): getattr(rule, key) for key in keys if key in rule.model_fields_set}
    return "; ".join(f"{key}: {_text(value)}" for key, value in said.items())


def _keys(entity: Entity, name: str, names: _Names) -> dict[tuple[str, ...], None]:
    """Return the unique keys in the new names; the order of fields within a key means nothing."""
    renamed = (tuple(names.field(name, part) for part in key) for key in entity.unique_keys)
    return dict.fromkeys(tuple(sorted(key)) for key in renamed)


def _period(entity: Entity) -> tuple[str, ...]:
    valid = entity.valid
    return (valid.from_, valid.to, *valid.within) if valid else ()


def _entity_texts(old: Entity, new: Entity, names: _Names) -> Iterator[Change]:
    before = {f"label.{key}": getattr(old.label, key) for key in ("one", "many", "gender")}
    after = {f"label.{key}": getattr(new.label, key) for key in ("one", "many", "gender")}
    before |= {key: getattr(old, key) for key in _ENTITY_TEXTS}
    after |= {key: getattr(new, key) for key in _ENTITY_TEXTS}
    before["subject"] = ", ".join(names.field(new.name, name) for name in old.subject)
    after["subject"] = ", ".join(new.subject)
    for was, now in names.fields.get(new.name, {}).items():
        before["shown_as"] = before["shown_as"].replace("{" + was + "}", "{" + now + "}")
    for key, text in after.items():
        if before[key] != text:
            yield c.ChangeText(new.name, "", key, before[key], text)


# ── fields ────────────────────────────────────────────────────────────────────────────────────────


def _field(old: Field, new: Field, entity: str, names: _Names) -> Iterator[Change]:
    target, origin = _target(new, NOTHING_RENAMED), _target(old, names)
    if old.type_text != new.type_text:
        yield c.ChangeType(entity, new.name, old.type_text, new.type_text)
    elif origin != target:
        yield c.ChangeTarget(entity, new.name, " ".join(origin).strip(), " ".join(target).strip())
    yield from _limits(old, new, entity)
    if old.required != new.required:
        yield c.ChangeRequired(entity, new.name, new.required)
    yield from _options(old, new, entity)
    order = names.field(target[0], old.order)
    if order != new.order:
        yield c.ChangeOrder(entity, new.name, _listed(order), _listed(new.order))
    where = {names.field(new.to, theirs): names.field(entity, ours) for theirs, ours in old.where.items()}
    for key in _FIELD_SETTINGS:
        before = where if key == "where" else _setting(old, key)
        after = _setting(new, key)
        if before != after:
            key_shown = key.removesuffix("_when").rstrip("_")
            yield c.ChangeSetting(entity, new.name, key_shown, _text(before), _text(after))
    for key in _FIELD_TEXTS:
        if getattr(old, key) != getattr(new, key):
            yield c.ChangeText(entity, new.name, key, getattr(old, key), getattr(new, key))


def _setting(field: Field, key: str) -> Any:
    """Return a setting as the field itself says it."""
    is_derived = key == "readonly_when" and (field.is_fixed or field.is_once)
    return "" if is_derived else getattr(field, key)


def _target(field: Field, names: _Names) -> tuple[str, str]:
    """Return the entity that a link or children field leads to, and the link back."""
    name = names.entity(field.to or (str(field.of) if field.type == "children" else ""))
    return name, names.field(name, field.by)


def _limits(old: Field, new: Field, entity: str) -> Iterator[Change]:
    for key in ("min", "max"):
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            yield c.ChangeLimits(entity, new.name, key, before, after, _narrows(old, new, key))


def _narrows(old: Field, new: Field, key: str) -> bool:
    """Tell whether values that the old limit let pass may break the new one."""
    before, after = old.limit(key), new.limit(key)
    if after is None:
        return False
    if before is None or type(before) is not type(after):
        return True
    return bool(after > before if key == "min" else after < before)


def _options(old: Field, new: Field, entity: str) -> Iterator[Change]:
    if old.type != "choice" or new.type != "choice":
        return
    added = tuple(code for code in new.choices if code not in old.choices)
    removed = tuple(code for code in old.choices if code not in new.choices)
    if added or removed:
        yield c.ChangeOptions(entity, new.name, added, removed)
    if old.of == new.of:
        return
    if isinstance(old.of, str) or isinstance(new.of, str):
        yield c.ChangeSetting(entity, new.name, "of", _text(old.of), _text(new.of))
    elif not added and not removed:
        yield c.ChangeText(entity, new.name, "of", _text(old.of), _text(new.of))


# ── the other documents ───────────────────────────────────────────────────────────────────────────


def _documents(old: Configuration, new: Configuration, names: _Names) -> Iterator[Change]:
    for folder in KINDS:
        before, after = old.documents.get(folder, {}), new.documents.get(folder, {})
        if folder == "entities":
            before = {names.entity(name): document for name, document in before.items()}
        else:
            yield from (c.AddDocument(folder, name) for name in after if name not in before)
        for name, document in after.items():
            if name in before:
                yield from _document(before[name], document, folder, name)
        if folder != "entities":
            yield from (c.RemoveDocument(folder, name) for name in before if name not in after)
    for name in new.documents.get("data", {}):
        if name in old.documents.get("data", {}) and _rows(old, name) != _rows(new, name):
            yield c.ChangeRows(name)


def _document(old: Document, new: Document, folder: str, name: str) -> Iterator[Change]:
    if old.package != new.package:
        yield c.MoveDocument(folder, name, old.package, new.package)
    keys = [key for key in type(new.model).model_fields if getattr(old.model, key) != getattr(new.model, key)]
    if keys and folder != "entities":
        yield c.ChangeDocument(folder, name, tuple(keys))


def _rows(configuration: Configuration, name: str) -> bytes | None:
    return configuration.files.get(configuration.rows_file(name))


# ── values as texts ───────────────────────────────────────────────────────────────────────────────


def _listed(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _text(value: Any) -> str:
    """Return a value of a model as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(getattr(part, 'label', part))}" for name, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return str(value)
