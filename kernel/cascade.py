"""This file says where a record has the value of a parameter from: which step of the cascade gave it.

The answer is worked out from what is stored, and told as the operator may see it: of what their roles do not
show neither the value nor what it would be instead is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from kernel.access.access import SYSTEM
from kernel.context import Context
from kernel.parameters import Dated, all_values, counting, on
from kernel.query import run
from kernel.query.plan import Count, Filter, Query
from kernel.query.secure import refusals
from kernel.runtime import Runtime
from metadata.entity import Field
from metadata.parameter import Parameter
from metadata.problems import Refused

COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the cascade: the path from a record of the entity to a field that may have the value.

    entity, field: where the path ends.  is_visible: whether the operator sees the field at all.
    own: how many records of that entity have a value of their own, of those that the operator sees.
    """

    path: str
    entity: str
    field: Field
    is_visible: bool
    own: Count | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts for a record on a day.

    place: of the step that gave the value; behind all steps stands the site, then the default.
    shown: what stands at each step, the site and the default, as people read it.
    is_hidden: the operator may not see what decides; then nothing else is told.
    """

    place: int
    shown: tuple[str, ...]
    dated: Dated | None = None
    is_hidden: bool = False


def levels(connection: Connection, runtime: Runtime, context: Context, parameter: Parameter) -> list[Level]:
    """Return the steps of the cascade, the one that comes first first."""
    return [_level(connection, runtime, context, parameter, path) for path in parameter.cascade]


def _level(
    connection: Connection, runtime: Runtime, context: Context, parameter: Parameter, path: str
) -> Level:
    entity, field = end_of(runtime, parameter, path)
    visible = sees(runtime, context, parameter.of, path)
    own = None
    if visible and sees(runtime, context, entity, field.name, plain=True):
        filled = Query(entity, filters=(Filter(field.name, "filled"),))
        own = run.count(connection, runtime, context, filled, COUNTED)
    return Level(path, entity, field, visible, own)


def sees(runtime: Runtime, context: Context, entity: str, path: str, *, plain: bool = False) -> bool:
    """Tell whether an operator may read a path from an entity; plain: also compare records by it."""
    return entity in runtime.entities and not refusals(runtime, context, entity, [path], plain=plain)


def end_of(runtime: Runtime, parameter: Parameter, path: str) -> tuple[str, Field]:
    """Return where a path of the cascade ends: the entity and its field."""
    entities = runtime.whole.configuration.entities
    entity, *steps = parameter.of, *path.split(".")
    for step in steps[:-1]:
        entity = entities[entity].fields[step].to
    return entity, entities[entity].fields[steps[-1]]


def default_of(parameter: Parameter) -> Any:
    """Return the default of a parameter as a value of its field, None where it has none."""
    value = parameter.type.canonical(parameter.default) if parameter.default else None
    return None if isinstance(value, Refused) else value


def answer(
    connection: Connection, runtime: Runtime, context: Context, parameter: Parameter, record: int, day: date
) -> Answer | None:
    """Return where a record has its value from on a day; None for a record that the operator does not see."""
    told = _values(connection, runtime, context, parameter, record)
    if told is None:
        return None
    real = _values(connection, runtime.whole, replace(context, access=SYSTEM), parameter, record) or {}
    place = next((at for at, path in enumerate(parameter.cascade) if real.get(path) is not None), None)
    if any(
        real.get(path) is not None and told.get(path) is None for path in parameter.cascade[: _end(place)]
    ):
        return Answer(-1, (), is_hidden=True)
    history = all_values(runtime.whole, connection).get(parameter.name, ())
    dated = on(counting(history), day)
    site = dated if dated is not None and dated.value is not None else None
    if place is None:
        place = len(parameter.cascade) + (site is None)
    return Answer(place, tuple(_shown(runtime, parameter, told, site)), site)


def _end(place: int | None) -> int | None:
    return None if place is None else place + 1


def _shown(
    runtime: Runtime, parameter: Parameter, told: Mapping[str, Any], site: Dated | None
) -> Iterator[str]:
    for path in parameter.cascade:
        value, field = told.get(path), end_of(runtime, parameter, path)[1]
        yield "" if value is None else field.kind.print(value, field)
    yield site.shown if site else ""
    default = default_of(parameter)
    yield "" if default is None else parameter.type.kind.print(default, parameter.type)


def _values(
    connection: Connection, runtime: Runtime, context: Context, parameter: Parameter, record: int
) -> dict[str, Any] | None:
    """Return what stands at each step that may be asked for; None where there is no such record."""
    if parameter.of not in runtime.entities:
        return None
    paths = tuple(path for path in parameter.cascade if sees(runtime, context, parameter.of, path))
    asked = Query(parameter.of, columns=paths, filters=(Filter("id", "is", (record,)),), limit=1)
    rows = run.page(connection, runtime, context, asked).rows
    return dict(rows[0].values) if rows else None
