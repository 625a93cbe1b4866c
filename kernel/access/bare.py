"""This file says where nothing stands in place of a masked value: where a rule hides it that may be told.

What a rule reads beyond that decides nothing, so neither a mask nor its absence tells anything of it.
"""

from __future__ import annotations

from collections.abc import Callable

from kernel.access.lasting import conjuncts, is_lasting
from kernel.runtime import CompiledEntity
from metadata.entity import Field
from metadata.expression.nodes import Comparison, Logic, Name, Node, Null
from metadata.expression.write import write


def bare_when(field: Field, compiled: CompiledEntity, shows: Callable[[str], bool]) -> str:
    """Return the condition under which a masked field is hidden; an empty text where it always has its mask.

    shows: whether a field of the record is shown as it is, of every record.  That the value is empty, which
    keeps a filled one from vanishing, counts as met: a masked one is not there to vanish.
    """
    parts = conjuncts(field.hidden_when) if field.hidden_when else ()
    kept = [part for part in parts if not _asks_whether_empty(part, field.name)]
    named = {node.name for part in kept for node in part.walk() if isinstance(node, Name)}
    fields = named & compiled.fields.keys()
    if not kept or not all(map(shows, fields)) or not all(is_lasting(part, compiled) for part in kept):
        return ""
    return write(kept[0] if len(kept) == 1 else Logic("and", tuple(kept)))


def _asks_whether_empty(part: Node, name: str) -> bool:
    match part:
        case Comparison(operator="=", left=Name(name=asked), right=Null()):
            return asked == name
    return False
