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
from metadata.ledger import Ledger
from metadata.model import Condition, Identifier, Model, Names, YesNo
from metadata.problems import Refused, near
from metadata.role import LEVELS, Level
from metadata.rules import Check, Fill, Fixed, Keep
from metadata.states import LATE, SINCE, States, Transition
from metadata.types import TYPES, FieldType
from metadata.unit import NO_UNIT, Unit
from metadata.values.masks import COVERED, covered

TODAY = "today()"
SIZED_TYPE = re.compile(r"(decimal|money|percent)\s*\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_SIZES = {"decimal": (18, 6), "money": (15, 2), "percent": (9, 6)}
MAX_PRECISION = 38
_SHAPES = {"phone": "(99) 99999-9999", "date and time": "99/99/9999 99:99", "e-mail": "999@999"}
CONDITIONS = ("required", "readonly", "hidden")
ONCE = "id != null and {name} != null"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SYSTEM_FIELDS = frozenset(
    ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "search_text")
)
SINCE_HELP = "Desde quando está assim. O sistema anota a cada mudança."
LATE_HELP = "Se já passou a data até a qual devia ter saído desta situação."
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
    """One field of an entity; `type` is the base name, sizes stand in `precision` and `scale`.

    required, readonly, hidden: whether always; a condition in their place is `required_when` and so on.
    once: that people fill it once: of a stored record they no longer change what it says; the text says what
    to do instead.
    """

    short_form: ClassVar[str] = "type"

    type: str
    of: str | Options = ""
    to: str = ""
    by: str = ""
    where: dict[str, str] = PydanticField(default_factory=dict)
    only: dict[str, Names] = PydanticField(default_factory=dict)
    order: str = ""
    pattern: str = ""
    restart: Literal["never", "day", "month", "year"] = "never"
    gapless: YesNo = False
    min: str = ""
    max: str = ""
    unit: Unit = NO_UNIT
    mask: str = ""
    upper: YesNo = False
    lines: int = PydanticField(0, ge=0, le=100)
    accept: Names = ()
    max_size: int = PydanticField(0, ge=0, le=2048)
    label: str = ""
    short: str = ""
    is_: str = PydanticField("", alias="is")
    stored: YesNo = False
    required: Condition = False
    unique: YesNo = False
    readonly: Condition = False
    once: str = ""
    hidden: Condition = False
    privacy: Literal["", "personal", "sensitive"] = ""
    anonymise: Literal["", "keep", "clear", "year", "word", "token"] = ""
    default: str = ""
    help: str = ""
    example: str = ""
    source: str = ""
    note: str = ""
    was: Names = ()

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
        for key in CONDITIONS:
            if isinstance(said := getattr(self, key), str):
                self.__dict__.update({key: False, f"{key}_when": said})
        for key in {key.rstrip("_") for key in self.model_fields_set} - self.kind.options:
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
    def required_when(self) -> str:
        """The condition under which the field must be filled; `_fitting` puts it here."""
        return ""

    @cached_property
    def readonly_when(self) -> str:
        """The condition under which the field cannot be changed."""
        return ""

    @cached_property
    def hidden_when(self) -> str:
        """The condition under which forms do not show the field, and it need not be filled."""
        return ""

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
        return self.kind.storage not in ("none", "bridge") and (self.stored or not self.is_)

    @cached_property
    def in_sets(self) -> bool:
        """Tell whether a computed field that is not stored can be asked of many records.

        The configuration as a whole knows (`Configuration.computed_in_sets`); compiling puts it here.
        """
        return False

    @cached_property
    def is_masked(self) -> bool:
        """Tell whether the value is kept from the operator; the configuration as a profile sees it knows."""
        return False

    @cached_property
    def is_revealable(self) -> bool:
        """Tell whether the operator may ask for the masked value of some record, with a reason."""
        return False

    @cached_property
    def cover(self) -> str:
        """What stands in place of a masked value: it follows from the field alone, never from a value."""
        return covered(self.mask or self.kind.mask or _SHAPES.get(self.type, "")) or COVERED

    @cached_property
    def is_locked(self) -> bool:
        """Tell whether the operator may never write it, not even in a new record."""
        return False

    @cached_property
    def is_late(self) -> bool:
        """Tell whether it says that a record is in a state past its deadline; the entity adds it."""
        return False

    @cached_property
    def is_fixed(self) -> bool:
        """Tell whether `fixed` of the entity locks it, and no condition of its own."""
        return False

    @cached_property
    def is_once(self) -> bool:
        """Tell whether people fill it once; `resolve`, which knows its name, makes the condition of it."""
        return False

    @property
    def is_asked(self) -> bool:
        """Tell whether lists can show, filter and sort by the field."""
        return self.has_column or self.in_sets

    @property
    def operators(self) -> tuple[str, ...]:
        """The filter operators of the field; none where nothing can be asked."""
        return () if (self.is_ and not self.is_asked) or self.is_masked else self.kind.operators

    @cached_property
    def default_is(self) -> str:
        """The expression of the default, or an empty text where that is a plain value or nothing."""
        if self.default == TODAY:
            return "now()" if self.type == "date and time" else TODAY
        return self.default.removeprefix("=").strip() if self.default.startswith("=") else ""

    @cached_property
    def is_given(self) -> bool:
        """Tell whether only the system fills the field."""
        return self.type == "sequence" or bool(self.is_) or self.is_since

    @cached_property
    def is_since(self) -> bool:
        """Tell whether it says since when a record is in its state; the entity, which adds it, knows."""
        return False

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
        if self.once and not (self.readonly or self.readonly_when or self.is_given):
            self.__dict__.update(readonly_when=ONCE.format(name=name), is_once=True)
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


class Holidays(Model):
    """Records that are days without work: the date of each, of those that meet a condition."""

    short_form: ClassVar[str] = "day"

    day: str
    when: str = ""


class Operators(Model):
    """Records that are the people who work here: the field with the name by which each signs in."""

    short_form: ClassVar[str] = "login"

    login: str


class Secrecy(Model):
    """That records can be closed to all but some: the rights to close one and to open it again."""

    include: str
    remove: str


class Person(Model):
    """Records that are people: the rights of who may gather all about one, and of who may anonymise one.

    Without the second nobody may.
    """

    short_form: ClassVar[str] = "gather"

    gather: str
    anonymise: str = ""


def _groups(value: Any) -> Any:
    """Let `unique: [cpf]` stand for `unique: [[cpf]]`."""
    return [[item] if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


class Entity(Model):
    """A kind of record.

    apart: links, as to a company or a branch, by which records are kept apart: an operator has those of the
    records that the same kind of link of the operator leads to, and those where the link is empty.
    person: the records are people.  subject: links to the person, or to a record about one, that a record is
    about.  ledger: the records are entries whose lines balance.  keep: what a record has to be kept as it is
    for.  fixed: when people no longer change or remove a record.  states: the field that holds the state of a
    record, which only transitions change.
    """

    entity: Identifier
    label: EntityLabel
    icon: str = "file-text"
    help: str = ""
    shown_as: str = ""
    search: Names = ()
    unique: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_groups)] = ()
    order: Names = ()
    valid: Valid | None = None
    holidays: Holidays | None = None
    operators: Operators | None = None
    apart: Names = ()
    secrecy: Secrecy | None = None
    person: Person | None = None
    subject: Names = ()
    ledger: Ledger | None = None
    fields: dict[Identifier, Field]
    fills: dict[Identifier, Fill] = PydanticField(default_factory=dict)
    checks: dict[Identifier, Check] = PydanticField(default_factory=dict)
    keep: dict[Identifier, Keep] = PydanticField(default_factory=dict)
    fixed: Fixed | None = None
    states: States | None = None
    transitions: dict[Identifier, Transition] = PydanticField(default_factory=dict)
    note: str = ""
    was: Names = ()

    @model_validator(mode="after")
    def _timed(self) -> Entity:
        """Add the fields that say since when a record is in its state, and whether past its deadline.

        Where a field has such a name already, the check tells.
        """
        state = self.state_field
        if state is None or self.states is None:
            return self
        field = self.fields[state]
        label = field.label or usual_label(state)
        added: dict[str, dict[str, Any]] = {
            SINCE: {"type": "date and time", "label": f"{label} desde", "help": SINCE_HELP},
        }
        if late := self.states.is_late({name: each.type for name, each in self.fields.items()}):
            added[LATE] = {
                "type": "yes/no",
                "label": f"{label}: prazo vencido",
                "help": LATE_HELP,
                "is": late,
            }
        for end, said in added.items():
            if state + end not in self.fields:
                made = Field(**said, readonly="yes", was=[f"{former}{end}" for former in field.was])
                made.__dict__.update(is_since=end == SINCE, is_late=end == LATE)
                self.fields[state + end] = made
        return self

    @model_validator(mode="after")
    def _fixing(self) -> Entity:
        """Lock the fields of records that only processes change; a new record begins unlocked, as it is."""
        for name, field in self.fields.items() if self.fixed else ():
            is_free = field.is_given or field.readonly or field.readonly_when or name == self.state_field
            if self.fixed and not is_free and name not in self.fixed.free:
                field.__dict__.update(readonly_when=self.fixed.when, is_fixed=True)
        return self

    @property
    def state_field(self) -> str | None:
        """The name of the field that holds the state, also where the document still says a former one."""
        if self.states is None:
            return None
        said = self.states.field
        return next((n for n, field in self.fields.items() if said == n or said in field.was), None)

    @property
    def since(self) -> str:
        """The name of the field that says since when a record is in its state, or an empty text."""
        name = f"{self.state_field}{SINCE}"
        return name if name in self.fields and self.fields[name].is_since else ""

    @property
    def begins(self) -> tuple[str, ...]:
        """The states in which a record may begin."""
        if self.states is None or self.states.begin:
            return self.states.begin if self.states else ()
        default = self.fields[self.states.field].default
        return (default,) if default and not default.startswith("=") else ()

    @property
    def made_by_hand(self) -> Mapping[str, Transition]:
        """The transitions that people make; the others belong to processes."""
        return {name: each for name, each in self.transitions.items() if each.by_hand}

    @property
    def name(self) -> str:
        """The name of the entity."""
        return self.entity

    @cached_property
    def levels(self) -> frozenset[int]:
        """The levels, counted as in `metadata.role.LEVELS`, that the operator has on some record."""
        return frozenset(range(len(LEVELS)))

    def allows(self, level: Level) -> bool:
        """Tell whether the operator has a level on some record; what only processes make, nobody adds."""
        return LEVELS.index(level) in self.levels and not (level == "add" and self.made_by_processes)

    @property
    def made_by_processes(self) -> str:
        """Why people make no such record, and what to do instead; empty where they do."""
        return self.fixed.new if self.fixed else ""

    @cached_property
    def former(self) -> Mapping[str, str]:
        """Former name → name of today, of fields that were renamed; a rule may still say the former."""
        return {
            was: name for name, field in self.fields.items() for was in field.was if was not in self.fields
        }

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
