"""What built-in functions do, by family; registry.py calls them."""

from kernel.expression.functions import contexts, lists, numbers, ranges, temporal, texts
from kernel.expression.functions.registry import invoke, known, names

FAMILIES = (contexts, lists, numbers, ranges, temporal, texts)
__all__ = ["FAMILIES", "invoke", "known", "names"]
