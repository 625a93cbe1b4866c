"""This file says values of a record as facts: a label, and a text, a chip or a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from kernel.query.plan import Line
from metadata.entity import Entity, Field
from renderer.cells import chip, masked
from renderer.documents import list_of

MAX_CHIPS = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; `address` is where the record that it names is opened, if anywhere."""

    label: str
    text: str
    address: str = ""


def facts(
    runtime: Any, fields: Iterable[tuple[str, str, Field]], line: Line, sprite: str = ""
) -> Iterator[Fact]:
    """Yield the filled fields of a line, each given by path, label and field.

    sprite: of icons, where choices that have a tone are shown as chips.
    """
    for path, label, field in fields:
        value = line.values.get(path)
        if field.is_masked:
            if path not in line.bare:
                yield Fact(label, masked(field))
        elif value is None or value == "":
            continue
        elif field.type == "link":
            listed, text = list_of(runtime, field.to), line.shown.get(path) or ""
            there = f"/registros/{listed}/{value}" if listed and text else ""  # nothing is where none is seen
            yield Fact(label, text or str(value), there)
        elif field.kind.storage != "file":
            option = field.choices.get(value) if sprite and field.type == "choice" else None
            text = chip(option, sprite) if option else field.kind.print(value, field)
            yield Fact(label, field.unit.behind(str(text)) if field.unit else text)


def chips(entity: Entity, line: Line, sprite: str) -> list[Markup]:
    """Return the states of a record: its choices that have a tone."""
    toned = (
        field.choices[value]
        for name, value in line.values.items()
        if (field := entity.fields.get(name))
        and field.type == "choice"
        and value in field.choices
        and field.choices[value].tone
    )
    return [chip(option, sprite) for option in toned][:MAX_CHIPS]
