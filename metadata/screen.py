"""This file describes what people see: forms, lists and menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator
from pydantic import Field as PydanticField

from metadata.model import Identifier, Model, Names, YesNo


class Item(Model):
    """One field on a form, with what differs there from the entity."""

    named_by: ClassVar[str] = "field"

    field: str
    width: int = PydanticField(0, ge=0, le=12)
    label: str = ""
    readonly: YesNo = False
    columns: Names = ()
    totals: Names = ()


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
    """Read `codigo`, or `{codigo: {width: 2}, nome: {…}}`, as items by name; Item refuses what is neither."""
    return (
        list(value.items()) if isinstance(value, dict) else [(value, {} if isinstance(value, str) else value)]
    )


def _row(value: Any) -> list[Any]:
    return [item for part in (value if isinstance(value, list) else [value]) for item in _items(part)]


def _section(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "rows": _rows(value.get("rows", []))}
    return {"rows": _rows(value)}


def _rows(value: Any) -> Any:
    return [_row(row) for row in value] if isinstance(value, list) else value


def _tabs(value: Any) -> Any:
    """Read `{Tab: {Section: rows}}` or `{Tab: rows}` into tabs."""
    if not isinstance(value, dict):
        return value
    return [{"title": title, "sections": _sections(content)} for title, content in value.items()]


def _sections(content: Any) -> list[Any]:
    named = content.items() if isinstance(content, dict) else (("", content),)
    return [(title, _section(part)) for title, part in named]


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
        return tuple(item for _, item in self.placed_items())

    def placed_items(self) -> Iterator[tuple[tuple[Any, ...], Item]]:
        """Yield every field on the form with its path within the model."""
        for tab_index, tab in enumerate(self.tabs):
            for section_index, section in enumerate(tab.sections):
                for row_index, row in enumerate(section.rows):
                    start = ("tabs", tab_index, "sections", section_index, "rows", row_index)
                    yield from (((*start, index), item) for index, item in enumerate(row))
        yield from ((("below", index), item) for index, item in enumerate(self.below))


class List(Model):
    """The generated list of an entity; `views` are shipped filters by name.

    only: paths with the values of which a row must have one; the list never shows others.
    """

    list: Identifier
    entity: str
    label: str = ""
    only: dict[str, Names] = PydanticField(default_factory=dict)
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
    order: int = PydanticField(100, ge=0, le=10_000)
    into: str = ""
    items: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_groups)]
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.menu


def written_path(path: tuple[Any, ...], plain: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a path of the model as the document has it: a form's tabs and sections are its keys.

    Shape:  (tabs, 0, sections, 1, rows, 2, 0, width) → (tabs, Regras, Cálculo, 2, multa, width)
    """
    if path[:1] not in (("tabs",), ("below",)) or not isinstance(plain.get(path[0]), list | dict):
        return path
    node, steps, done = plain[path[0]], list(path[1:]), [path[0]]
    while steps and isinstance(node, list | dict):
        step = steps.pop(0)
        if step in ("sections", "rows") and not (isinstance(node, dict) and step in node):
            if step == "sections" and isinstance(node, list):
                steps = steps[1:]  # a tab without named sections has its rows at once
            continue
        for name in _found(node, step):
            done.append(name)
            node = node[name]
    return (*done, *(step for step in path[-1:] if isinstance(step, str) and step not in done))


def _found(node: Any, step: Any) -> tuple[Any, ...]:
    """Return the steps that lead from a written part to a step of the model."""
    if isinstance(node, list):
        return (step,) if isinstance(step, int) and step < len(node) else ()
    if isinstance(step, int):
        return tuple(node)[step : step + 1]
    if step in node:
        return (step,)
    only = next(iter(node), None)
    named = node.get(only)  # `nome: {width: 3}` within a row
    return (only, step) if len(node) == 1 and isinstance(named, dict) and step in named else ()
