"""This file reads one import mapping that belongs to no package, against a configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from metadata.check.layouts import mappings_fit
from metadata.check.scope import Scope
from metadata.layout import Layout
from metadata.package import Configuration, Document
from metadata.problems import Place, Problem, Problems
from metadata.refusals import validated
from metadata.source import read_bytes
from metadata.system_errors import said_of


def read_mapping(path: Path, configuration: Configuration) -> Layout:
    """Return the mapping of a file.

    Errors: Problems, all of them, when the file cannot be read or does not fit the configuration.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problems([Problem("A130", {"reason": said_of(error)}, Place(str(path)))]) from error
    source = read_bytes(content, str(path))
    if isinstance(source, list):
        raise Problems(source)
    layout = validated(Layout, source)
    if isinstance(layout, list):
        raise Problems(layout)
    entity = configuration.documents.get("entities", {}).get(layout.into)
    document = Document(entity.package if entity else "", "layouts", layout, source)
    documents = {**configuration.documents, "layouts": {layout.name: document}}
    if problems := list(mappings_fit(Scope(replace(configuration, documents=documents)))):
        raise Problems(problems)
    return layout
