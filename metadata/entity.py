"""This file describes entities: what is kept, under which names, with which keys and limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, field_validator, model_validator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.choices import Option, Options
from metadata.model import Identifier, Model, Names, YesNo
from metadata.problems import Refused, near
from metadata.types import TYPES, FieldType

TODAY = "today()"
SIZED_TYPE = re.compile(r"(decimal|money|percent)\s*\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_SIZES = {"decimal": (18, 6), "money": (15, 2), "percent": (9, 6)}
MAX_PRECISION = 38
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SYSTEM_FIELDS = frozenset(
    ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "search_text")
)
NO_OPTIONS: Mapping[str, Option] = {}


def split_size(text: str) -> tuple[str, tuple[int, int]]:
    """Cut `decimal(12,4)` into decimal and (12, 4); a type without sizes has (0, 0)."""
    if sized := SIZED_TYPE.fullmatch(text):
        return sized[1], (int(sized[2]), int(sized[3]))
    return text, _SIZES.get(text, (0, 0))


def write_type(base: str, size: tuple[int, int]) -> str:
    """Return a type as a document says it: with its sizes where they are not the usual ones."""
    return base if size == _SIZES.get(base, (0, 0)) else f"{base}({size[0]},{size[1]})"


def usual_label(name: str) -> str:
    """Return the label of a field that has none of its own."""
    return name.replace("_", " ").capitalize()


class Field(Model):
    """One field of an entity; `type` is the base name, sizes stand in `precision` and `scale`."""

    short_form: ClassVar[str] = "type"

    type: str
    of: str | Options = ""
    to: str = ""
    by: str = ""
    where: dict[str, str] = PydanticField(default_factory=dict)
    order: str = ""
    pattern: str = ""
    restart: Literal["never", "day", "month", "year"] = "never"
    gapless: YesNo = False
    min: str = ""
    max: str = ""
    unit: str = ""
    mask: str = ""
    upper: YesNo = False
    lines: int = PydanticField(0, ge=0, le=100)
    accept: Names = ()
    max_size: int = PydanticField(0, ge=0, le=2048)
    label: str = ""
    short: str = ""
    required: YesNo = False
    unique: YesNo = False
    readonly: YesNo = False
    privacy: Literal["", "personal", "sensitive"] = ""
    default: str = ""
    help: str = ""
    example: str = ""
    source: str = ""
    note: str = ""
    was: str = ""

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        base, (precision, scale) = split_size(value)
        if base not in TYPES:
            raise PydanticCustomError("unknown_type", "{value}", {"value": value, "near": near(value, TYPES)})
        if scale > precision or precision > MAX_PRECISION:
            raise PydanticCustomError("size", "{value}", {"value": value})
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Field:
        """Refuse keys that mean nothing for the type, and keys that the type cannot do without."""
        base, size = split_size(self.type)
        if size != (0, 0):
            self.__dict__.update(type=base, precision=size[0], scale=size[1])
        for key in self.model_fields_set - self.kind.options:
            raise PydanticCustomError("option", "{key}", {"key": key, "type": self.type})
        for key in self.kind.needs:
            if not getattr(self, key):
                raise PydanticCustomError("needs", "{key}", {"key": key, "type": self.type})
        if self.type == "sequence" and "{n" not in self.pattern:
            raise PydanticCustomError("needs", "{key}", {"key": "pattern", "type": self.type})
        return self

    # What requests ask of a field is kept beside its values: a look-up in a dictionary, no property.

    @cached_property
    def precision(self) -> int:
        """How many digits a decimal has; `_fitting` puts it here."""
        return 0

    @cached_property
    def scale(self) -> int:
        """How many of its digits stand after the comma."""
        return 0

    @cached_property
    def name(self) -> str:
        """The name under which the entity knows the field; `resolve` puts it here."""
        return ""

    @cached_property
    def kind(self) -> FieldType:
        """The line of the type table."""
        return TYPES[self.type]

    @property
    def type_text(self) -> str:
        """The type as a document says it: with its sizes where they are not the usual ones."""
        return write_type(self.type, (self.precision, self.scale))

    @cached_property
    def choices(self) -> Mapping[str, Option]:
        """The options of a choice, whether written here or in a choices document."""
        return self.of if isinstance(self.of, dict) else NO_OPTIONS

    @cached_property
    def has_column(self) -> bool:
        """Tell whether the field has a column in the table of its entity."""
        return self.kind.storage not in ("none", "bridge")

    @property
    def column_label(self) -> str:
        """The label for heads of columns."""
        return self.short or self.label

    def canonical(self, text: str) -> Any | Refused:
        """Read a text of a document (default, limit, data row) in canonical form."""
        return self.kind.from_json(text, self)

    def limit(self, key: str) -> Any | None:
        """Return `min` or `max` as a value of the field (or a length, for texts and children), or None."""
        text = getattr(self, key)
        if not text or (self.kind.counts and not text.isdecimal()):
            return None
        value = int(text) if self.kind.counts else self.canonical(text)
        return None if isinstance(value, Refused) else value

    def resolve(self, name: str, choices: Mapping[str, Option] | None = None) -> None:
        """Give the field its name and, for a choice by reference, its options (done once, on loading)."""
        self.__dict__["name"] = name
        if not self.label:
            object.__setattr__(self, "label", usual_label(name))
        if choices is not None:
            self.__dict__["choices"] = choices


class EntityLabel(Model):
    """How people call one and many records, with the grammatical gender for messages."""

    one: str
    many: str
    gender: Literal["m", "f"] = "m"


class Valid(Model):
    """Dated rows: from one date to another (empty = open), without overlap within the same keys."""

    from_: str = PydanticField(alias="from")
    to: str
    within: Names = ()


def _groups(value: Any) -> Any:
    """Let `unique: [cpf]` stand for `unique: [[cpf]]`."""
    return [[item] if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


class Entity(Model):
    """A kind of record."""

    entity: Identifier
    label: EntityLabel
    icon: str = "file-text"
    help: str = ""
    shown_as: str = ""
    search: Names = ()
    unique: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_groups)] = ()
    order: Names = ()
    valid: Valid | None = None
    fields: dict[Identifier, Field]
    note: str = ""
    was: str = ""

    @property
    def name(self) -> str:
        """The name of the entity."""
        return self.entity

    @property
    def shown_pieces(self) -> tuple[str, ...]:
        """The display text cut into literal texts (even places) and field names (odd places)."""
        return tuple(_PLACEHOLDER.split(self.shown_template))

    @property
    def shown_template(self) -> str:
        """The pattern of the display text; without one, the first text-like field."""
        if self.shown_as:
            return self.shown_as
        for name, field in self.fields.items():
            if field.kind.is_text:
                return "{" + name + "}"
        return "{id}"

    @property
    def columns(self) -> Iterator[Field]:
        """The fields that have a column."""
        return (field for field in self.fields.values() if field.has_column)

    @property
    def children(self) -> Iterator[Field]:
        """The fields that hold child rows."""
        return (field for field in self.fields.values() if field.type == "children")

    @property
    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """Every unique key: the ones of the entity and the ones of single fields."""
        single = tuple((name,) for name, field in self.fields.items() if field.unique)
        return tuple(dict.fromkeys((*self.unique, *single)))
