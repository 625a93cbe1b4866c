"""This file says any expression as a Portuguese sentence, and which values it read of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from metadata.expression import nodes as n
from metadata.expression.infer import infer
from metadata.expression.saying import clauses, terms
from metadata.expression.saying.constants import NONE
from metadata.expression.saying.sight import CLAUSES, MANY, Seen, Sight, clause

if TYPE_CHECKING:
    from metadata.entity import Entity, Field

UNSAYABLE = "Regra longa demais para ser dita em palavras"
_CONDITIONS = frozenset(CLAUSES) - {n.Name, n.Path, n.Call, n.If}


def described(node: n.Node, entities: Mapping[str, Entity], entity: str = "") -> str:
    """Return an expression about a record of an entity as a sentence: Idade é menor que 18."""
    nothing = Sight(entities, {})
    try:
        named = {part.name for part in node.walk() if isinstance(part, n.Name)}
        sight = nothing.naming(nothing.fields(entity, named))
        said = clause(node, sight).text if _is_condition(node, sight) else terms.value(node, sight)
    except RecursionError:
        return UNSAYABLE
    return said[:1].upper() + said[1:]


def _is_condition(node: n.Node, sight: Sight) -> bool:
    if isinstance(node, n.If):
        return _is_condition(node.yes, sight) and _is_condition(node.no, sight)
    if isinstance(node, n.Call) and isinstance(node.function, n.Name):
        return clauses.is_condition(node.function.name)
    found = sight.seen(node)
    return type(node) in _CONDITIONS or bool(found and found.field and found.field.type == "yes/no")


def readings(
    node: n.Node, entities: Mapping[str, Entity], entity: str, values: Mapping[str, Any],
    reads: frozenset[tuple[str, ...]] | None = None,
) -> list[tuple[str, str]]:  # fmt: skip
    """Return what an expression read of a record as (label, value): Idade, 17.

    values: by field; linked records are mappings of theirs, children lists of them.  reads: the paths, where
    they are known already.
    """
    nothing = Sight(entities, {})
    sight = nothing.naming(nothing.fields(entity))
    paths = infer(node, entities, entity).reads if reads is None else reads
    longest = [path for path in paths if not any(path == other[: len(path)] != other for other in paths)]
    order = {name: place for place, name in enumerate(sight.names)}
    found = []
    for path in sorted(longest, key=lambda path: (order.get(path[0], 0), path[1:])):
        seen = sight.seen(_reaching(path))
        if seen and seen.field:
            found.append((seen.label, _printed(_value(values, path), seen, sight)))
    return found


def _reaching(path: tuple[str, ...]) -> n.Node:
    node: n.Node = n.Name(path[0])
    for name in path[1:]:
        node = n.Path(node, name)
    return node


def _value(values: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path; of many records, the values of all."""
    for place, name in enumerate(path):
        if isinstance(values, list | tuple):
            return [_value(each, path[place:]) for each in values]
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _printed(value: Any, seen: Seen, sight: Sight) -> str:
    if value is None or value in ("", [], ()):
        return NONE
    assert seen.field is not None
    if seen.field.type in MANY:
        count = len(value) if isinstance(value, list | tuple) else 1
        return "1 linha" if count == 1 else f"{count} linhas"
    if isinstance(value, list | tuple):
        return ", ".join(_printed(each, seen, sight) for each in value)
    if isinstance(value, Mapping):
        return _shown(value, sight.entities.get(seen.entity))
    return _of_field(value, seen.field)


def _of_field(value: Any, field: Field) -> str:
    try:
        text = field.kind.print(value, field)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return str(value)  # a value that is not of the field's type, as it was read
    return field.unit.behind(text)


def _shown(record: Mapping[str, Any], entity: Entity | None) -> str:
    """Return the display text of a linked record as far as its values are known."""
    if entity is None:
        return "preenchido"
    pieces = list(entity.shown_pieces)
    for place in range(1, len(pieces), 2):
        field, value = entity.fields.get(pieces[place]), record.get(pieces[place])
        if value is None or isinstance(value, Mapping):
            pieces[place] = ""
        else:
            pieces[place] = _of_field(value, field) if field else str(value)
    return "".join(pieces).strip(" ·/-") or "preenchido"
