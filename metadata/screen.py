"""This file describes what people see: forms, lists and menus."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, model_validator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.model import Identifier, Model, Names, YesNo


class Item(Model):
    """One field on a form, with what differs there from the entity."""

    named_by: ClassVar[str] = "field"

    field: str
    width: int = PydanticField(0, ge=0, le=12)
    label: str = ""
    readonly: YesNo = False
    columns: Names = ()

    @model_validator(mode="before")
    @classmethod
    def _is_item(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise PydanticCustomError("item", "", {})
        return value


class Section(Model):
    """A titled part of a tab; rows of fields side by side."""

    named_by: ClassVar[str] = "title"

    title: str = ""
    about: str = ""
    rows: tuple[tuple[Item, ...], ...] = ()


class Tab(Model):
    """A page of the form."""

    title: str
    sections: tuple[Section, ...]


def _items(value: Any) -> list[Any]:
    """Read `codigo`, or `{codigo: {width: 2}, nome: {…}}`, as items; what is neither, Item refuses."""
    if isinstance(value, str):
        return [{"field": value}]
    if isinstance(value, dict):
        return [_named("field", name, options) for name, options in value.items()]
    return [value]


def _named(key: str, name: str, options: Any) -> Any:
    """Add to a part the key that its document writes as a name, and only so."""
    if not isinstance(options, dict):
        return options
    if key in options:
        raise PydanticCustomError("unknown_key", "{key}", {"key": key})
    return {key: name, **options}


def _row(value: Any) -> list[Any]:
    return [item for part in (value if isinstance(value, list) else [value]) for item in _items(part)]


def _section(title: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _named("title", title, {**value, "rows": _rows(value.get("rows", []))})
    return {"title": title, "rows": _rows(value)}


def _rows(value: Any) -> Any:
    return [_row(row) for row in value] if isinstance(value, list) else value


def _tabs(value: Any) -> Any:
    """Read `{Tab: {Section: rows}}` or `{Tab: rows}` into tabs."""
    if not isinstance(value, dict):
        return value
    return [{"title": title, "sections": _sections(content)} for title, content in value.items()]


def _sections(content: Any) -> list[dict[str, Any]]:
    named = content.items() if isinstance(content, dict) else (("", content),)
    return [_section(title, part) for title, part in named]


def _below(value: Any) -> Any:
    return _row(value) if isinstance(value, list) else value


class Form(Model):
    """The generated page of one record."""

    form: Identifier
    entity: str
    tabs: Annotated[tuple[Tab, ...], BeforeValidator(_tabs)] = ()
    below: Annotated[tuple[Item, ...], BeforeValidator(_below)] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.form

    @property
    def items(self) -> tuple[Item, ...]:
        """Every field on the form, in reading order."""
        rows = (item for tab in self.tabs for section in tab.sections for row in section.rows for item in row)
        return (*rows, *self.below)


class List(Model):
    """The generated list of an entity; `views` are shipped filters by name."""

    list: Identifier
    entity: str
    label: str = ""
    columns: Names = ()
    filters: Names = ()
    order: Names = ()
    views: dict[str, dict[str, Names]] = PydanticField(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.list


def _groups(value: Any) -> Any:
    if isinstance(value, list):
        return {"": value}
    return value


class Menu(Model):
    """One module of the rail with its tree of routines; `into` adds to a menu of another package."""

    menu: Identifier
    label: str = ""
    icon: str = "folder"
    order: int = 100
    into: str = ""
    items: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_groups)]
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.menu
