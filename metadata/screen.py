"""This file describes what people see: forms, lists and menus."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.model import Identifier, Model, Names, YesNo


class Item(Model):
    """One field on a form, with what differs there from the entity."""

    field: str
    width: int = PydanticField(0, ge=0, le=12)
    label: str = ""
    readonly: YesNo = False
    columns: Names = ()


class Section(Model):
    """A titled part of a tab; rows of fields side by side."""

    title: str = ""
    about: str = ""
    rows: tuple[tuple[Item, ...], ...] = ()


class Tab(Model):
    """A page of the form."""

    title: str
    sections: tuple[Section, ...]


def _item(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        return [{"field": value}]
    if isinstance(value, dict):
        for name, options in value.items():
            if not isinstance(options, dict):
                raise PydanticCustomError("item", "{value}", {"value": name})
        return [{"field": name, **options} for name, options in value.items()]
    raise PydanticCustomError("item", "{value}", {"value": str(value)[:40]})


def _row(value: Any) -> list[dict[str, Any]]:
    return [item for part in value for item in _item(part)] if isinstance(value, list) else _item(value)


def _section(title: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "rows" in value:
        return {
            "title": title,
            **value,
            "rows": [_row(row) for row in _listed(value["rows"])],
        }
    return {"title": title, "rows": [_row(row) for row in _listed(value)]}


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise PydanticCustomError("rows", "{value}", {"value": str(value)[:40]})
    return value


def _tabs(value: Any) -> Any:
    """Read `{Tab: {Section: rows}}` or `{Tab: rows}` into tabs."""
    if not isinstance(value, dict):
        return value
    tabs = []
    for title, content in value.items():
        named = content.items() if isinstance(content, dict) else (("", content),)
        tabs.append({"title": title, "sections": [_section(name, part) for name, part in named]})
    return tabs


def _below(value: Any) -> Any:
    return [item for part in value for item in _item(part)] if isinstance(value, list) else value


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
