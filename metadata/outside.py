"""This file reads one import mapping that belongs to no package, against a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from metadata.check.layouts import mappings_fit
from metadata.check.scope import Scope
from metadata.layout import Layout
from metadata.named import named
from metadata.package import Configuration, Document
from metadata.problems import Place, Problem, Problems
from metadata.refusals import validated
from metadata.renewal import renewed
from metadata.source import Source, read_bytes
from metadata.system_errors import said_of


def read_mapping(path: Path, configuration: Configuration) -> Layout:
    """Return the mapping of a file.

    Errors: Problems, all of them, when the file cannot be read or does not fit the configuration.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problems([Problem("A130", {"reason": said_of(error)}, Place(str(path)))]) from error
    written = _read(read_bytes(content, str(path)))
    document = _read(renewed(written.source, named(written, configuration, configuration.today)))
    layout = cast("Layout", document.model)
    entity = configuration.documents.get("entities", {}).get(layout.into)
    document = replace(document, package=entity.package if entity else "")
    documents = {**configuration.documents, "layouts": {layout.name: document}}
    if problems := list(mappings_fit(Scope(replace(configuration, documents=documents)))):
        raise Problems(problems)
    return layout


def _read(source: Source | list[Problem]) -> Document:
    layout = source if isinstance(source, list) else validated(Layout, source)
    if isinstance(source, list) or isinstance(layout, list):
        raise Problems(cast("list[Problem]", layout))
    return Document("", "layouts", layout, source)
