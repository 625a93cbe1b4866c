"""This file says what a configuration is: packages, and every document indexed by kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from typing import Any, cast

from metadata.action import Action
from metadata.addition import Addition
from metadata.choices import Choices
from metadata.content import Data, Help
from metadata.decision import Decision
from metadata.entity import Entity
from metadata.examples import Examples
from metadata.expression.answerable import is_for_sets
from metadata.expression.define import Defined, define
from metadata.function import Function
from metadata.kinds import KINDS, DocumentModel
from metadata.layout import Layout
from metadata.look import Look
from metadata.manifest import Manifest
from metadata.parameter import Parameter
from metadata.posting import Posting
from metadata.problems import Place
from metadata.process import Process
from metadata.role import Role
from metadata.rows import Rows, read_rows
from metadata.schedule import Schedule
from metadata.screen import Form, List, Menu
from metadata.source import Source
from metadata.today import Said, Today


@dataclass(frozen=True, slots=True)
class Document:
    """One checked document with the package it came from and its positions."""

    package: str
    folder: str
    model: DocumentModel
    source: Source

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.model.name

    def place(self, *path: Any, key: bool = False) -> Place:
        """Return where a part of the document stands."""
        return self.source.place(path, key=key)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A former name in a document: the text (or the key) at a path that says it, and where in the text."""

    document: Document
    path: tuple[Any, ...]
    said: Said
    is_key: bool = False

    @property
    def place(self) -> Place:
        """Where the text stands in the file."""
        return self.document.place(*self.path, key=self.is_key)


@dataclass(frozen=True)
class Configuration:
    """All packages laid together: what a Runtime is compiled from.

    files: the texts as read, path within the packages' folder → content; they are what is published.
    outdated: the former names that they say; the documents have today's in their place.
    """

    packages: Mapping[str, Manifest] = attribute(default_factory=dict)
    documents: Mapping[str, Mapping[str, Document]] = attribute(default_factory=dict)
    files: Mapping[str, bytes] = attribute(default_factory=dict)
    outdated: tuple[Outdated, ...] = ()

    def _models(self, folder: str) -> dict[str, Any]:
        return {name: document.model for name, document in self.documents.get(folder, {}).items()}

    @cached_property
    def rights(self) -> dict[str, str]:
        """What people call the rights that packages say something of, by name."""
        return {name: label for each in self.packages.values() for name, label in each.rights.items()}

    def right(self, name: str) -> str:
        """Return what people call a right; one that no package says anything of is called by its name."""
        return self.rights.get(name, name)

    @cached_property
    def entities(self) -> dict[str, Entity]:
        """Entities by name."""
        return cast("dict[str, Entity]", self._models("entities"))

    @cached_property
    def choices(self) -> dict[str, Choices]:
        """Shared lists of options by name."""
        return cast("dict[str, Choices]", self._models("choices"))

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Forms by name."""
        return cast("dict[str, Form]", self._models("forms"))

    @cached_property
    def lists(self) -> dict[str, List]:
        """Lists by name."""
        return cast("dict[str, List]", self._models("lists"))

    @cached_property
    def looks(self) -> dict[str, Look]:
        """Quick looks by name."""
        return cast("dict[str, Look]", self._models("looks"))

    @cached_property
    def menus(self) -> dict[str, Menu]:
        """Menus by name."""
        return cast("dict[str, Menu]", self._models("menus"))

    @cached_property
    def data(self) -> dict[str, Data]:
        """Data documents by name."""
        return cast("dict[str, Data]", self._models("data"))

    @cached_property
    def help(self) -> dict[str, Help]:
        """Help texts by name."""
        return cast("dict[str, Help]", self._models("help"))

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """File formats by name."""
        return cast("dict[str, Layout]", self._models("layouts"))

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Named expressions by name."""
        return cast("dict[str, Function]", self._models("functions"))

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """Decision tables by name."""
        return cast("dict[str, Decision]", self._models("decisions"))

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Settings of the site by name."""
        return cast("dict[str, Parameter]", self._models("parameters"))

    @cached_property
    def examples(self) -> dict[str, Examples]:
        """Groups of examples by name."""
        return cast("dict[str, Examples]", self._models("examples"))

    @cached_property
    def actions(self) -> dict[str, Action]:
        """Actions by name."""
        return cast("dict[str, Action]", self._models("actions"))

    @cached_property
    def processes(self) -> dict[str, Process]:
        """Processes by name, with the steps that other packages add after their own."""
        found = cast("dict[str, Process]", self._models("processes"))
        for name, added in self.added_steps.items():
            more = {step: cast("Addition", document.model).steps[step] for step, document in added.items()}
            found[name] = found[name].model_copy(update={"steps": {**found[name].steps, **more}})
        return found

    @cached_property
    def additions(self) -> dict[str, Addition]:
        """What packages add to processes of others, by name."""
        return cast("dict[str, Addition]", self._models("additions"))

    @cached_property
    def added_steps(self) -> dict[str, dict[str, Document]]:
        """The documents that add steps to processes, by process and step, package upon package."""
        processes = cast("dict[str, Process]", self._models("processes"))
        order = {name: place for place, name in enumerate(self.packages)}
        documents = self.documents.get("additions", {}).values()
        found: dict[str, dict[str, Document]] = {}
        for document in sorted(documents, key=lambda each: (order.get(each.package, len(order)), each.name)):
            addition = cast("Addition", document.model)
            own = processes[addition.to].steps if addition.to in processes else None
            for step in addition.steps if own is not None else ():
                if step not in (own or ()):
                    found.setdefault(addition.to, {}).setdefault(step, document)
        return found

    @cached_property
    def postings(self) -> dict[str, Posting]:
        """Posting rules by name."""
        return cast("dict[str, Posting]", self._models("postings"))

    @cached_property
    def schedules(self) -> dict[str, Schedule]:
        """Schedules by name."""
        return cast("dict[str, Schedule]", self._models("schedules"))

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Roles by name."""
        return cast("dict[str, Role]", self._models("roles"))

    @cached_property
    def operators(self) -> Entity | None:
        """The entity whose records are the people who work here."""
        return next((entity for entity in self.entities.values() if entity.operators), None)

    @cached_property
    def defined(self) -> Defined:
        """What expressions can call besides built-ins."""
        return define(self.entities, self.functions, self.decisions, self.parameters)

    @cached_property
    def computed_in_sets(self) -> frozenset[tuple[str, str]]:
        """The computed fields, by entity and name, that can be asked of many records."""
        return frozenset(
            (entity.name, field.name)
            for entity in self.entities.values()
            for field in entity.fields.values()
            if field.is_ and is_for_sets(field.is_, self.entities, entity.name, self.defined)
        )

    def every_document(self) -> Iterator[Document]:
        """Yield all documents, kind by kind."""
        for folder in KINDS:
            yield from self.documents.get(folder, {}).values()

    @cached_property
    def today(self) -> Today:
        """What entities and fields are called."""
        return Today(self.entities)

    def rows_of(self, name: str, content: bytes | None = None) -> Rows:
        """Return the rows of a data document, or of an earlier file of it, under today's names of fields.

        Errors: UnicodeDecodeError, csv.Error.
        """
        rows = read_rows(self.files[self.rows_file(name)] if content is None else content)
        return self.today.rows(self.data[name].entity, rows)

    def rows_file(self, name: str) -> str:
        """Return the path of the CSV file of a data document."""
        document = self.documents["data"][name]
        return f"{document.package}/data/{name}.csv"

    def visible_packages(self, package: str) -> frozenset[str]:
        """Return a package and all that it stands on, directly or not."""
        seen: set[str] = set()
        waiting = [package]
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.packages:
                seen.add(name)
                waiting.extend(self.packages[name].requires)
        return frozenset(seen)
