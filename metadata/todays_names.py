"""This file writes today's names into documents and data files that say former ones (`aroeira fmt`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from metadata.canonical import canonical_text
from metadata.load import load_files
from metadata.package import Configuration


def renewed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the documents and data files that change, with today's names.

    A document with comments stays out, as it does of all writing.
    """
    configuration, _ = load_files(files)
    paths = {each.document.source.file for each in configuration.outdated}
    changed = {
        document.source.file: canonical_text(document.source.plain, type(document.model)).encode()
        for document in configuration.every_document()
        if document.source.file in paths and not document.source.remarks
    }
    return changed | dict(_data(configuration))


def _data(configuration: Configuration) -> Iterator[tuple[str, bytes]]:
    """Yield the data files whose header says former names."""
    for name in configuration.data:
        path = configuration.rows_file(name)
        try:
            header = configuration.rows_of(name).header
        except (KeyError, UnicodeDecodeError, csv.Error):
            continue  # there is none, or nobody can read it; `check` tells
        first, end, rest = configuration.files[path].partition(b"\n")
        written = [cell.strip() for cell in next(csv.reader([first.decode("utf-8-sig")], delimiter=";"), [])]
        if written != list(header):
            yield path, ";".join(header).encode() + (b"\r" if first.endswith(b"\r") else b"") + end + rest
