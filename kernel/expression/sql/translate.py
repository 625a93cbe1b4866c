"""This file translates an expression into SQL that gives exactly what its closure gives, for every record.

What has no exact form is refused (NotForSets), never approximated.
"""

from __future__ import annotations

from kernel.expression.sql.source import Source, termed
from kernel.expression.sql.writer import Writer
from kernel.expression.sql.writing import SQL
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.sets import values as v
from metadata.expression.sets.lengths import stored
from metadata.expression.sets.reasons import NotForSets


def translated(node: n.Node, source: Source) -> SQL:
    """Return the value of an expression, as the column of a field of its kind holds it.

    Bind `feel_today` and `feel_now` where the expression asks for them; read `source.from_` afterwards.
    Errors: NotForSets, with every reason.
    """
    return Writer(source).value(stored(termed(node, source)))


def condition(node: n.Node, source: Source) -> SQL:
    """Return an expression as a filter: true exactly where it is true; null and false are the same here."""
    term = termed(node, source)
    if term.shape.kind not in (b.BOOLEAN, k.NULL):
        raise NotForSets((Fault("M335", node.span),))
    return Writer(source).condition(v.boolean(term))
