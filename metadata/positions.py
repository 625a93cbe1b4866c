"""This file says where each character of a text stands in the file of its document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from metadata.package import Document
from metadata.problems import Place


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the text at a path of a document begins.

    indent: how far its lines stand in, None where lines are not kept.
    """

    document: Document
    path: tuple[Any, ...]
    text: str
    start: Place
    indent: int | None = None

    def place(self, offset: int) -> Place:
        """Return where a character stands."""
        before = self.text[:offset]
        lines = before.count("\n")
        if not lines:
            return Place(self.start.file, self.start.line, self.start.column + offset)
        if self.indent is None:
            return self.start
        return Place(self.start.file, self.start.line + lines, self.indent + offset - before.rfind("\n"))


def positions(document: Document, files: dict[str, bytes] | Any, path: Sequence[str | int]) -> Positions:
    """Return where the text at a path of a document stands, to the character where it is plain or a block."""
    file, node = document.source.file, _node(document.source.root, path)
    mark, style, text = node.start_mark, getattr(node, "style", None), str(getattr(node, "value", ""))
    if style != "|" or not text.strip():
        start = Place(file, mark.line + 1, mark.column + (2 if style in ("'", '"') else 1))
        return Positions(document, tuple(path), text, start)
    lines = files[file].decode("utf-8-sig", "replace").splitlines()[mark.line + 1 :]
    filled = next((line for line in text.split("\n") if line.strip()), "")
    written = next((line for line in lines if line.strip()), "")
    indent = _blanks(written) - _blanks(filled)
    return Positions(document, tuple(path), text, Place(file, mark.line + 2, indent + 1), indent)


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _node(node: yaml.Node, path: Sequence[str | int]) -> yaml.Node:
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == step), node)
    return node
