"""This file compiles quick looks, once per Runtime: all parts of an entity's look, joined in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from kernel.query.plan import Filter, Line, Query
from metadata.entity import Entity
from metadata.look import RECORD, LookRows
from metadata.problems import Refused
from renderer import cells
from renderer.documents import Target, list_of, lists, target
from renderer.filters import Asked, address
from renderer.once import per_runtime


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts under a title."""

    title: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows under a title.

    by: paths of theirs, each with that of the record.  only: what is asked of them besides.
    is_alike: they are of the record's own kind; it does not stand among them.
    """

    title: str
    help: str
    entity: Entity
    list: str
    by: tuple[tuple[str, str], ...]
    only: tuple[Filter, ...]
    columns: tuple[Target, ...]
    order: tuple[str, ...]
    most: int
    write: Callable[[Line], str]
    is_alike: bool

    def query(self, record: int, values: dict[str, Any]) -> Query | None:
        """Return what asks for the rows, one more than are shown; None where there can be none."""
        found = tuple(
            Filter(theirs, "is", (record if ours == RECORD else values[ours],)) for theirs, ours in self.by
        )
        if any(each.values[0] is None for each in found):
            return None
        if self.is_alike:
            found = (*found, Filter("id", "is not", (record,)))
        paths = tuple(each.path for each in self.columns)
        return Query(self.entity.name, paths, (*found, *self.only), order=self.order, limit=self.most + 1)

    def address(self, runtime: Any, record: int, values: dict[str, Any]) -> str:
        """Return the address of the list with the same rows; empty where that list does not filter by it."""
        document = lists(runtime)[self.list]
        known = [target(runtime, self.entity.name, theirs) for theirs, _ in self.by]
        if not {theirs for theirs, _ in self.by} <= {*document.filters}:
            return ""
        wanted = (record if ours == RECORD else values[ours] for _, ours in self.by)
        asked = (Asked(found, "is", (value,)) for found, value in zip(known, wanted, strict=True) if found)
        return address(f"/registros/{self.list}", [pair for each in asked for pair in each.pairs()])


@dataclass(frozen=True, slots=True)
class LookView:
    """A quick look, ready; `paths` are those of the record that it asks for."""

    entity: Entity
    facts: tuple[Facts, ...]
    rows: tuple[Rows, ...]
    paths: tuple[str, ...]


@per_runtime
def look_of(runtime: Any, entity: str) -> bool:
    """Tell whether there is a quick look of an entity."""
    return any(look.entity == entity for look in runtime.configuration.looks.values())


@per_runtime
def look_view(runtime: Any, entity_name: str, sprite: str) -> LookView | None:
    """Compile the quick look of an entity; None where there is none."""
    parts = [look for look in runtime.configuration.looks.values() if look.entity == entity_name]
    if not parts:
        return None
    parts.sort(key=lambda look: (look.order, look.name))
    titled = ((title, paths) for look in parts for title, paths in look.facts.items())
    facts = tuple(Facts(title, tuple(_targets(runtime, entity_name, paths))) for title, paths in titled)
    rows = tuple(
        _rows(runtime, title, each, sprite, entity_name)
        for look in parts
        for title, each in look.rows.items()
    )
    paths = [each.path for part in facts for each in part.targets]
    paths += [ours for each in rows for _, ours in each.by if ours != RECORD]
    entity = runtime.configuration.entities[entity_name]
    return LookView(entity, facts, rows, tuple(dict.fromkeys(paths)))


def _targets(runtime: Any, entity: str, paths: Iterable[str]) -> Iterable[Target]:
    found = (target(runtime, entity, path) for path in paths)
    return (each for each in found if each is not None and each.field.is_asked)


def _rows(runtime: Any, title: str, rows: LookRows, sprite: str, of: str) -> Rows:
    entity: Entity = runtime.configuration.entities[rows.of]
    columns = tuple(_targets(runtime, rows.of, rows.columns))
    only = [Filter(path, "empty") for path in rows.empty]
    for path, texts in rows.only.items():
        found = target(runtime, rows.of, path)
        values = tuple(found.field.canonical(text) for text in texts) if found else ()
        only.append(Filter(path, "one of", tuple(each for each in values if not isinstance(each, Refused))))
    listed = list_of(runtime, rows.of)
    order = tuple(rows.order or entity.order)
    write = _printer(runtime, columns, f"/registros/{listed}", sprite)
    return Rows(
        title=title,
        help=rows.help,
        entity=entity,
        list=listed,
        by=tuple(rows.by.items()),
        only=tuple(only),
        columns=columns,
        order=order,
        most=rows.most,
        write=write,
        is_alike=rows.of == of,
    )


def _printer(runtime: Any, columns: tuple[Target, ...], there: str, sprite: str) -> Callable[[Line], str]:
    """Return what writes the cells of a row; its first one leads to the record."""
    first = _opening(columns[0], there)
    others = []
    for each in columns[1:]:
        linked = list_of(runtime, each.field.to) if each.field.type == "link" else ""
        css = "num" if each.field.kind.is_number else ""
        others.append(cells.cell(each, sprite, f"/registros/{linked}" if linked else "", css))
    return lambda line: first(line) + "".join([cell(line, "") for cell in others])


def _opening(found: Target, there: str) -> Callable[[Line], str]:
    write = cells.printer(found)
    cover = cells.masked(found.field) if found.field.is_masked else ""

    def made(line: Line) -> str:
        value = line.values[found.path]
        shown = line.shown.get(found.path) if found.field.type == "link" else None
        text = shown or ("" if value is None else write(value))
        label = ("" if found.path in line.bare else cover) or escape(text) or "(abrir)"
        return f'<td class="k-name"><a class="link" href="{escape(there)}/{line.id}">{label}</a></td>'

    return made
