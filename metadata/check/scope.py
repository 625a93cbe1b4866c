"""This file is what the rules look through: names with hints, visibility between packages, places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from metadata.entity import SYSTEM_FIELDS, Entity, Field
from metadata.expression.definitions import Definitions
from metadata.expression.renames import said_of
from metadata.package import Configuration, Document, Outdated
from metadata.problems import Place, Problem, near

if TYPE_CHECKING:
    from metadata.expression.infer import Inferred
    from metadata.positions import Positions


@dataclass(frozen=True)
class Scope:
    """A configuration under check; `outdated` are the former names met on the way."""

    configuration: Configuration
    broken: frozenset[tuple[str, str]] = attribute(default_factory=frozenset)
    partial: tuple[Document, ...] = ()
    """Documents without the parts that were refused: they refer to others, and nothing refers to them."""
    outdated: list[Outdated] = attribute(default_factory=list)

    @cached_property
    def entities(self) -> dict[str, Entity]:
        """Entities by name."""
        return self.configuration.entities

    @property
    def definitions(self) -> Definitions:
        """What expressions can call besides built-ins."""
        return self.configuration.defined.definitions

    def outdate(self, found: Inferred, where: Positions, offset: int) -> None:
        """Note the former names of an expression that begins at `offset` of a text."""
        for said in said_of(where.text[offset:], found):
            self.outdated.append(
                Outdated(where.document, where.path, replace(said, start=offset + said.start))
            )

    def documents(self, folder: str) -> Iterator[Document]:
        """Yield the documents of one kind, also what refused ones still say."""
        yield from self.configuration.documents.get(folder, {}).values()
        yield from (document for document in self.partial if document.folder == folder)

    @cached_property
    def _refused(self) -> frozenset[tuple[str, str]]:
        """(entity, field) of fields that stand in a document and were refused: to name them is no mistake."""
        return frozenset(
            (document.name, name)
            for document in self.partial
            if isinstance(document.model, Entity)
            for name in document.source.plain["fields"].keys() - document.model.fields.keys()
        )

    def saying(self, document: Document, path: tuple[Any, ...]) -> Document:
        """Return the document that says a part of a process: its own, or one that adds the step to it."""
        is_step = document.folder == "processes" and path[:1] == ("steps",) and len(path) > 1
        added = self.configuration.added_steps.get(document.name, {}) if is_step else {}
        return added.get(path[1], document) if added else document

    def place(self, document: Document, *path: Any, key: bool = False) -> Place:
        """Return where a part of a process stands, whichever document says it."""
        return self.saying(document, path).place(*path, key=key)

    def entity_documents(self) -> Iterator[tuple[Document, Entity]]:
        """Yield entity documents with their models."""
        for document in self.documents("entities"):
            yield document, cast("Entity", document.model)

    def fields(self) -> Iterator[tuple[Document, Field]]:
        """Yield every field with the document of its entity."""
        for document, entity in self.entity_documents():
            for field in entity.fields.values():
                yield document, field

    def missing(
        self,
        document: Document,
        folder: str,
        name: str,
        place: Place,
        code: str,
        **facts: Any,
    ) -> Iterator[Problem]:
        """Report a reference to a document that does not exist or belongs to a package not required."""
        known = self.configuration.documents.get(folder, {})
        target = known.get(name)
        if target is None:
            if (folder, name) not in self.broken:
                yield Problem(code, {"name": name, "near": near(name, known), **facts}, place)
        elif target.package != document.package and target.package not in self._visible(document.package):
            yield Problem(
                "M211",
                {"name": name, "package": target.package, "own": document.package},
                place,
            )

    def _visible(self, package: str) -> frozenset[str]:
        if package not in self._visibility:
            self._visibility[package] = self.configuration.visible_packages(package)
        return self._visibility[package]

    @cached_property
    def _visibility(self) -> dict[str, frozenset[str]]:
        return {}

    def unknown_field(self, entity: Entity, name: str, place: Place) -> Iterator[Problem]:
        """Report a field that the entity does not have."""
        if name not in entity.fields and (entity.name, name) not in self._refused:
            yield Problem("M205", self.unknown(entity, name), place)

    def unknown(self, entity: Entity, name: str) -> dict[str, str]:
        """Return the facts of a field that the entity does not have."""
        return {"name": name, "entity": entity.name, "near": near(name, entity.fields)}

    def follow(self, entity: Entity, path: str, place: Place) -> Field | Problem | None:
        """Walk a path through links; return its last field, the problem, or None where a part is broken."""
        current = entity
        steps = path.split(".")
        for position, step in enumerate(steps):
            found = current.fields.get(step)
            if found is None:
                facts = {
                    "name": step,
                    "entity": current.name,
                    "near": near(step, current.fields),
                }
                return None if step in SYSTEM_FIELDS else Problem("M205", facts, place)
            if position == len(steps) - 1:
                return found
            if found.type != "link":
                return Problem("M213", {"path": path, "name": step}, place)
            if found.to not in self.entities:
                return None
            current = self.entities[found.to]
        return None
