"""This file reads the types of a model (item definitions) and makes values conform to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kernel.dmn.xml import NAME, Element, child, children, text_of
from kernel.expression.evaluate import INPUT, compiled
from kernel.expression.scope import Run, Scope
from kernel.expression.types import fits
from metadata.expression.builtins import ANY
from metadata.expression.faults import Fault
from metadata.expression.nodes import TypeName
from metadata.expression.parse import parse_tests

FAILED = object()


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of a model: a base, parts by name, a list of another one, and which values it allows."""

    base: TypeName | None = None
    parts: Mapping[str, ItemType] | None = None
    items: ItemType | None = None
    allows: Callable[[Any], bool] | None = None
    is_function: bool = False

    @property
    def name(self) -> TypeName:
        """The type as an expression writes it; which values are allowed does not count there."""
        if self.items is not None:
            return TypeName("list", (self.items.name,))
        if self.parts is not None:
            return TypeName("context", tuple(part.name for part in self.parts.values()), tuple(self.parts))
        return self.base or TypeName(ANY)

    def conform(self, value: Any) -> Any:
        """Return the value as the type has it; null where it is no value of the type."""
        made = self.judged(value)
        if made is not FAILED:
            return made
        if isinstance(value, list) and len(value) == 1 and self.items is None:
            made = self.judged(value[0])
        elif self.items is not None and not isinstance(value, list):
            made = self.judged([value])
        return None if made is FAILED else made

    def judged(self, value: Any) -> Any:
        """Return the value where it is of the type, or FAILED."""
        if value is None:
            return None
        if self.items is not None:
            made = self._listed(value)
            failed = made is FAILED
        elif self.parts is not None:
            made = self._parted(value)
            failed = made is FAILED
        else:
            made = value
            failed = self.base is not None and not fits(value, self.base)
        if failed or (self.allows and not self.allows(made)):
            return FAILED
        return made

    def _listed(self, value: Any) -> Any:
        assert self.items is not None
        if not isinstance(value, list):
            return FAILED
        made = [self.items.judged(item) for item in value]
        return FAILED if any(item is FAILED for item in made) else made

    def _parted(self, value: Any) -> Any:
        assert self.parts is not None
        if not isinstance(value, dict) or not self.parts.keys() <= value.keys():
            return FAILED
        made = {
            key: self.parts[key].judged(item) if key in self.parts else item for key, item in value.items()
        }
        return FAILED if any(item is FAILED for item in made.values()) else made


ANYTHING = ItemType()


class Types:
    """The types of one model, read when first asked for."""

    def __init__(self, root: Element, run: Callable[[], Run]) -> None:
        self._elements = {each.get(NAME, ""): each for each in children(root, "itemDefinition")}
        self._known: dict[str, ItemType] = {}
        self._run = run

    def of(self, name: str | None) -> ItemType:
        """Return the type of a reference; anything where there is none."""
        name = (name or "").strip()
        name = name.rpartition(":")[2] if name.startswith("feel:") else name
        if not name or name == ANY:
            return ANYTHING
        if name not in self._known:
            self._known[name] = ANYTHING  # a type within itself
            element = self._elements.get(name)
            self._known[name] = self._read(element) if element is not None else ItemType(base=TypeName(name))
        return self._known[name]

    def named(self, kind: TypeName) -> TypeName:
        """Return a type with the names of this model replaced by what they stand for."""
        if kind.name in self._elements:
            return self.of(kind.name).name
        items = tuple(self.named(item) for item in kind.items)
        return replace(kind, items=items, result=self.named(kind.result) if kind.result else None)

    def _read(self, element: Element) -> ItemType:
        parts = {each.get(NAME, ""): self._read(each) for each in children(element, "itemComponent")}
        allows = self._allowed(element, "allowedValues")
        if (function := child(element, "functionItem")) is not None:
            names = tuple(self.of(each.get("typeRef")).name for each in children(function, "parameters"))
            result = self.of(function.get("outputTypeRef")).name
            return ItemType(base=TypeName("function", names, result=result), is_function=True)
        if parts:
            inner = ItemType(parts=parts, allows=allows)
        else:
            base = self.of(text_of(element, "typeRef"))
            inner = ItemType(base.base, base.parts, base.items, _both(base.allows, allows))
        if element.get("isCollection") == "true":
            return ItemType(items=inner, allows=self._allowed(element, "typeConstraint"))
        constraint = self._allowed(element, "typeConstraint")
        return ItemType(inner.base, inner.parts, inner.items, _both(inner.allows, constraint))

    def _allowed(self, element: Element, tag: str) -> Callable[[Any], bool] | None:
        found = child(element, tag)
        text = text_of(found, "text") if found is not None else ""
        if not text:
            return None
        tests = parse_tests(text)
        if isinstance(tests, Fault):
            return None
        closure = compiled(tests)
        return lambda value: closure(self._run(), Scope({INPUT: value})) is True


def _both(
    one: Callable[[Any], bool] | None, other: Callable[[Any], bool] | None
) -> Callable[[Any], bool] | None:
    if one is None or other is None:
        return one or other
    return lambda value: one(value) and other(value)
