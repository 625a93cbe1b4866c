"""This file knows the one way to write a document (`aroeira fmt`).

Keys stand in the order of the model, lists and fields in the order of their author; nothing that equals
its default is written; what has a short form has only that. metadata.yaml_text does the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from metadata.action import Action
from metadata.choices import Choices
from metadata.decision import Decision, aligned_rows
from metadata.entity import Entity, Field, split_size, usual_label, write_type
from metadata.examples import Case, Earlier, Examples
from metadata.function import Function
from metadata.kinds import KINDS
from metadata.layout import Layout
from metadata.manifest import MANIFEST, Manifest
from metadata.model import Model, Names
from metadata.problems import Problem
from metadata.refusals import validated
from metadata.screen import Form, Item, List, Menu
from metadata.source import Source, read_bytes
from metadata.yaml_text import write_document

# For keys of a document: how many levels of mappings keep one line per key.
_LEVELS: dict[type[Model], dict[str, int]] = {
    Action: {"ask": 1, "makes": 4},
    Choices: {"options": 1},
    Decision: {"inputs": 1, "outputs": 1, "rows": 1},
    Entity: {"fields": 1, "fills": 2, "checks": 2},
    Examples: {"usual": 1, "given": 2, "cases": 1},
    Form: {"tabs": 4},
    Layout: {"columns": 1},
    List: {"views": 1},
    Menu: {"items": 1},
}
_SPACED: dict[type[Model], frozenset[str]] = {Entity: frozenset({"fields"})}
_ONE_OR_MANY = get_args(Names)[1]


def canonical_text(plain: Mapping[str, Any], model: type[Model]) -> str:
    """Return the text of a document that the model accepts."""
    document = canonical_plain(plain, model)
    return write_document(document, _LEVELS.get(model, {}), _SPACED.get(model, frozenset()))


def rewritten(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the documents that are written in another way than the canonical one, as they should be.

    A document that cannot be read, is not valid or has comments stays out: its problems are told.
    """
    changed: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path, content in files.items():
        model = _model_of(path)
        if model is None:
            continue
        found = _read_valid(path, content, model)
        if isinstance(found, Source):
            text = canonical_text(found.plain, model).encode()
            if text != content:
                changed[path] = text
        else:
            problems.extend(found)
    return changed, problems


def _model_of(path: str) -> type[Model] | None:
    parts = PurePosixPath(path).parts
    if len(parts) == 2 and parts[1] == MANIFEST:
        return Manifest
    if len(parts) == 3 and parts[1] in KINDS and path.endswith(".yaml"):
        return KINDS[parts[1]].model
    return None


def _read_valid(path: str, content: bytes, model: type[Model]) -> Source | list[Problem]:
    source = read_bytes(content, path)
    if isinstance(source, list):
        return source
    if source.remarks:
        return list(source.remarks)
    found = validated(model, source)
    return found if isinstance(found, list) else source


# ── the plain tree, without what goes without saying ──────────────────────────────────────────────


def canonical_plain(plain: Mapping[str, Any], model: type[Model]) -> dict[str, Any]:
    """Return a document as a plain tree in canonical form."""
    result: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key not in plain:
            continue
        own = _OWN_WAY.get((model, name))
        part = own(plain[key]) if own else _part(plain[key], info.annotation, info.metadata)
        if part != _default(info):
            result[key] = part
    return result


def _part(value: Any, annotation: Any, metadata: Any = ()) -> Any:
    """Return a value of a key, guided by the annotation of the model."""
    if hasattr(annotation, "__metadata__"):
        return _part(value, get_args(annotation)[0], annotation.__metadata__)
    arguments = get_args(annotation)
    if isinstance(value, list):
        parts = [_part(item, arguments[0]) for item in value]
        return parts[0] if len(parts) == 1 and _ONE_OR_MANY in metadata else parts
    if isinstance(value, dict) or _is_model(annotation):
        return _mapping(value, annotation, arguments)
    return str(int(value)) if annotation is int else value


def _mapping(value: Any, annotation: Any, arguments: tuple[Any, ...]) -> Any:
    if _is_model(annotation):
        return _shortest(value, annotation)
    if get_origin(annotation) is dict:
        return {name: _part(part, arguments[1]) for name, part in value.items()}
    return _part(value, next(one for one in arguments if one not in (str, type(None))))


def _shortest(value: Any, model: type[Model]) -> Any:
    """Return a part in its short form where it has one: an option that is only its label."""
    short = model.short_form
    result = canonical_plain({short: value} if isinstance(value, str) else value, model)
    return result[short] if result.keys() == {short} else result


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _default(info: FieldInfo) -> Any:
    value = info.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return list(value) if isinstance(value, tuple) else value if value is not PydanticUndefined else None


# ── keys with a way of their own ──────────────────────────────────────────────────────────────────


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _field(name, part) for name, part in value.items()}


def _field(name: str, value: Any) -> Any:
    if isinstance(value, dict) and value.get("label") == usual_label(name):
        value = {key: part for key, part in value.items() if key != "label"}
    return _shortest(value, Field)


def _type(value: str) -> str:
    return write_type(*split_size(value))


def _unique(value: list[Any]) -> list[Any]:
    return [key[0] if isinstance(key, list) and len(key) == 1 else key for key in value]


def _groups(value: Any) -> Any:
    return value[""] if isinstance(value, dict) and value.keys() == {""} else value


def _tabs(value: dict[str, Any]) -> dict[str, Any]:
    return {title: _tab(content) for title, content in value.items()}


def _tab(content: Any) -> Any:
    if isinstance(content, list):
        return _rows(content)
    sections = {title: _section(part) for title, part in content.items()}
    return sections[""] if sections.keys() == {""} and isinstance(sections[""], list) else sections


def _section(part: Any) -> Any:
    if isinstance(part, list):
        return _rows(part)
    rows = {"rows": _rows(part["rows"])}
    return {"about": part["about"], **rows} if part.get("about") else rows["rows"]


def _rows(rows: list[Any]) -> list[Any]:
    flat = (_items(row if isinstance(row, list) else [row]) for row in rows)
    return [row[0] if len(row) == 1 else row for row in flat]


def _items(row: list[Any]) -> list[Any]:
    """Return the fields of a row (or below the tabs), each a name or a mapping of one name."""
    return [item for part in row for item in ([part] if isinstance(part, str) else _one_by_one(part))]


def _one_by_one(part: dict[str, Any]) -> list[Any]:
    items = ((name, canonical_plain(options, Item)) for name, options in part.items())
    return [{name: options} if options else name for name, options in items]


def _as_it_is(value: Any) -> Any:
    return value


_OWN_WAY: dict[tuple[type[Model], str], Callable[[Any], Any]] = {
    (Action, "ask"): _fields,
    (Case, "asked"): _as_it_is,
    (Case, "expect"): _as_it_is,
    (Case, "given"): _as_it_is,
    (Decision, "inputs"): _fields,
    (Decision, "outputs"): _fields,
    (Decision, "rows"): aligned_rows,
    (Earlier, "asked"): _as_it_is,
    (Earlier, "given"): _as_it_is,
    (Earlier, "names"): _as_it_is,
    (Entity, "fields"): _fields,
    (Entity, "unique"): _unique,
    (Examples, "asked"): _as_it_is,
    (Examples, "given"): _as_it_is,
    (Examples, "usual"): _as_it_is,
    (Field, "type"): _type,
    (Form, "tabs"): _tabs,
    (Form, "below"): _items,
    (Function, "takes"): _fields,
    (Menu, "items"): _groups,
}
