"""This file makes the configuration as a profile sees it, and the Runtime that serves it.

What somebody may not see is not in it at all: a hidden field is no field, a closed list no list. So pages,
answers, help and descriptions need no rules of their own about access, and cannot forget one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from sqlalchemy import select

from kernel.access.bare import bare_when
from kernel.access.profile import ADD, CHANGE, READ, EntityAccess, Profile
from kernel.access.tables import Seen
from kernel.rules.ways import end, paths
from kernel.runtime import CompiledEntity, Runtime
from metadata.action import Action
from metadata.entity import SYSTEM_FIELDS, Entity, Field
from metadata.package import Configuration, Document
from metadata.process import Process
from metadata.role import LEVELS
from metadata.screen import Form, Item, List, Menu

MOST_PROFILES = 64
"""Profiles kept for one version; beyond, the oldest is made again when it is asked for."""


def seen_by(runtime: Runtime, profile: Profile | None) -> Runtime:
    """Return the Runtime as a profile sees it, made once; without a profile nothing is hidden."""
    whole = runtime.whole
    if profile is None:
        return whole
    if runtime.profile is profile:
        return runtime
    found: Runtime | None = whole.seen.get(profile.key)
    if found is None:
        if len(whole.seen) >= MOST_PROFILES:
            whole.seen.pop(next(iter(whole.seen)), None)
        found = whole.seen[profile.key] = _Making(whole, profile).runtime()
    return found


class _Making:
    """Makes what one profile sees; lives only while it runs."""

    def __init__(self, whole: Runtime, profile: Profile) -> None:
        self.whole = whole
        self.profile = profile
        self.entities: dict[str, Entity] = {}
        for name, access in profile.entities.items():
            if not access.record(READ).is_nothing:
                self.entities[name] = self.entity(access)

    def runtime(self) -> Runtime:
        """Return the Runtime."""
        compiled = {name: self.compiled(entity) for name, entity in self.entities.items()}
        shown = self.configuration()
        actions = {name: made for name, made in self.whole.actions.items() if name in shown.actions}
        return replace(
            self.whole, configuration=shown, entities=compiled, actions=actions, statements={}, views={},
            seen={}, base=self.whole, profile=self.profile,
        )  # fmt: skip

    # ── entities ──────────────────────────────────────────────────────────────────────────────────

    def entity(self, access: EntityAccess) -> Entity:
        """Return an entity with the fields that may be seen."""
        entity = access.entity
        fields = {
            name: self.field(access, field)
            for name, field in entity.fields.items()
            if self.shows(entity, field)
        }
        plain = {name for name, field in fields.items() if not field.is_masked}
        known = plain | SYSTEM_FIELDS | {"id"}
        changed = {
            "fields": fields,
            "shown_as": _shown_as(entity, plain),
            "search": tuple(name for name in entity.search if name in plain),
            "order": tuple(name for name in entity.order if name.removeprefix("-") in known),
            "unique": tuple(group for group in entity.unique if plain.issuperset(group)),
            "valid": entity.valid
            if entity.valid and {entity.valid.from_, entity.valid.to} <= plain
            else None,
        }
        made = entity.model_copy(update=changed)
        made.__dict__["levels"] = _levels(access)
        return made

    def field(self, access: EntityAccess, field: Field) -> Field:
        """Return a field, locked where it may not be written, masked where its value is shown to nobody."""
        clear, revealable = access.clear(field.name), access.revealable(field.name)
        is_told = field.type != "children" and field.kind.storage != "file"
        marks = {
            "is_masked": field.type != "children" and clear.is_nothing,
            "is_revealable": is_told and revealable != clear and not revealable.is_nothing,
            "is_locked": access.field(field.name, ADD).is_nothing,
        }
        update: dict[str, Any] = {}
        if marks["is_masked"] or access.field(field.name, CHANGE).is_nothing:
            update["readonly"] = True
        if not any(marks.values()) and not update:
            return field
        made = field.model_copy(update=update)
        made.__dict__.update(marks)
        if made.is_masked:
            name = access.entity.name
            made.__dict__["hidden_when"] = bare_when(
                field, self.whole.entities[name], lambda other: self._whole(name, other)
            )
        return made

    def shows(self, entity: Entity, field: Field) -> bool:
        """Tell whether a field exists; a computed one where all that it reads does, or by its name."""
        access = self.profile.entities[entity.name]
        if access.field(field.name).is_nothing or not self._reaches(field):
            return False
        if not field.is_ or self._by_name(f"{entity.name}.{field.name}"):
            return True
        formula = self.whole.entities[entity.name].rules.computed[field.name]
        read = paths(self.whole, entity.name, formula)
        return all(self._whole(*end(self.whole, entity.name, path)) for path in read)

    def _reaches(self, field: Field) -> bool:
        """Tell whether rows below a field, or the records that it links to, can be read at all."""
        target = str(field.of) if field.type == "children" else field.to
        return not target or not self.profile.entities[target].record(READ).is_nothing

    def _by_name(self, path: str) -> bool:
        return any(path in role.fields for role in self.profile.roles)

    def _whole(self, entity: str, field: str) -> bool:
        """Tell whether a field is shown as it is of every record that may be read."""
        access = self.profile.entities[entity]
        record = access.record(READ)
        return not record.is_nothing and (field in SYSTEM_FIELDS or access.clear(field) == record)

    def compiled(self, entity: Entity) -> CompiledEntity:
        """Return the compiled entity over the table as the profile sees it."""
        compiled = self.whole.entities[entity.name]
        return replace(
            compiled,
            entity=entity,
            table=self.table(entity),
            columns=tuple(entity.columns),
            children={name: child for name, child in compiled.children.items() if name in entity.fields},
            bridges={name: self.bridge(compiled, name) for name in compiled.bridges if name in entity.fields},
            defaults={name: value for name, value in compiled.defaults.items() if name in entity.fields},
        )

    def table(self, entity: Entity) -> Any:
        """Return the table itself where nothing of it is hidden, else what may be seen of it."""
        compiled = self.whole.entities[entity.name]
        is_computed = any(field.is_ and field.in_sets for field in entity.fields.values())
        if self.profile.entities[entity.name].is_whole and not is_computed:
            return compiled.table
        return Seen(self.whole, self.profile, entity.name, compiled.table.alias("a")).query(entity)

    def bridge(self, compiled: CompiledEntity, name: str) -> Any:
        """Return the pairs of a many-links field whose records may be seen, both of them."""
        pairs: Any = compiled.bridges[name]
        access = self.profile.entities[compiled.name]
        target = compiled.fields[name].to
        other = self.profile.entities[target]
        if access.field(name).is_everything and other.record(READ).is_everything:
            return pairs
        return bridge_seen(self.whole, self.profile, compiled, name)

    # ── documents ─────────────────────────────────────────────────────────────────────────────────

    def configuration(self) -> Configuration:
        """Return the configuration with the documents that may be seen."""
        whole = self.whole.configuration
        kept = {
            folder: dict(self.documents(folder, documents)) for folder, documents in whole.documents.items()
        }
        made = Configuration(whole.packages, kept, whole.files)
        made.__dict__.update(defined=whole.defined, computed_in_sets=whole.computed_in_sets)
        return made

    def documents(self, folder: str, documents: Mapping[str, Document]) -> Iterator[tuple[str, Document]]:
        """Yield the documents of one kind, each as far as it may be seen."""
        narrowed = _NARROWED.get(folder)
        for name, document in documents.items():
            model = narrowed(self, document.model) if narrowed else document.model
            if model is not None:
                yield name, document if model is document.model else replace(document, model=model)

    def form(self, form: Form) -> Form | None:
        """Return a form without the fields that are not there."""
        entity = self.entities.get(form.entity)
        if entity is None:
            return None
        tabs = tuple(
            tab.model_copy(update={"sections": tuple(self.sections(entity, tab.sections))})
            for tab in form.tabs
        )
        full = tuple(tab for tab in tabs if tab.sections)
        return form.model_copy(update={"tabs": full, "below": tuple(self.items(entity, form.below))})

    def sections(self, entity: Entity, sections: Iterable[Any]) -> Iterator[Any]:
        """Yield the sections that still have a field."""
        for section in sections:
            rows = tuple(row for row in (tuple(self.items(entity, row)) for row in section.rows) if row)
            if rows:
                yield section.model_copy(update={"rows": rows})

    def items(self, entity: Entity, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items of a form whose field is there, with the columns that are."""
        for item in items:
            field = entity.fields.get(item.field)
            if field is None:
                continue
            below = self.entities.get(str(field.of)) if field.type == "children" else None
            known = below.fields if below else {}
            columns = tuple(name for name in item.columns if name in known)
            totals = tuple(name for name in item.totals if name in known and not known[name].is_masked)
            yield item.model_copy(update={"columns": columns, "totals": totals})

    def listing(self, shown: List) -> List | None:
        """Return a list with the columns, filters and views that are there."""
        if shown.entity not in self.entities or not self.opens(shown.name):
            return None
        views = {
            title: where
            for title, where in shown.views.items()
            if all(self.asks(shown.entity, path) for path in where)
        }
        return shown.model_copy(
            update={
                "columns": tuple(path for path in shown.columns if self.has(shown.entity, path)),
                "filters": tuple(path for path in shown.filters if self.asks(shown.entity, path)),
                "order": tuple(
                    path for path in shown.order if self.asks(shown.entity, path.removeprefix("-"))
                ),
                "views": views,
            }
        )

    def opens(self, name: str) -> bool:
        """Tell whether some entry of the menus that leads to a list is open; one without any is."""
        paths = self.entries.get(name)
        return paths is None or any(self.profile.opens(path) for path in paths)

    @cached_property
    def entries(self) -> dict[str, list[str]]:
        """Return the entries of the menus by the list that they lead to."""
        found: dict[str, list[str]] = {}
        for menu in self.whole.configuration.menus.values():
            root = menu.into or menu.name
            for group, names in menu.items.items():
                for name in names:
                    found.setdefault(name, []).append("/".join(filter(None, (root, group, name))))
        return found

    def menu(self, menu: Menu) -> Menu | None:
        """Return a menu with the entries that lead somewhere and are open."""
        root = menu.into or menu.name
        items = {}
        for group, names in menu.items.items():
            kept = tuple(
                name
                for name in names
                if self.profile.opens("/".join(filter(None, (root, group, name)))) and self.leads(name)
            )
            if kept:
                items[group] = kept
        return menu.model_copy(update={"items": items}) if items else None

    def leads(self, name: str) -> bool:
        """Tell whether what an entry of a menu names is there: a list, an entity, a process."""
        whole = self.whole.configuration
        if name in whole.lists or name not in whole.processes:
            return (whole.lists[name].entity if name in whole.lists else name) in self.entities
        return self.profile.has_right(whole.processes[name].needs)

    def process(self, process: Process) -> Process | None:
        """Return a process for who has the right to it, without questions for what may not be seen."""
        if not self.profile.has_right(process.needs):
            return None
        known = ("", *self.entities)
        ask = {name: field for name, field in process.ask.items() if field.to in known}
        if len(ask) == len(process.ask):
            return process
        made = process.model_copy(update={"ask": ask})
        made.__dict__.pop("questions", None)  # of all of them, where somebody has asked for it
        return made

    def action(self, action: Action) -> Action | None:
        """Return an action where its record may be seen, and all that it makes may be added."""
        made = [self.entities.get(making.entity) for making in action.makes.values()]
        may = action.of in self.entities and all(
            entity is not None and entity.allows("add") for entity in made
        )
        return action if may else None

    def asks(self, entity: str, path: str) -> bool:
        """Tell whether lists may filter and sort by a path: a masked value must not be guessed."""
        found = self.follow(entity, path)
        return found is not None and not (isinstance(found, Field) and found.is_masked)

    def has(self, entity: str, path: str) -> bool:
        """Tell whether a path exists for the profile."""
        return self.follow(entity, path) is not None

    def follow(self, entity: str, path: str) -> Field | str | None:
        """Return the field at the end of a path, or the name of what the system keeps of every record."""
        current: Entity | None = self.entities.get(entity)
        *links, last = path.split(".")
        for step in links:
            field = current.fields.get(step) if current else None
            current = self.entities.get(field.to) if field else None
        if current is None:
            return None
        if last in current.fields:
            return current.fields[last]
        return last if last in SYSTEM_FIELDS or last == "id" else None


def bridge_seen(whole: Runtime, profile: Profile, compiled: CompiledEntity, name: str) -> Any:
    """Return the pairs of a many-links field as a profile sees them."""
    pairs: Any = compiled.bridges[name].alias("a")
    target = compiled.fields[name].to
    mine: Any = compiled.table.alias("am")
    other: Any = whole.entities[target].table.alias("ao")
    left = Seen(whole, profile, compiled.name, mine, "am")
    right = Seen(whole, profile, target, other, "ao")
    access = profile.entities[compiled.name]
    wanted = (left.allows(access.field(name)), right.allows(profile.entities[target].record(READ)))
    there = [
        select(mine.c.id).select_from(left.from_).where(mine.c.id == pairs.c.source, wanted[0]).exists(),
        select(other.c.id).select_from(right.from_).where(other.c.id == pairs.c.target, wanted[1]).exists(),
    ]
    return select(pairs.c.source, pairs.c.target).where(*there).subquery(compiled.bridges[name].name)


def _levels(access: EntityAccess) -> frozenset[int]:
    """Return the levels on some record; to change one field is to change the record."""
    found = {level for level in range(READ, len(LEVELS)) if not access.record(level).is_nothing}
    if any(not access.field(name, CHANGE).is_nothing for name in access.entity.fields):
        found.add(CHANGE)
    return frozenset(found)


def _shown_as(entity: Entity, plain: Iterable[str]) -> str:
    """Return the pattern of the display text without the fields that are not there."""
    kept: list[str] = []
    known = {*plain, "id"}
    before = ""
    for index, piece in enumerate(entity.shown_pieces):
        if index % 2 == 0:
            before = piece
        elif piece in known:
            kept.append(f"{before if kept else ''}{{{piece}}}")
            before = ""
    return "".join(kept) or f"{entity.label.one} {{id}}"


_NARROWED: Mapping[str, Any] = {
    "entities": lambda making, entity: making.entities.get(entity.name),
    "forms": _Making.form,
    "lists": _Making.listing,
    "menus": _Making.menu,
    "actions": _Making.action,
    "processes": _Making.process,
}
