"""This file compiles a configuration into a Runtime: tables and statements, made once, never changed.

A request takes one Runtime and works with nothing else, so it cannot mix two versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table

from kernel.expression import definitions
from kernel.rules import actions, ruleset
from kernel.storage import names, tables
from metadata.collector import without_collector
from metadata.entity import Entity, Field
from metadata.package import Configuration
from metadata.site_roles import Change, Unfit, laid_over

if TYPE_CHECKING:
    from kernel.access.profile import Profile

MAX_STATEMENTS = 6000


@dataclass(frozen=True, slots=True)
class Child:
    """A children field: which entity the rows are of, by which link they belong, in which order they come."""

    field: Field
    entity: str
    by: str
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A link from another entity to this one."""

    entity: str
    field: str


@dataclass(frozen=True, slots=True)
class CompiledEntity:
    """An entity with all that is needed to read and write its records.

    columns: fields with a column.  bridges: tables of many-links fields.  owners: link back → parent
    entity, for an entity whose records are children.  defaults: fixed values of a new record.
    rules: conditions, computed fields, checks, fills.  constraints: name in the database → fields of the
    key.  references: links of others that lead here (children apart).
    """

    entity: Entity
    table: Table
    columns: tuple[Field, ...]
    children: Mapping[str, Child]
    bridges: Mapping[str, Table]
    owners: Mapping[str, str]
    defaults: Mapping[str, Any]
    rules: ruleset.RuleSet
    constraints: Mapping[str, tuple[str, ...]]
    references: tuple[Reference, ...]

    @property
    def name(self) -> str:
        """The name of the entity."""
        return self.entity.name

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""
        return self.entity.fields


@dataclass(frozen=True, slots=True)
class Site:
    """What the site itself says over its packages: of roles.

    edit: the newest that is in force.  packaged: the configuration without it.  unfit: changes that do not
    fit the packages any more.
    """

    edit: int
    packaged: Configuration
    unfit: tuple[Unfit, ...]


@dataclass(frozen=True)
class Runtime:
    """One published version, ready to serve.

    definitions: what expressions can call besides built-ins.  actions: by name.
    statements: what was compiled on first use, by shape; never by values.  views: what the renderer
    compiled for this version, by name of form or list.  seen: as profiles see the version.  base, profile:
    of what a profile sees, the version and the profile.  site: what the site says over its packages.
    """

    version: int
    configuration: Configuration
    metadata: MetaData
    entities: Mapping[str, CompiledEntity]
    rules: ruleset.Rules
    definitions: Mapping[str, definitions.Compiled] = attribute(default_factory=dict)
    actions: Mapping[str, actions.CompiledAction] = attribute(default_factory=dict)
    statements: dict[Any, Any] = attribute(default_factory=dict)
    views: dict[Any, Any] = attribute(default_factory=dict)
    seen: dict[Any, Runtime] = attribute(default_factory=dict)
    base: Runtime | None = None
    profile: Profile | None = None
    site: Site | None = None

    @property
    def whole(self) -> Runtime:
        """The version itself, of which this is what a profile sees."""
        return self.base or self

    def remember(self, key: Any, made: Any) -> None:
        """Keep what was compiled for a shape; beyond the limit the oldest goes, so memory stays flat."""
        if len(self.statements) >= MAX_STATEMENTS:
            self.statements.pop(next(iter(self.statements)), None)
        self.statements[key] = made


def compile(configuration: Configuration, version: int) -> Runtime:
    """Return the Runtime of a configuration without problems."""
    with without_collector():
        return _compile_whole(configuration, version)


def _compile_whole(configuration: Configuration, version: int) -> Runtime:
    entities = configuration.entities
    metadata = tables.build(entities, _orders(configuration))
    owners = tables.parents(entities)
    references = _references(entities, owners)
    for entity, name in configuration.computed_in_sets:
        entities[entity].fields[name].__dict__["in_sets"] = True
    called = definitions.compiled_of(configuration)
    rules = ruleset.compile(configuration, called)
    compiled = {
        name: _compiled(
            entity, metadata, owners.get(name, {}), references.get(name, ()), entities, rules.sets[name]
        )
        for name, entity in entities.items()
    }
    acts = actions.compile(configuration, rules.reads)
    return Runtime(version, configuration, metadata, compiled, rules, called, acts)


def at_site(runtime: Runtime, edit: int, changes: Iterable[Change]) -> Runtime:
    """Return a published version with the roles as the site has them."""
    packaged = runtime.site.packaged if runtime.site else runtime.configuration
    configuration, unfit = laid_over(packaged, changes)
    site = Site(edit, packaged, unfit)
    return replace(runtime, configuration=configuration, views={}, seen={}, site=site)


def _compiled(
    entity: Entity,
    metadata: MetaData,
    owners: Mapping[str, str],
    references: tuple[Reference, ...],
    entities: Mapping[str, Entity],
    rules: ruleset.RuleSet,
) -> CompiledEntity:
    many = [field for field in entity.fields.values() if field.type == "many links"]
    return CompiledEntity(
        entity=entity,
        table=metadata.tables[entity.name],
        columns=tuple(entity.columns),
        children={field.name: _child(field, entity, entities) for field in entity.children},
        bridges={field.name: metadata.tables[names.bridge(entity.name, field.name)] for field in many},
        owners=owners,
        defaults=_defaults(entity),
        rules=rules,
        constraints=_constraints(entity),
        references=references,
    )


def _child(field: Field, parent: Entity, entities: Mapping[str, Entity]) -> Child:
    child = entities[str(field.of)]
    order = (field.order,) if field.order else child.order or ("id",)
    return Child(field, child.name, tables.link_back(field, child, parent), order)


def _defaults(entity: Entity) -> dict[str, Any]:
    filled = (field for field in entity.fields.values() if field.default and not field.default_is)
    return {field.name: field.canonical(field.default) for field in filled}


def _constraints(entity: Entity) -> dict[str, tuple[str, ...]]:
    found = {names.derived("uq", entity.name, *group): group for group in entity.unique_keys}
    if entity.valid:
        found[names.derived("ex", entity.name)] = (*entity.valid.within, entity.valid.from_, entity.valid.to)
    for field in entity.columns:
        if field.kind.storage in ("link", "file"):
            found[names.derived("fk", entity.name, field.name)] = (field.name,)
    return found


def _references(
    entities: Mapping[str, Entity], owners: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Reference, ...]]:
    found: dict[str, tuple[Reference, ...]] = {}
    for entity in entities.values():
        for field in entity.fields.values():
            owned = field.name in owners.get(entity.name, {})
            if field.type in ("link", "many links") and not owned:
                found[field.to] = (*found.get(field.to, ()), Reference(entity.name, field.name))
    return found


def _orders(configuration: Configuration) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the orders that deserve an index: the entity's own and those of its lists, of one direction."""
    found: dict[str, dict[tuple[str, ...], None]] = {}
    wanted = [(entity.name, entity.order) for entity in configuration.entities.values()]
    wanted += [(entry.entity, entry.order) for entry in configuration.lists.values()]
    for entity, order in wanted:
        bare = tuple(name.removeprefix("-") for name in order)
        descending = {name.startswith("-") for name in order}
        plain = all(name in configuration.entities[entity].fields for name in bare)
        if bare and len(descending) == 1 and plain:
            found.setdefault(entity, {})[bare] = None
    return {entity: tuple(orders) for entity, orders in found.items()}
