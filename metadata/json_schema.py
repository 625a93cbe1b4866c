"""This file makes a JSON Schema (2020-12) for each kind of document, as people write it.

Values are texts, yes or no are words, short forms are allowed; descriptions are in Portuguese, for editors.
Editors read `max: 60` as a number, so a text may look like one. What the models check beyond the shape of
a document, and references between documents, only `aroeira check` finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MaxLen
from pydantic.fields import FieldInfo

from metadata.choices import Choices, Option
from metadata.decision import Decision
from metadata.entity import CONDITIONS, SIZED_TYPE, Entity, Field
from metadata.examples import Case, Earlier, Examples
from metadata.kinds import KINDS
from metadata.manifest import Manifest
from metadata.messages import key_texts
from metadata.model import IDENTIFIER, MAX_IDENTIFIER, OPTION, Identifier, Model, Names
from metadata.screen import Form, Item, Menu, Section
from metadata.types import TYPES

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_MANY: Schema = {"type": "array", "items": _TEXT}
_YES_NO: Schema = {"enum": ["yes", "no"]}
_NAME: Schema = {
    "type": "string",
    "pattern": f"^{IDENTIFIER.pattern}$",
    "maxLength": MAX_IDENTIFIER,
}
_ONE_OR_MANY = get_args(Names)[1]
_IDENTIFIER = get_args(Identifier)[1]


def schemas() -> dict[str, Schema]:
    """Return the schema of every kind, by its first key; `package` is that of manifest.yaml."""
    models: dict[str, type[Model]] = {"package": Manifest}
    models |= {kind.key: kind.model for kind in KINDS.values()}
    return {key: _document(model) for key, model in models.items()}


def _document(model: type[Model]) -> Schema:
    schema = {"$schema": DIALECT, "title": model.__name__, **_object(model)}
    parts = _PARTS.get(model.__name__, ())
    return schema | ({"$defs": {part.__name__: _object(part) for part in parts}} if parts else {})


def _object(model: type[Model]) -> Schema:
    texts = key_texts(model.__name__)
    fields = {info.alias or name: info for name, info in model.model_fields.items() if name != model.named_by}
    properties = {key: _key(model, key, info) | {"description": texts[key]} for key, info in fields.items()}
    needed = [key for key, info in fields.items() if info.is_required()]
    schema: Schema = {"type": "object", "description": texts["_"], "properties": properties}
    schema |= {"required": needed} if needed else {}
    schema |= {"additionalProperties": False}
    return schema | ({"allOf": _by_type()} if model is Field else {})


def _key(model: type[Model], key: str, info: FieldInfo) -> Schema:
    own = _OWN_WAY.get((model, key))
    schema = dict(own() if own else _part(info.annotation, info.metadata))
    for rule in info.metadata:
        schema |= next((make(rule) for kind, make in _RULES.items() if isinstance(rule, kind)), {})
        if pattern := getattr(rule, "pattern", None):
            schema |= {"type": "string", "pattern": pattern}
    return schema


_RULES: dict[Any, Callable[[Any], Schema]] = {
    Ge: lambda rule: {"minimum": rule.ge},
    Le: lambda rule: {"maximum": rule.le},
    MaxLen: lambda rule: {"type": "string", "maxLength": rule.max_length},
}


def _part(annotation: Any, metadata: Any = ()) -> Schema:
    """Return the schema of an annotation of the models."""
    if hasattr(annotation, "__metadata__"):
        return _part(get_args(annotation)[0], annotation.__metadata__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        names = {"propertyNames": _NAME} if _IDENTIFIER in getattr(arguments[0], "__metadata__", ()) else {}
        return {"type": "object", "additionalProperties": _part(arguments[1]), **names}
    if origin is tuple:
        return {"anyOf": [_TEXT, _MANY]} if _ONE_OR_MANY in metadata else _array(_part(arguments[0]))
    if origin is Literal:
        return {"enum": [word for word in arguments if word]}
    if origin is not None:
        parts = [_part(one) for one in arguments if one is not type(None)]
        return parts[0] if len(parts) == 1 else {"anyOf": parts}
    return _leaf(annotation, metadata)


def _leaf(annotation: Any, metadata: Any) -> Schema:
    if annotation is bool:
        return _YES_NO
    if annotation is int:
        return {"type": ["integer", "string"], "pattern": "^[0-9]+$"}
    if annotation is str:
        return _NAME if _IDENTIFIER in metadata else _TEXT
    schema = {"$ref": f"#/$defs/{annotation.__name__}"} if annotation in _SHARED else _object(annotation)
    short = annotation.short_form
    if not short:
        return schema
    info = next(info for name, info in annotation.model_fields.items() if (info.alias or name) == short)
    return {"anyOf": [_key(annotation, short, info), schema]}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_WITH_VALUES = (Field, Option)
_PARTS: dict[str, tuple[type[Model], ...]] = {
    "Form": (Item,), "Entity": _WITH_VALUES, "Choices": (Option,), "Function": _WITH_VALUES,
    "Decision": _WITH_VALUES, "Parameter": _WITH_VALUES, "Action": _WITH_VALUES, "Process": _WITH_VALUES,
}  # fmt: skip


# ── keys with a way of their own ──────────────────────────────────────────────────────────────────

_SHARED = frozenset({Field, Option, Item})
_ITEM: Schema = {
    "anyOf": [_TEXT, {"type": "object", "additionalProperties": {"$ref": "#/$defs/Item"}, "minProperties": 1}]
}


def _options() -> Schema:
    codes = {"type": "string", "pattern": f"^{OPTION.pattern}$"}
    return {
        "type": "object",
        "additionalProperties": _leaf(Option, ()),
        "propertyNames": codes,
        "minProperties": 1,
    }


def _tabs() -> Schema:
    rows = _array({"anyOf": [_ITEM, _array(_ITEM)]})
    texts = key_texts(Section.__name__)
    told = {
        "type": "object",
        "properties": {
            "about": _TEXT | {"description": texts["about"]},
            "rows": rows | {"description": texts["rows"]},
        },
        "additionalProperties": False,
    }
    sections = {"type": "object", "additionalProperties": {"anyOf": [rows, told]}}
    return {"type": "object", "additionalProperties": {"anyOf": [rows, sections]}}


def _type() -> Schema:
    return {"anyOf": [{"enum": list(TYPES)}, {"type": "string", "pattern": f"^{SIZED_TYPE.pattern}$"}]}


def _by_type() -> list[Schema]:
    """Return, for each field type, the keys that it may have and those that it needs."""
    rules = []
    for kind in TYPES.values():
        named = {"properties": {"type": {"pattern": rf"^{re.escape(kind.name)}(\s*\(.*)?$"}}}
        known = (info.alias or key for key, info in Field.model_fields.items())
        keys = {"properties": {key: False for key in known if key not in kind.options}}
        rules.append({"if": named, "then": keys | ({"required": list(kind.needs)} if kind.needs else {})})
    return rules


def _condition() -> Schema:
    return {"anyOf": [_YES_NO, {"type": "string", "not": {"enum": ["", "true", "false"]}}]}


_ANYTHING: Schema = {}
_BY_NAME: Schema = {"type": "object"}
_OWN_WAY: Mapping[tuple[type[Model], str], Callable[[], Schema]] = {
    (Case, "expect"): lambda: _ANYTHING,
    (Case, "given"): lambda: _BY_NAME,
    (Case, "asked"): lambda: _BY_NAME,
    **{(Earlier, key): lambda: _BY_NAME for key in ("asked", "names", "given")},
    **{(Examples, key): lambda: _BY_NAME for key in ("usual", "given", "asked")},
    (Decision, "rows"): lambda: {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}]},
    (Choices, "options"): _options,
    (Entity, "unique"): lambda: _array({"anyOf": [_TEXT, _MANY]}),
    (Field, "type"): _type,
    **{(Field, key): _condition for key in CONDITIONS},
    (Field, "of"): lambda: {"anyOf": [_TEXT, _options()]},
    (Form, "tabs"): _tabs,
    (Form, "below"): lambda: _array(_ITEM),
    (Menu, "items"): lambda: {"anyOf": [_MANY, {"type": "object", "additionalProperties": _MANY}]},
}
