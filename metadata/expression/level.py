"""This file says where an expression can be answered: for sets in SQL, for one record, or on the server only.

Whoever needs sets refuses what is not of level `sql`, with the reasons told here; nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.define import NOTHING, Defined
from metadata.expression.faults import Fault
from metadata.expression.sets.lower import lower
from metadata.expression.sets.reasons import NotForSets
from metadata.expression.sets.shapes import Shape

Name = Literal["sql", "record", "server"]


@dataclass(frozen=True, slots=True)
class Level:
    """Where an expression can be answered, and every reason why not for sets."""

    name: Name
    reasons: tuple[Fault, ...] = ()


def level(
    node: n.Node,
    entities: Mapping[str, Entity],
    entity: str = "",
    names: Mapping[str, Shape] | None = None,
    defined: Defined = NOTHING,
) -> Level:
    """Return the level of an expression without faults about a record of an entity.

    defined: what can be called besides built-ins.
    """
    try:
        lower(node, entities, entity, names, defined)
    except NotForSets as refused:
        return Level("server" if _asks_the_site(node) else "record", refused.faults)
    return Level("sql")


def _asks_the_site(node: n.Node) -> bool:
    """Tell whether a part asks for what stands neither in the expression nor in the record."""
    return any(
        isinstance(part, n.Call)
        and isinstance(part.function, n.Name)
        and b.LEVELS.get(part.function.name) == "server"
        for part in node.walk()
    )
