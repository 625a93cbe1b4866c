"""This file finds where the text of an expression says a former name (`was`) of a field or an entity.

What is a field, and of which entity, is known from the inference; names of loops, parameters and keys
stay, and a former name means its field only while no field has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metadata.expression import nodes as n
from metadata.expression.words import ENGLISH
from metadata.today import Said

if TYPE_CHECKING:
    from metadata.expression.infer import Inferred, Renamed


def said_of(text: str, found: Inferred) -> list[Said]:
    """Return the former names that an expression says; its text may go on behind it."""
    return [_said(text, each) for each in dict.fromkeys(found.renames)]


def _said(text: str, renamed: Renamed) -> Said:
    """Return where the name stands: the end of a path, all of a name, or what is before an argument."""
    start, end = renamed.node.span
    if not isinstance(renamed.node, n.Name | n.Path) or renamed.is_argument:
        before = re.search(rf"(`?{re.escape(renamed.was)}`?)\s*:[\s(]*$", text[:start])
        assert before, text
        start, end = before.span(1)
    elif isinstance(renamed.node, n.Path):
        start = text.rindex("`", start, end - 1) if text[end - 1] == "`" else end - len(renamed.was)
    return Said(start, text[start:end], ENGLISH.name(renamed.name))
