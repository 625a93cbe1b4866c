"""This file says what a configuration is: packages, and every document indexed by kind and name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from typing import Any, cast

from metadata.choices import Choices
from metadata.content import Data, Help
from metadata.entity import Entity
from metadata.kinds import KINDS, DocumentModel
from metadata.layout import Layout
from metadata.manifest import Manifest
from metadata.problems import Place
from metadata.screen import Form, List, Menu
from metadata.source import Source


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


@dataclass(frozen=True)
class Configuration:
    """All packages laid together: what a Runtime is compiled from.

    files: the texts as read, path within the packages' folder → content; they are what is published.
    """

    packages: Mapping[str, Manifest] = attribute(default_factory=dict)
    documents: Mapping[str, Mapping[str, Document]] = attribute(default_factory=dict)
    files: Mapping[str, bytes] = attribute(default_factory=dict)

    def _models(self, folder: str) -> dict[str, Any]:
        return {name: document.model for name, document in self.documents.get(folder, {}).items()}

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

    def every_document(self) -> Iterator[Document]:
        """Yield all documents, kind by kind."""
        for folder in KINDS:
            yield from self.documents.get(folder, {}).values()

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
