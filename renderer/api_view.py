"""This file compiles the JSON form of an entity once per Runtime: columns to read, how values are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.query.plan import Line
from kernel.runtime import Runtime
from metadata.entity import Entity, Field
from renderer.once import per_runtime

# A value goes out through a function, as itself (None), or as a link with its text.
Write = Callable[[Any], Any] | None
AS_ITSELF = frozenset(
    {"bigint", "boolean", "jsonb", "text"}
)  # and dates: orjson writes all of these as the API does
USUAL_SCALE = 6  # up to here str() writes a decimal of the database without an exponent


@dataclass(frozen=True, slots=True)
class ApiView:
    """The JSON form of one entity; `writers` are (field, path, value and text → JSON).

    worked: the writers of fields that are computed when they are read.
    """

    entity: Entity
    paths: tuple[str, ...]
    writers: tuple[tuple[str, str, Write], ...]
    many: tuple[str, ...]
    children: tuple[str, ...]
    worked: tuple[tuple[str, str, Write], ...] = ()


@per_runtime
def api_view(runtime: Runtime, entity: str) -> ApiView | None:
    """Compile the JSON form; None when there is no such entity."""
    compiled = runtime.entities.get(entity)
    if compiled is None:
        return None
    return ApiView(
        entity=compiled.entity,
        paths=tuple(field.name for field in compiled.columns),
        writers=writers(compiled.columns),
        many=tuple(compiled.bridges),
        children=tuple(compiled.children),
        worked=writers(field for field in compiled.fields.values() if field.is_ and not field.stored),
    )


def writers(fields: Iterable[Field], prefix: str = "") -> tuple[tuple[str, str, Write], ...]:
    """Return how each field is written; `prefix` is the path of links before it."""
    return tuple((field.name, prefix + field.name, _writer(field)) for field in fields)


def _link(value: Any) -> Any:
    raise AssertionError  # a mark: `put` writes links, which need their text


def _writer(field: Field) -> Write:
    if field.type == "link":
        return _link
    if field.type == "date" or field.kind.storage in AS_ITSELF:
        return None
    if field.kind.storage == "numeric" and field.scale <= USUAL_SCALE:
        return str
    to_json = field.kind.to_json
    return lambda value: to_json(value, field)


def put(
    writers: Iterable[tuple[str, str, Write]],
    values: Mapping[str, Any],
    shown: Mapping[str, Any],
    made: dict[str, Any],
) -> None:
    """Put the JSON form of values into an object."""
    for name, path, write in writers:
        value = values[path]
        if value is None or write is None:
            made[name] = value
        elif write is _link:
            made[name] = {"id": value, "text": shown.get(path)}
        else:
            made[name] = write(value)


def written(
    view: ApiView, record: int, version: int, values: Mapping[str, Any], shown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return one record as plain data."""
    made: dict[str, Any] = {"id": record, "version": version}
    put(view.writers, values, shown, made)
    return made


def expand(runtime: Runtime, view: ApiView, line: Line, made: dict[str, Any], paths: Iterable[str]) -> None:
    """Put the fields of linked records into their place, `municipio` before `municipio.estado`."""
    for path in sorted(paths):
        holder = made
        *before, last = path.split(".")
        for step in before:
            holder = holder.get(step) or {}
        target = holder.get(last)
        if isinstance(target, dict):
            put(expansion(runtime, view.entity.name, path), line.values, line.shown, target)


@per_runtime
def expansion(runtime: Runtime, entity: str, path: str) -> tuple[tuple[str, str, Write], ...]:
    """Return the writers of the record at the end of a path of links; empty when it is none."""
    current = runtime.entities[entity]
    for step in path.split("."):
        field = current.fields.get(step)
        if field is None or field.type != "link":
            return ()
        current = runtime.entities[field.to]
    return writers(current.columns, f"{path}.")


def with_parents(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths and every path before them: `a.b` asks for `a` too."""
    every = {".".join(path.split(".")[:size]) for path in paths for size in range(1, path.count(".") + 2)}
    return tuple(sorted(every))
