"""This file reads YAML into plain texts, lists and mappings that remember where each part stands.

Every scalar stays a text, so 00042, no and 1.10 survive; types are given later by the kind's model.
Anchors, tags and repeated keys are refused: a document means what a reader sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from metadata.problems import Place, Problem

Plain: TypeAlias = "str | list[Any] | dict[str, Any]"

MAX_DEPTH = 40
MAX_CHARACTERS = 4_000_000
_PLAIN_TAGS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:map",
    "tag:yaml.org,2002:seq",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One document as read: its plain content and, behind it, the positions."""

    file: str
    plain: dict[str, Any]
    root: yaml.Node

    def place(self, path: tuple[Any, ...] = (), *, key: bool = False) -> Place:
        """Return where the part at `path` stands; with `key`, where its key stands.

        A path that leaves the document answers with its deepest known part.
        """
        node, key_node = self.root, self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key_node, node = found
        mark = (key_node if key else node).start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def find(self, text: str, *, occurrence: int = 0) -> Place:
        """Return where a text stands for the n-th time (from 0), or the start of the document."""
        marks = [node.start_mark for node in _scalars(self.root) if node.value == text]
        mark = marks[min(occurrence, len(marks) - 1)] if marks else self.root.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            yield from _scalars(key_node)
            yield from _scalars(value_node)


def _child(node: yaml.Node, step: Any) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == step:
                return key_node, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def read(text: str, file: str) -> Source | list[Problem]:
    """Return the document, or every problem that keeps it from being read."""
    if len(text) > MAX_CHARACTERS:
        return [Problem("M115", {"limit": f"{MAX_CHARACTERS:,}".replace(",", ".")}, Place(file))]
    try:
        root = yaml.compose(text, Loader=yaml.CBaseLoader)  # BaseLoader makes only texts
    except yaml.MarkedYAMLError as error:
        return [_broken(error, file)]
    except (yaml.YAMLError, ValueError) as error:
        return [Problem("M101", {"what": str(error).splitlines()[0]}, Place(file))]
    if not isinstance(root, yaml.MappingNode):
        return [Problem("M105", {}, Place(file, 1, 1))]
    reader = _Reader(file)
    plain = reader.convert(root, 0)
    if reader.problems:
        return reader.problems
    return Source(file, plain, root)


def _broken(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    what = " ".join(part for part in (error.context, error.problem) if part)
    return Problem("M101", {"what": what}, place)


class _Reader:
    """Turns composed nodes into plain values and gathers what is not allowed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.seen: set[int] = set()

    def report(self, code: str, node: yaml.Node, **facts: Any) -> None:
        mark = node.start_mark
        self.problems.append(Problem(code, facts, Place(self.file, mark.line + 1, mark.column + 1)))

    def convert(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self.seen:
            self.report("M104", node, what="âncora ou referência (& e *)")
            return ""
        self.seen.add(id(node))
        if node.tag not in _PLAIN_TAGS:
            self.report("M104", node, what=f"marca {node.tag}")
            return ""
        if depth > MAX_DEPTH:
            self.report("M116", node, limit=MAX_DEPTH)
            return ""
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(item, depth + 1) for item in node.value]
        return self.mapping(node, depth)

    def mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.report("M104", key_node, what="chave que não é um texto")
                continue
            if key_node.value in result:
                self.report("M102", key_node, key=key_node.value)
                continue
            result[key_node.value] = self.convert(value_node, depth + 1)
        return result
