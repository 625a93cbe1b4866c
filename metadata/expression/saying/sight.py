"""This file says what names mean to a reader where a part of an expression stands: labels and fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metadata.expression import nodes as n

if TYPE_CHECKING:
    from metadata.entity import Entity, Field

MANY = ("children", "many links")
ITEM, INPUT = "item", "?"
_ARTICLES = {("m", False): "do", ("f", False): "da", ("m", True): "dos", ("f", True): "das"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a name or path means.

    entity: whose fields follow after a point.  is_item: one of many, whose own fields are said without it.
    """

    label: str
    field: Field | None = None
    entity: str = ""
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in words: of a subject and what is said of it, or all in `predicate`.

    negative: the predicate of the contrary, where that is not “não” before it.  is_loose: it needs
    parentheses beside other conditions.
    """

    subject: str
    predicate: str
    negative: str = ""
    is_loose: bool = False

    @property
    def text(self) -> str:
        """The condition as it stands."""
        return f"{self.subject} {self.predicate}".strip()

    @property
    def closed(self) -> str:
        """The condition as it stands beside others."""
        return f"({self.text})" if self.is_loose else self.text

    def denied(self) -> Clause:
        """Return the contrary."""
        if self.negative:
            return replace(self, predicate=self.negative, negative=self.predicate)
        if self.subject:
            return replace(self, predicate=f"não {self.predicate}", negative=self.predicate)
        return Clause("", f"não é verdade que ({self.predicate})", self.predicate)


@dataclass(frozen=True, slots=True)
class Sight:
    """The names that are seen at one place."""

    entities: Mapping[str, Entity]
    names: Mapping[str, Seen]

    def inside(self, item: Seen) -> Sight:
        """Return what is seen where a condition is about each of many."""
        return self.naming({**self.fields(item.entity), ITEM: replace(item, is_item=True)})

    def naming(self, names: Mapping[str, Seen]) -> Sight:
        """Return what is seen with more names."""
        return replace(self, names={**self.names, **names})

    def fields(self, entity: str, named: Collection[str] | None = None) -> dict[str, Seen]:
        """Return the fields of a record of an entity by their labels: those that are named, or all."""
        known = self.entities.get(entity)
        fields = known.fields if known else {}
        wanted = fields if named is None else [name for name in fields if name in named]
        return {name: self._seen(fields[name], fields[name].label) for name in wanted}

    def _seen(self, field: Field, label: str) -> Seen:
        entity = str(field.of) if field.type == "children" else field.to
        return Seen(label, field, entity)

    def seen(self, node: n.Node) -> Seen | None:
        """Return what a name or path means, None for anything else."""
        if isinstance(node, n.Name):
            return self.names.get(node.name)
        if isinstance(node, n.Input):
            return self.names.get(INPUT)
        if isinstance(node, n.Filter):
            return self.seen(node.base)
        base = self.seen(node.base) if isinstance(node, n.Path) else None
        entity = self.entities.get(base.entity) if base else None
        field = entity.fields.get(node.name) if entity and isinstance(node, n.Path) else None
        if base is None or field is None:
            return None
        return self._seen(field, self._reached(base, field.label))

    def _reached(self, base: Seen, label: str) -> str:
        """Return the label of a field of another record: Tipo do plano, or Titular › Nome."""
        if base.is_item:
            return label
        article = self.article(base)
        return f"{label} {article} {small(base.label)}" if article else f"{base.label} › {label}"

    def article(self, base: Seen) -> str:
        """Return do, da, dos or das; nothing where the label is not the word whose gender is known."""
        entity = self.entities.get(base.entity)
        if entity is None or base.field is None:
            return ""
        several = base.field.type in MANY
        word = entity.label.many if several else entity.label.one
        return _ARTICLES[entity.label.gender, several] if _first(base.label) == _first(word) else ""


def bare(text: str) -> str:
    """Return a text in small letters without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _first(label: str) -> str:
    return bare(label).split(" ", 1)[0]


def small(label: str) -> str:
    """Return a label within a sentence; abbreviations keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


# ── who says what; filled by terms.py and clauses.py ──────────────────────────────────────────────

Says = Callable[[Any, Sight], Any]
TERMS: dict[type[n.Node], Callable[[Any, Sight], str]] = {}
CLAUSES: dict[type[n.Node], Callable[[Any, Sight], Clause]] = {}


def clause(node: n.Node, sight: Sight) -> Clause:
    """Return a condition in words."""
    say = CLAUSES.get(type(node))
    return say(node, sight) if say else Clause(term(node, sight), "é verdadeiro", "é falso")


def term(node: n.Node, sight: Sight) -> str:
    """Return a value in words; a condition that stands for a value is in parentheses."""
    say = TERMS.get(type(node))
    return say(node, sight) if say else f"({clause(node, sight).text})"


def spaced(name: str) -> str:
    """Return a name as words."""
    return name.replace("_", " ")


def listed(parts: list[str], last: str) -> str:
    """Join texts as in a sentence: a, b e c."""
    return f" {last} ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""
