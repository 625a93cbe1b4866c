"""This file makes profiles: what all the roles of somebody come to, for every entity and field.

Roles add up record by record and field by field: what one role shows of some records, and another of others,
is never mixed into more than either grants. Denials take away whatever is granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import cached_property

from kernel.access.allowed import NOTHING, Above, Allowed, Apart, Condition, Own, any_of
from kernel.storage.tables import link_back
from metadata.check.roles import apart_by
from metadata.entity import SYSTEM_FIELDS, Entity
from metadata.package import Configuration
from metadata.role import LEVELS, PRIVACY, Denial, Role

NONE, READ, ADD, CHANGE, REMOVE, CONFIGURE = range(len(LEVELS))
HIDDEN, MASKED, REVEALABLE, SHOWN = range(len(PRIVACY))
USUAL_PRIVACY = {"": SHOWN, "personal": SHOWN, "sensitive": MASKED}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role grants of an entity; rows: of which records, None for all.

    fields: levels of single fields.  privacy: how fields of a privacy are shown.
    """

    level: int
    rows: Condition | None = None
    fields: Mapping[str, int] = attribute(default_factory=dict)
    privacy: Mapping[str, int] = attribute(default_factory=lambda: USUAL_PRIVACY)

    def of(self, name: str) -> int:
        """Return the level of a field."""
        return self.fields.get(name, self.level)


@dataclass(frozen=True, slots=True)
class Denied:
    """What is taken away: a level and all above it, of a field or (empty) of the record."""

    level: int
    rows: Condition | None
    field: str = ""


class EntityAccess:
    """What a profile allows of one entity; above: the links to the records that its records are rows of."""

    def __init__(
        self,
        entity: Entity,
        grants: Iterable[Grant],
        denied: Iterable[Denied],
        kept: Allowed,
        above: frozenset[str],
    ) -> None:
        self.entity = entity
        self.grants = tuple(grants)
        self.denied = tuple(denied)
        self.kept = kept
        self.above = above
        self.found: dict[tuple[str, int, int], Allowed] = {}  # asked of each row of an import, so kept

    def record(self, level: int) -> Allowed:
        """Return the records on which a level is allowed."""
        return self._kept("", level, HIDDEN)

    def _record(self, level: int) -> Allowed:
        return self._allowed(
            (grant.rows for grant in self.grants if grant.level >= level),
            (denied for denied in self.denied if not denied.field and denied.level <= level),
        )

    def field(self, name: str, level: int = READ) -> Allowed:
        """Return the records on which a level is allowed on a field, masked or not."""
        return self._kept(name, level, MASKED if level == READ else SHOWN)

    def clear(self, name: str) -> Allowed:
        """Return the records of which the value of a field is shown as it is."""
        return self._kept(name, READ, SHOWN)

    def revealable(self, name: str) -> Allowed:
        """Return the records of which the value of a field may be asked for, with a reason."""
        return self._kept(name, READ, REVEALABLE)

    def _kept(self, name: str, level: int, shown: int) -> Allowed:
        """Return the records of a field, or (empty) of the record itself, as worked out once."""
        found = self.found.get((name, level, shown))
        if found is None:
            found = self._field(name, level, shown) if name else self._record(level)
            self.found[name, level, shown] = found
        return found

    def _field(self, name: str, level: int, shown: int) -> Allowed:
        if name in SYSTEM_FIELDS or (level == READ and name in self.above):
            return self.record(READ)
        privacy = self.entity.fields[name].privacy
        return self._allowed(
            (
                grant.rows
                for grant in self.grants
                if grant.of(name) >= level and grant.privacy.get(privacy, SHOWN) >= shown
            ),
            (denied for denied in self.denied if denied.field in ("", name) and denied.level <= level),
        )

    def _allowed(self, rows: Iterable[Condition | None], denied: Iterable[Denied]) -> Allowed:
        some = any_of(rows)
        if some is not None and not some:
            return NOTHING
        never = any_of(each.rows for each in denied)
        if never is None:
            return NOTHING
        return replace(self.kept, some=some, never=never)

    @cached_property
    def is_whole(self) -> bool:
        """Tell whether every record and every field can be read."""
        names = (name for name in self.entity.fields)
        return self.record(READ).is_everything and all(self.clear(name).is_everything for name in names)


@dataclass(frozen=True)
class Profile:
    """What some roles come to together; two profiles with one key are the same.

    rights: None for every one.  menus: parts of the tree of menus that are open, None for all; shut: parts
    that are closed all the same.
    """

    key: tuple[str, ...]
    configuration: Configuration
    roles: tuple[Role, ...]
    rights: frozenset[str] | None
    menus: frozenset[str] | None
    shut: frozenset[str]

    @cached_property
    def entities(self) -> dict[str, EntityAccess]:
        """What is allowed of each entity."""
        return {name: self._entity(entity) for name, entity in self.configuration.entities.items()}

    @cached_property
    def kept_apart_by(self) -> frozenset[str]:
        """The entities by whose records others are kept apart."""
        return frozenset(apart.target for access in self.entities.values() for apart in access.kept.apart)

    @cached_property
    def is_unlimited(self) -> bool:
        """Tell whether some role has no limits: nothing is kept apart from it, and nothing closed to it."""
        return any(role.everything for role in self.roles)

    @cached_property
    def is_limited(self) -> bool:
        """Tell whether anything is kept from whoever has it, whatever they work for."""
        return not self.is_unlimited or any(role.deny != Denial() for role in self.roles)

    def has_right(self, name: str) -> bool:
        """Tell whether a right is among those granted."""
        return self.rights is None or name in self.rights

    def opens(self, path: str) -> bool:
        """Tell whether a part of the tree of menus is open."""
        above = {path[:at] for at, letter in enumerate(path) if letter == "/"} | {path}
        if above & self.shut:
            return False
        return (
            self.menus is None
            or bool(above & self.menus)
            or any(m.startswith(f"{path}/") for m in self.menus)
        )

    def _entity(self, entity: Entity) -> EntityAccess:
        grants = [grant for role in self.roles for grant in self._grants(role, entity)]
        above = frozenset(link for link, _, _ in self._owners.get(entity.name, ()))
        return EntityAccess(entity, grants, self._denied(entity), self._kept(entity), above)

    def _kept(self, entity: Entity) -> Allowed:
        """Return which records are neither kept apart nor closed, by themselves or by those above."""
        above = (
            (link, parent, self._kept(self.configuration.entities[parent]))
            for link, parent, _ in self._owners.get(entity.name, ())
            if parent != entity.name
        )
        within = frozenset(
            Above(link, parent, kept) for link, parent, kept in above if not kept.is_everything
        )
        closes = entity.secrecy is not None and not self.is_unlimited
        return Allowed(None, apart=frozenset(self._apart(entity)), within=within, open_only=closes)

    def _apart(self, entity: Entity) -> Iterator[Apart]:
        operators = self.configuration.operators
        for link in entity.apart:
            target = entity.name if link == "id" else entity.fields[link].to
            mine = apart_by(operators, target) if operators else None
            yield Apart(link, target, "" if self.is_unlimited else mine or "")

    def _grants(self, role: Role, entity: Entity) -> Iterator[Grant]:
        if role.everything:
            yield Grant(CONFIGURE, privacy={})
            return
        fields = self._fields(role, entity)
        privacy = USUAL_PRIVACY | {name: PRIVACY.index(said) for name, said in role.privacy.items()}
        said = role.entities.get(entity.name)
        if said is not None:
            yield Grant(LEVELS.index(said.level), Own(said.rows) if said.rows else None, fields, privacy)
            return
        owners = self._owners.get(entity.name, ())
        for link, parent, children in owners:
            if parent == entity.name:  # rows below rows of their own kind are reached from the first
                continue
            yield from self._inherited(role, parent, children, link, fields, privacy)
        level = NONE if owners else LEVELS.index(role.packages.get(self._package(entity), "none"))
        if level or (fields and not owners):
            yield Grant(level, None, fields, privacy)

    def _inherited(
        self,
        role: Role,
        parent: str,
        children: str,
        link: str,
        fields: Mapping[str, int],
        privacy: Mapping[str, int],
    ) -> Iterator[Grant]:
        """Yield what a role grants of rows: what it grants of the field of the record above that has them."""
        above = self.configuration.entities[parent]
        for grant in self._grants(role, above):
            of_rows = grant.of(children)
            level = REMOVE if of_rows >= CHANGE else of_rows
            rows = None if grant.rows is None else Above(link, parent, Allowed(frozenset({grant.rows})))
            yield Grant(level, rows, fields, privacy)

    def _fields(self, role: Role, entity: Entity) -> dict[str, int]:
        found = {}
        for path, said in role.fields.items():
            name, _, field = path.partition(".")
            if name == entity.name and not (said.unless and self.has_right(said.unless)):
                found[field] = LEVELS.index(said.level)
        return found

    def _denied(self, entity: Entity) -> Iterator[Denied]:
        for role in self.roles:
            said = role.deny.entities.get(entity.name)
            if said is not None:
                yield Denied(LEVELS.index(said.level), Own(said.rows) if said.rows else None)
            for path, field in role.deny.fields.items():
                name, _, part = path.partition(".")
                if name == entity.name and not (field.unless and self.has_right(field.unless)):
                    yield Denied(LEVELS.index(field.level), None, part)
        for link, parent, children in self._owners.get(entity.name, ()):
            above = self.entities_denied(parent)
            for denied in above:
                if denied.field in ("", children):
                    rows = (
                        None
                        if denied.rows is None
                        else Above(link, parent, Allowed(frozenset({denied.rows})))
                    )
                    yield Denied(denied.level, rows)

    def entities_denied(self, name: str) -> tuple[Denied, ...]:
        """Return what is taken away of an entity."""
        return tuple(self._denied(self.configuration.entities[name]))

    def _package(self, entity: Entity) -> str:
        return self.configuration.documents["entities"][entity.name].package

    @cached_property
    def _owners(self) -> dict[str, tuple[tuple[str, str, str], ...]]:
        return owners(self.configuration)


def owners(configuration: Configuration) -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Return for each entity of rows by which link they belong to which field of which entity."""
    found: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for parent in configuration.entities.values():
        for field in parent.children:
            child = configuration.entities[str(field.of)]
            link = link_back(field, child, parent)
            found[child.name] = (*found.get(child.name, ()), (link, parent.name, field.name))
    return found


def profile(configuration: Configuration, roles: Iterable[Role]) -> Profile:
    """Return what roles come to together; without any role nothing is allowed."""
    played = tuple(sorted(roles, key=lambda role: role.name))
    denied = {right for role in played for right in role.deny.rights}
    every = any(role.everything for role in played)
    rights = None if every and not denied else frozenset(r for role in played for r in role.rights) - denied
    open_menus = any(not role.menus for role in played)
    menus = None if open_menus else frozenset(path for role in played for path in role.menus)
    shut = frozenset(path for role in played for path in role.deny.menus)
    key = tuple(role.model_dump_json(exclude_defaults=True) for role in played)
    return Profile(key, configuration, played, rights, menus, shut)
