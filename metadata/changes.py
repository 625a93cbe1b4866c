"""This file names what can differ between two versions of a configuration: one small class per change.

Names are those of the new version, except where something is removed or renamed. What a change does to
tables is for kernel.storage.migrate to say; `metadata.compare` finds the changes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from metadata.messages import sentence_of_change


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    @property
    def touches_data(self) -> bool:
        """Tell whether rows that exist may have to be looked at, rewritten or set aside."""
        return False

    def facts(self) -> dict[str, Any]:
        """Return the parts of the change by name; `target` is entity or entity.field."""
        facts = {part.name: getattr(self, part.name) for part in fields(self)}
        named = [facts[part] for part in ("entity", "field") if facts.get(part)]
        return {**facts, "target": ".".join(named)}

    def sentence(self) -> str:
        """Return the change in Portuguese, as it stands in a plan."""
        facts = self.facts()
        shown = {name: _shown(value) for name, value in facts.items()}
        return sentence_of_change(type(self).__name__, shown, ends=False in facts.values())


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(part) for part in value) or "nada"
    return str(value) or "nada"


# ── packages ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AddPackage(Change):
    """A package comes in; its documents are told one by one."""

    package: str
    version: str


@dataclass(frozen=True, slots=True)
class RemovePackage(Change):
    """A package leaves."""

    package: str


@dataclass(frozen=True, slots=True)
class ChangePackage(Change):
    """A key of the manifest (version, label, requires, rights, note) has another value."""

    package: str
    key: str
    old: str
    new: str


# ── entities ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AddEntity(Change):
    """A new entity with all its fields."""

    entity: str


@dataclass(frozen=True, slots=True)
class RemoveEntity(Change):
    """An entity is no more; its rows stay in the database until someone purges them."""

    entity: str

    @property
    def touches_data(self) -> bool:
        """Rows are set aside."""
        return True


@dataclass(frozen=True, slots=True)
class RenameEntity(Change):
    """The same entity under another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeUnique(Change):
    """A unique key of the entity begins (`unique`) or ends."""

    entity: str
    fields: tuple[str, ...]
    unique: bool

    @property
    def touches_data(self) -> bool:
        """Existing rows may repeat the new key."""
        return self.unique


@dataclass(frozen=True, slots=True)
class ChangeSearch(Change):
    """Other fields are found by fragment: the search text of every row is written anew."""

    entity: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def touches_data(self) -> bool:
        """Every row is written."""
        return True


@dataclass(frozen=True, slots=True)
class ChangeValid(Change):
    """The period of dated rows changes: (from, to, within…), empty where rows are not dated."""

    entity: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def touches_data(self) -> bool:
        """Existing rows may overlap under the new period."""
        return bool(self.new)


@dataclass(frozen=True, slots=True)
class ChangeOrder(Change):
    """Another usual order of an entity, or of the rows of a children field."""

    entity: str
    field: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReorderFields(Change):
    """The same fields in another human order; `new` is the whole order."""

    entity: str
    new: tuple[str, ...]


# ── fields ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AddField(Change):
    """A new field in an entity that was there before."""

    entity: str
    field: str
    required: bool

    @property
    def touches_data(self) -> bool:
        """Existing rows lack a value that is now asked for."""
        return self.required


@dataclass(frozen=True, slots=True)
class RemoveField(Change):
    """A field is no more; its column keeps the values."""

    entity: str
    field: str

    @property
    def touches_data(self) -> bool:
        """Values are set aside."""
        return True


@dataclass(frozen=True, slots=True)
class RenameField(Change):
    """The same field under another name; `entity` is the new name of its entity."""

    entity: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeType(Change):
    """Another type or size, as written: `text` to `integer`, `decimal(9,2)` to `decimal(9,4)`."""

    entity: str
    field: str
    old: str
    new: str

    @property
    def touches_data(self) -> bool:
        """Existing values are converted or refused."""
        return True


@dataclass(frozen=True, slots=True)
class ChangeTarget(Change):
    """A link or many links leads to another entity, or children are of another one (`of by`)."""

    entity: str
    field: str
    old: str
    new: str

    @property
    def touches_data(self) -> bool:
        """Existing links lead to records of the old target."""
        return True


@dataclass(frozen=True, slots=True)
class ChangeLimits(Change):
    """A least or greatest value or length (`key` is min or max); `narrows` when rows may break it."""

    entity: str
    field: str
    key: str
    old: str
    new: str
    narrows: bool

    @property
    def touches_data(self) -> bool:
        """Existing values may lie outside of the new limit."""
        return self.narrows


@dataclass(frozen=True, slots=True)
class ChangeRequired(Change):
    """A field becomes mandatory (`required`) or optional."""

    entity: str
    field: str
    required: bool

    @property
    def touches_data(self) -> bool:
        """Existing rows may be empty there."""
        return self.required


@dataclass(frozen=True, slots=True)
class ChangeOptions(Change):
    """The codes that a choice offers: those that come and those that go, written here or shared."""

    entity: str
    field: str
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def touches_data(self) -> bool:
        """Existing rows may hold a removed code."""
        return bool(self.removed)


@dataclass(frozen=True, slots=True)
class ChangeSetting(Change):
    """A key that changes how new values are read or shown (default, mask, where, pattern …)."""

    entity: str
    field: str
    key: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeRule(Change):
    """A check or a fill of an entity: what it said and what it says, empty where there is none."""

    entity: str
    rule: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeText(Change):
    """A text for people (label, help, example …) of an entity or, with `field`, of a field."""

    entity: str
    field: str
    key: str
    old: str
    new: str


# ── the other documents ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AddDocument(Change):
    """A form, list, menu, choices, data, help or layout comes in; `kind` is its folder."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class RemoveDocument(Change):
    """A document of another kind than entity leaves."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ChangeDocument(Change):
    """Keys of a document have other values."""

    kind: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveDocument(Change):
    """A document of any kind belongs to another package."""

    kind: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeRows(Change):
    """The rows of a data document are others."""

    name: str

    @property
    def touches_data(self) -> bool:
        """Rows are put in, changed or, where owned, taken out."""
        return True


def every_change() -> tuple[type[Change], ...]:
    """Return the classes, in the order of this file."""
    return tuple(Change.__subclasses__())
