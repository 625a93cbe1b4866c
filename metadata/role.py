"""This file describes roles: what those who have one may see and do, and what they must not."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names, YesNo

Level = Literal["none", "read", "add", "change", "remove", "configure"]
"""From nothing to everything; each level includes those before it."""
Privacy = Literal["hidden", "masked", "revealable", "shown"]
"""How a personal or sensitive field is shown: not at all, by a mask, one by one for a reason, as it is."""
LEVELS: tuple[Level, ...] = get_args(Level)
PRIVACY: tuple[Privacy, ...] = get_args(Privacy)


class EntityGrant(Model):
    """How much of an entity, and of which of its records: those that meet the condition `rows`."""

    short_form: ClassVar[str] = "level"

    level: Level
    rows: str = ""


class FieldGrant(Model):
    """How much of one field; unless: the right with which the level of the entity counts instead."""

    short_form: ClassVar[str] = "level"

    level: Level
    unless: str = ""


class Denial(Model):
    """What must not be, whatever other roles grant: the level said, and all above it."""

    rights: Names = ()
    menus: Names = ()
    entities: dict[str, EntityGrant] = PydanticField(default_factory=dict)
    fields: dict[str, FieldGrant] = PydanticField(default_factory=dict)


class Role(Model):
    """A part that somebody plays at work.

    rights: by name.  packages: a level for every entity of a package.  entities, fields: a level each, a
    field as `entity.field`.  menus: parts of the tree, `menu/group/entry`; without any, whatever leads to
    something that may be read.  privacy: how personal and sensitive fields are shown.  everything: no
    limits at all.  was: former names; whoever has the role keeps it, and what was left open to it stays so.
    """

    role: Identifier
    label: str
    about: str = ""
    everything: YesNo = False
    rights: Names = ()
    packages: dict[str, Level] = PydanticField(default_factory=dict)
    entities: dict[str, EntityGrant] = PydanticField(default_factory=dict)
    fields: dict[str, FieldGrant] = PydanticField(default_factory=dict)
    menus: Names = ()
    privacy: dict[Literal["personal", "sensitive"], Privacy] = PydanticField(default_factory=dict)
    deny: Denial = Denial()
    note: str = ""
    was: Names = ()

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.role
