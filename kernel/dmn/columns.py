"""This file finds of which type a column of a table is where the column itself does not say it.

What the model declares of the value that is asked for comes first, then what the cells of the column write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kernel.dmn.xml import NAME, Element, child, children, text_of
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.infer import infer

_WRITTEN = (n.Text, n.Number, n.Boolean, n.At, n.Negative, n.Call)
_VALUES = ("inputData", "decision")


def required(root: Element, decision: Element) -> list[Element]:
    """Return the inputs and decisions whose values a decision is given, as far as the model has them."""
    known = {each.get("id", ""): each for each in children(root, *_VALUES)}
    references = [
        reference.get("href", "").rpartition("#")[2]
        for requirement in children(decision, "informationRequirement")
        for reference in children(requirement, "requiredInput", "requiredDecision")
    ]
    return [known[each] for each in references if each in known]


def declared(root: Element, text: str) -> str:
    """Return the type that the model declares of a value, as `contrato` or `contrato.valor`; or nothing."""
    elements = {each.get(NAME, ""): each for each in children(root, *_VALUES)}
    types = {each.get(NAME, ""): each for each in children(root, "itemDefinition")}
    first, *rest = [step.strip() for step in text.split(".")]
    variable = child(elements[first], "variable") if first in elements else None
    name = variable.get("typeRef", "") if variable is not None else ""
    for step in rest:
        parts = (
            {each.get(NAME, ""): each for each in children(types[name], "itemComponent")}
            if name in types
            else {}
        )
        name = text_of(parts[step], "typeRef") if step in parts else ""
    return name


def written(cells: Iterable[n.Node | Fault]) -> str:
    """Return the one kind of what cells write, as the standard names it; nothing where they differ."""
    kinds = {
        infer(part, {}).kind.name
        for cell in cells
        if not isinstance(cell, Fault)
        for part in _parts(cell)
        if isinstance(part, _WRITTEN)
    } - {b.ANY, "null"}
    return kinds.pop() if len(kinds) == 1 else ""


def _parts(cell: n.Node) -> Iterator[n.Node]:
    """Yield what a cell compares with, or answers."""
    for test in cell.tests if isinstance(cell, n.UnaryTests) else (cell,):
        operand = test.operand if isinstance(test, n.Test) else test
        ends = (operand.low, operand.high) if isinstance(operand, n.Range) else (operand,)
        yield from (end for end in ends if end is not None)
