"""This file says as which field a row of a process keeps the value of an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from metadata.choices import Option
from metadata.entity import MAX_PRECISION, Entity, Field, split_size
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.kinds import Kind
from metadata.expression.sets.shapes import WHOLE_DIGITS, Shape
from metadata.process import ColumnOf
from metadata.types import TYPES

_PLAIN = {
    b.TEXT: "text", b.DATE: "date", b.TIME: "time", b.INSTANT: "date and time", b.BOOLEAN: "yes/no",
    b.DAYS: "duration", b.MONTHS: "duration", b.DURATION: "duration",
}  # fmt: skip
_UNKEPT = frozenset(("none", "bridge", "file", "jsonb", "link"))
UNKNOWN_TYPE, TOO_LONG, NO_FORM = "M403", "M404", "M405"


def field_of(kind: Kind, shape: Shape, column: ColumnOf, shown: Field | None) -> Field | str:
    """Return the field that holds a value: of the type written, else of what it repeats, else of its kind.

    Errors: the code of what keeps the value from being held.
    """
    label = column.label or (shown.label if shown else "")
    if column.type:
        if not _is_kept(column.type):
            return UNKNOWN_TYPE
        return Field(type=column.type, label=label)
    if shown is not None and shown.kind.storage not in _UNKEPT:
        return _like(shown, label)
    make = _MAKERS.get(shape.kind)
    return make(kind, shape, label) if make else NO_FORM


def _like(shown: Field, label: str) -> Field:
    if shown.type == "choice":
        return Field(type="choice", of=dict(shown.choices), label=label)
    if shown.type == "sequence":
        return Field(type="text", label=label)
    return Field(type=shown.type_text, label=label, **({"unit": shown.unit} if shown.unit else {}))


def _number(kind: Kind, shape: Shape, label: str) -> Field | str:
    if shape.scale == 0 and shape.whole == WHOLE_DIGITS:
        return Field(type="integer", label=label)
    digits = max(shape.whole + shape.scale, 1)
    return (
        Field(type=f"decimal({digits},{shape.scale})", label=label) if digits <= MAX_PRECISION else TOO_LONG
    )


def _text(kind: Kind, shape: Shape, label: str) -> Field:
    if kind.options:
        return Field(type="choice", of={code: Option(label=code) for code in kind.options}, label=label)
    return Field(type="text", label=label)


def _plain(kind: Kind, shape: Shape, label: str) -> Field:
    return Field(type=_PLAIN[shape.kind], label=label)


_MAKERS: dict[str, Callable[[Kind, Shape, str], Field | str]] = {
    **dict.fromkeys(_PLAIN, _plain),
    b.NUMBER: _number,
    b.TEXT: _text,
    k.RECORD: lambda kind, shape, label: Field(type="link", to=shape.entity, label=label),
}


def asked_of(column: ColumnOf) -> Kind | None:
    """Return what an expression has to be for its column; None where the column takes what it is."""
    return k.of_field(Field(type=column.type)) if column.type and _is_kept(column.type) else None


def _is_kept(type_: str) -> bool:
    base = split_size(type_)[0]
    return base in TYPES and TYPES[base].storage not in _UNKEPT and base not in ("choice", "sequence")


def named(name: str, field: Field) -> Field:
    """Return a field under a name of its own."""
    made = field.model_copy()
    made.__dict__["choices"] = field.choices
    made.resolve(name)
    return made


def repeated(node: n.Node, entities: Mapping[str, Entity], entity: str) -> Field | None:
    """Return the field that an expression about a record only repeats."""
    steps: list[str] = []
    while isinstance(node, n.Path):
        steps.insert(0, node.name)
        node = node.base
    if not isinstance(node, n.Name):
        return None
    field = None
    for step in (node.name, *steps):
        known = entities.get(entity)
        field = known.fields.get(step) if known else None
        if field is None:
            return None
        entity = field.to
    return field
