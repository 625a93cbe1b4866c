"""This file tells whether the text of an expression can be asked of many records at once."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.entity import Entity
from metadata.expression.define import Defined
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.expression.sets.lower import lower
from metadata.expression.sets.reasons import NotForSets


def is_for_sets(text: str, entities: Mapping[str, Entity], entity: str, defined: Defined) -> bool:
    """Tell it of an expression about a record of an entity; one that cannot be read is for none."""
    node = parse(text)
    if isinstance(node, Fault):
        return False
    try:
        lower(node, entities, entity, None, defined)
    except NotForSets:
        return False
    return True
