"""What built-in functions do, by family; registry.py calls them."""

from kernel.expression.functions import (
    calendar,
    contexts,
    layout_texts,
    lists,
    numbers,
    ranges,
    registers,
    rights,
    temporal,
    texts,
    words,
)
from kernel.expression.functions.registry import invoke, known, names

FAMILIES = (
    calendar, contexts, layout_texts, lists, numbers, ranges, registers, rights, temporal, texts, words,
)  # fmt: skip
__all__ = ["FAMILIES", "invoke", "known", "names"]
